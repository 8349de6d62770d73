import { boundedMap } from '../bounded-map.ts'
import type { Log } from '../domain/ports/log.ts'

interface About {
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

/**
 * The first so many that can be read: one that cannot takes no other's place. `find` gets how many to skip, and answers
 * with as many as the limit, or fewer where there are no more; what `read` takes for null counts as none.
 */
export async function readFirst<T>(
  limit: number,
  find: (skip: number) => Promise<readonly unknown[]>,
  read: (document: unknown) => T | null,
  about: About,
): Promise<T[]> {
  // By id: what is written meanwhile moves the others on.
  const found = new Map<unknown, T>()
  for (let skip = 0; ; skip += limit) {
    const rows = await find(skip)
    for (const row of rows) for (const one of readEach([row], read, about)) found.set(idOf(row) ?? row, one)
    if (found.size >= limit || rows.length < limit) return [...found.values()].slice(0, limit)
  }
}

const idOf = (document: unknown): unknown =>
  typeof document === 'object' && document !== null && '_id' in document ? document._id : null

const mostComplained = 10_000
const complainedMs = 60_000
const complained = new WeakMap<Log, ReturnType<typeof boundedMap<true>>>()

/** What is due is looked for every second. */
function complain({ what, log }: About, id: unknown, error: unknown): void {
  if (log === undefined) return
  const lately = complained.get(log) ?? boundedMap<true>(mostComplained, { ttl: complainedMs })
  complained.set(log, lately)
  const key = `${what} ${String(id)}`
  if (lately.has(key)) return
  lately.set(key, true)
  log.error('a document cannot be read', { what, id, error })
}
