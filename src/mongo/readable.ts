import { boundedMap } from '../bounded-map.ts'
import type { Log } from '../domain/ports/log.ts'

export interface About {
  readonly what: string
  readonly log: Log | undefined
}

/** One of several that were asked for together: an error of its own, so that it fails no other. */
export function readOne<T>(document: unknown, read: () => T): T | Error {
  if (document instanceof Error) return document
  try {
    return read()
  } catch (error) {
    return error instanceof Error ? error : new Error('a document cannot be read', { cause: error })
  }
}

/**
 * Each document by itself: one that this version cannot read (a newer one's, while rolling) must not hide the others.
 * It is logged with its id, once a minute.
 */
export function readEach<T>(
  documents: readonly unknown[],
  read: (document: unknown) => T | null,
  about: About,
): T[] {
  return documents.flatMap((document) => {
    try {
      return read(document) ?? []
    } catch (error) {
      complain(about, idOf(document), error)
      return []
    }
  })
}

const idOf = (document: unknown): unknown =>
  typeof document === 'object' && document !== null && '_id' in document ? document._id : null

const mostComplained = 1_000
const complainedMs = 60_000
const complained = new WeakMap<Log, ReturnType<typeof boundedMap<true>>>()

/** What is due is looked for every second. Of more than so many nothing is said. */
export function complain({ what, log }: About, id: unknown, error: unknown): void {
  if (log === undefined) return
  const lately = complained.get(log) ?? boundedMap<true>(mostComplained, { ttl: complainedMs })
  complained.set(log, lately)
  const key = `${what} ${String(id)}`
  if (lately.has(key)) return
  if (lately.size >= mostComplained) lately.purgeStale()
  if (lately.size >= mostComplained) return
  lately.set(key, true)
  log.error('a document cannot be read', { what, id, error })
}
