import { ApiError } from './method.ts'

/** Slack's cursor pagination: `next_cursor` is empty on the last page. */
export function pageOf<T>(
  all: readonly T[],
  { limit = 100, cursor = '' }: { limit?: number | undefined; cursor?: string | undefined },
): { page: T[]; response_metadata: { next_cursor: string } } {
  const start = cursor === '' ? 0 : Number(/^at:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1])
  if (Number.isNaN(start)) throw new ApiError('invalid_cursor')
  const end = start + (limit === 0 ? 100 : limit)
  const next_cursor = end < all.length ? Buffer.from(`at:${end}`).toString('base64') : ''
  return { page: all.slice(start, end), response_metadata: { next_cursor } }
}
