import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog } from '../domain/catalog.ts'
import { elapsedMs } from '../elapsed.ts'
import { inTime } from '../in-time.ts'
import { fingerprintInTurns } from './fingerprint.ts'
import { marksOf, readTexts, type Texts } from './load.ts'
import { parseCatalog, type CatalogOptions } from './parse.ts'
import { CatalogError, writeProblems } from './problem.ts'
import { readInTwo } from './read-in-two.ts'
import { readSource } from './source.ts'
import { judgeInThread, type Judged } from './thread.ts'

/** Files that stand on the disk as they did are read again so seldom: of a network's, the marks may be old. */
const rereadMs = 60_000

export interface OpenOptions extends CatalogOptions {
  readonly path: string
  /** A file that calls `answerQuestion`: there reloads are judged in a thread, and without it in this one. */
  readonly thread?: URL
  /** Connectors that are not ours, which the thread has to load too: addresses by name. */
  readonly strangers?: ReadonlyMap<string, string>
  /** How often files are looked at without being told of a change. */
  readonly pollMs?: number
  /** How long the files must stay the same before they count: an editor may write them in pieces. */
  readonly settleMs?: number
  /** Files that are not read and judged by then are said to be so, and read anew. */
  readonly patienceMs?: number
}

export interface Reloading {
  readonly onReload: (next: Catalog, previous: Catalog) => void
  /** Told once of each broken content, and once of each new reason why a good one is refused. */
  readonly onBroken: (problems: readonly string[]) => void
  /** Why this catalog may not replace the current one; null if it may. Asked again while it is refused. */
  readonly accept?: (next: Catalog, current: Catalog) => Promise<string | null> | string | null
}

export interface OpenCatalog {
  /** The last good catalog. */
  current(): Catalog
  /** What is wrong with the files now, where the last good catalog stays in force; null while nothing is. */
  fault(): string | null
  /** From now on it follows its files; once. */
  follow(reloading: Reloading): Promise<void>
  /** No callback comes after this resolves, and no thread is left. */
  close(): Promise<void>
}

/**
 * Loads the catalog, which can be kept up to date. Throws a `CatalogError` if it is not good to begin with; a system that
 * cannot be connected then is no reason to, since there is no earlier catalog by which the others are looked after.
 */
