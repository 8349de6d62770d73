import { extname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Problem } from './problem.ts'
import { readSource, sourceOf, type Source, type SourceText } from './source.ts'
import { answerOf, startThread } from './thread.ts'

export type ReadText = { readonly content: unknown } | { readonly problems: Problem[] }

/** Less is read sooner than a thread is there. */
const largeBytes = 2_000_000
const patienceMs = 60_000
const reader = new URL(`./reader${extname(import.meta.url)}`, import.meta.url)

/**
 * Reads these texts, half of them in another thread where they are large: YAML is most of what a start waits for. What
 * the thread does not read is read here. Never throws.
 */
export async function readInTwo(
  texts: readonly SourceText[],
  entry = reader,
): Promise<(text: SourceText) => Source | Problem[]> {
  const there = halfOf(texts)
  if (there.length === 0) return readSource
  const known = new Map<SourceText, Source | Problem[]>()
  let worker: Worker | null = null
  try {
    worker = startThread(entry, there)
    const answer = answerOf<readonly ReadText[]>(worker, AbortSignal.timeout(patienceMs))
    // It fails once the others are read: until then nobody waits for it.
    answer.catch(() => null)
    for (const text of texts) if (!there.includes(text)) known.set(text, readSource(text))
    for (const [at, read] of (await answer).entries()) {
      const text = there[at]
      if (text) known.set(text, 'problems' in read ? read.problems : sourceOf(text, read.content))
    }
  } catch {
    // Its half is read here.
  } finally {
    await worker?.terminate()
  }
  return (text) => known.get(text) ?? readSource(text)
}

/** The last of them, by what there is to read; none of what is small. */
function halfOf(texts: readonly SourceText[]): readonly SourceText[] {
  const bytes = texts.reduce((sum, { text }) => sum + text.length, 0)
  if (bytes < largeBytes) return []
  let left = bytes / 2
  return texts.filter(({ text }) => (left -= text.length) < 0)
}
