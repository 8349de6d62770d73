import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../domain/catalog.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readTexts, type Texts } from './load.ts'
import { parseCatalog, type CatalogOptions } from './parse.ts'
import { CatalogError, writeProblems, type Problem } from './problem.ts'

export interface WatchOptions extends CatalogOptions {
  readonly path: string
  readonly onReload: (next: Catalog, previous: Catalog) => void
  /** Told once of each broken content, and once of each new reason why a good one is refused. */
  readonly onBroken: (problems: readonly string[]) => void
  /** Why this catalog may not replace the current one; null if it may. Asked again while it is refused. */
  readonly accept?: (next: Catalog, current: Catalog) => Promise<string | null> | string | null
  /** How often files are read without being told of a change. */
  readonly pollMs?: number
  /** How long the files must stay the same before they count: an editor may write them in pieces. */
  readonly settleMs?: number
}

export interface CatalogWatch {
  /** The last good catalog. */
  current(): Catalog
  /** No callback comes after this resolves. */
  /** What is wrong with the files now, where the last good catalog stays in force; null while nothing is. */
  fault(): string | null
  close(): Promise<void>
}

/** Loads the catalog and keeps it up to date. Throws a `CatalogError` if it is not good to begin with. */
export async function watchCatalog(options: WatchOptions): Promise<CatalogWatch> {
  const { path, onReload, onBroken, accept = () => null, pollMs = 5000, settleMs = 200 } = options
  const first = parse(await readTexts(path), options)
  if (!first.ok) throw new CatalogError(first.problems)

  let current = first.catalog
  let said = ''
  const closing = new AbortController()
  const isClosed = () => closing.signal.aborted

  const say = (problems: readonly string[]) => {
    if (said === problems.join('\n')) return
    said = problems.join('\n')
    onBroken(problems)
  }

  async function look(): Promise<void> {
    const texts = await settled(path, { known: current.fingerprint, settleMs, signal: closing.signal })
    if (texts.ok && fingerprintOf(texts.texts) === current.fingerprint) {
      said = ''
      return
    }
    const read = parse(texts, options)
    const problems = read.ok ? await whyNot(read.catalog) : read.problems
    if (isClosed()) return
    if (!read.ok || problems.length > 0) {
      say(problems)
      return
    }
    const previous = current
    current = read.catalog
    said = ''
    onReload(current, previous)
  }

  async function whyNot(next: Catalog): Promise<string[]> {
    try {
      const refusal = await accept(next, current)
      return refusal === null ? [] : [refusal]
    } catch (error) {
      return [`the new catalog could not be compared with what is held: ${why(error)}`]
    }
  }

  let nap = new AbortController()
  const watcher = await watchFolder(path, () => nap.abort())
  const loop = (async () => {
    while (!isClosed()) {
      await pause(pollMs, nap.signal)
      await pause(settleMs, closing.signal)
      nap = new AbortController()
      if (!isClosed())
        await look().catch((error: unknown) => say([`the catalog could not be reloaded: ${why(error)}`]))
    }
  })()

  return {
    current: () => current,
    fault: () => (said === '' ? null : said),
    close: async () => {
      closing.abort()
      nap.abort()
      watcher?.close()
      await loop
    },
  }
}

type Parsed = { ok: true; catalog: Catalog } | { ok: false; problems: string[] }

function parse(texts: Texts, options: CatalogOptions): Parsed {
  const broken = (problems: readonly Problem[]): Parsed => ({
    ok: false,
    problems: writeProblems(problems),
  })
  if (!texts.ok) return broken(texts.problems)
  const reading = parseCatalog(texts.texts, options)
  return reading.ok ? reading : broken(reading.problems)
}

/** The files once two readings in a row, `settleMs` apart, are the same; at once if they are what is known. */
async function settled(
  path: string,
  { known, settleMs, signal }: { known: string; settleMs: number; signal: AbortSignal },
) {
  for (let texts = await readTexts(path), before = ''; ; texts = await readTexts(path)) {
    const content = texts.ok ? fingerprintOf(texts.texts) : JSON.stringify(texts.problems)
    if (content === known || content === before || signal.aborted) return texts
    before = content
    await pause(settleMs, signal)
  }
}

/** The folder rather than the file: editors and Kubernetes replace files and links by new ones. Null if the system can't: polling goes on. */
async function watchFolder(path: string, onChange: () => void): Promise<FSWatcher | null> {
  try {
    const folder = (await stat(path)).isDirectory() ? path : dirname(path)
    const watcher = watch(folder, { persistent: false }, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}

/** Ends early, and quietly, when the signal says so. */
const pause = (ms: number, signal: AbortSignal) =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => null)

const why = (error: unknown) => (error instanceof Error ? error.message : String(error))
