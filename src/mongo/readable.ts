import type { Log } from '../domain/ports/log.ts'

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
 * It is logged with its id.
 */
export function readEach<T>(
  documents: readonly unknown[],
  read: (document: unknown) => T | null,
  { what, log }: { what: string; log: Log | undefined },
): T[] {
  return documents.flatMap((document) => {
    try {
      return read(document) ?? []
    } catch (error) {
      const id = typeof document === 'object' && document !== null && '_id' in document ? document._id : null
      log?.error('a document cannot be read', { what, id, error })
      return []
    }
  })
}
