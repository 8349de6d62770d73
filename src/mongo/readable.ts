import type { Log } from '../domain/ports/log.ts'

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