export async function openCatalog(options: OpenOptions): Promise<OpenCatalog> {
  const { path, pollMs = 5000, settleMs = 200, patienceMs = 180_000 } = options
  const texts = await readTexts(path)
  const read = texts.ok ? await readInTwo(texts.texts) : readSource
  const first = judgeHere(texts, { ...options, unconnected: 'warning' }, read)
  if (!first.ok) throw new CatalogError(first.problems)

  let current = first.catalog
  let said = ''
  /** What came of the content that is not the current one: the same content is not judged again. */
  let judged: { readonly content: string; readonly read: Judged } | null = null
  const closing = new AbortController()
  const isClosed = () => closing.signal.aborted

  let nap = new AbortController()
  let watcher: FSWatcher | null = null
  let loop: Promise<void> = Promise.resolve()

  async function follow({ onReload, onBroken, accept = () => null }: Reloading): Promise<void> {
    const say = (problems: readonly string[]) => {
      if (said === problems.join('\n')) return
      said = problems.join('\n')
      onBroken(problems)
    }
    const whyNot = async (next: Catalog): Promise<string[]> => {
      try {
        const refusal = await accept(next, current)
        return refusal === null ? [] : [refusal]
      } catch (error) {
        return [`the new catalog could not be compared with what is held: ${why(error)}`]
      }
    }
    /** A thread that was given up and has not ended: one in a call that blocks cannot be ended, and is left alone. */
    let isLeft = false
    const judgeInTime = async (texts: Texts, closed: AbortSignal): Promise<Judged> => {
      const late = () => new Error(`that took longer than ${patienceMs / 1_000} s; it is tried again`)
      if (isLeft) throw late()
      const judging = new AbortController()
      const giveUp = () => judging.abort()
      closed.addEventListener('abort', giveUp, { once: true })
      const work = judge(texts, { ...options, signal: judging.signal })
      const over = () => void (isLeft = false)
      isLeft = true
      work.then(over, over)
      try {
        return await inTime(work, patienceMs, late)
      } finally {
        giveUp()
        closed.removeEventListener('abort', giveUp)
      }
    }
    /** A reading that was given up and has not ended: a disk that does not answer keeps one waiting, and not one more each time. */
    let isReading = false
    const readInTime = async <T>(work: () => Promise<T>): Promise<T> => {
      const late = () => new Error(`reading them took longer than ${patienceMs / 1_000} s; it is tried again`)
      if (isReading) throw late()
      const over = () => void (isReading = false)
      isReading = true
      const reading = work()
      reading.then(over, over)
      // One of its own: what waits for one that never comes is kept with all that it would have answered.
      let close = (): void => undefined
      const closed = new Promise<never>((_, reject) => (close = () => reject(new Error('closed'))))
      closing.signal.addEventListener('abort', close, { once: true })
      try {
        return await inTime(Promise.race([reading, closed]), patienceMs, late)
      } finally {
        closing.signal.removeEventListener('abort', close)
      }
    }
    /** As which the files stood on the disk that were read and are the current catalog. */
    let good: { readonly marks: string; readonly readAtMs: number } | null = null
    const look = async (): Promise<void> => {
      const { signal } = closing
      const marks = await readInTime(() => marksOf(path))
      const readAtMs = elapsedMs()
      if (good !== null && marks === good.marks && readAtMs - good.readAtMs < rereadMs) return
      const { texts, content } = await readInTime(() =>
        settled(path, { known: current.fingerprint, settleMs, signal }),
      )
      if (isClosed()) return
      good = marks === null || content !== current.fingerprint ? null : { marks, readAtMs }
      if (content === current.fingerprint) {
        said = ''
        judged = null
        return
      }
      const read = judged?.content === content ? judged.read : await judgeInTime(texts, signal)
      judged = { content, read }
      const problems = read.ok ? await whyNot(read.catalog) : read.problems
      if (isClosed()) return
      if (!read.ok || problems.length > 0) {
        say(problems)
        return
      }
      const previous = current
      current = read.catalog
      judged = null
      said = ''
      onReload(current, previous)
    }
    watcher = await watchFolder(path, () => nap.abort())
    loop = (async () => {
      while (!isClosed()) {
        await pause(pollMs, nap.signal)
        await pause(settleMs, closing.signal)
        nap = new AbortController()
        if (!isClosed())
          await look().catch((error: unknown) => {
            if (!isClosed()) say([`the catalog could not be reloaded: ${why(error)}`])
          })
      }
    })()
  }

  return {
    current: () => current,
    fault: () => (said === '' ? null : said),
    follow,
    close: async () => {
      closing.abort()
      nap.abort()
      watcher?.close()
      await loop
    },
  }
}

async function judge(texts: Texts, options: OpenOptions & { signal: AbortSignal }): Promise<Judged> {
  const { thread } = options
  return thread && texts.ok ? judgeInThread(thread, texts.texts, options) : judgeHere(texts, options)
}

function judgeHere(texts: Texts, options: CatalogOptions, read = readSource): Judged {
  const reading = texts.ok ? parseCatalog(texts.texts, options, read) : texts
  return reading.ok ? reading : { ok: false, problems: writeProblems(reading.problems) }
}

/** The files once two readings in a row, `settleMs` apart, are the same; at once if they are what is known. */
async function settled(
  path: string,
  { known, settleMs, signal }: { known: string; settleMs: number; signal: AbortSignal },
) {
  for (let texts = await readTexts(path), before = ''; ; texts = await readTexts(path)) {
    const content = texts.ok ? await fingerprintInTurns(texts.texts) : JSON.stringify(texts.problems)
    if (content === known || content === before || signal.aborted) return { texts, content }
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
