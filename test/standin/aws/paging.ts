import { invalid } from './refusal.ts'

/** A page, from where a token leads on. */
export function page<T>(
  all: readonly T[],
  { MaxResults = 100, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { items: readonly T[]; NextToken?: string } {
  if (MaxResults < 1 || MaxResults > 100) throw invalid('MaxResults')
  const from = NextToken === undefined ? 0 : fromOf(NextToken)
  const items = all.slice(from, from + MaxResults)
  const end = from + items.length
  return end < all.length ? { items, NextToken: Buffer.from(`from ${end}`).toString('base64') } : { items }
}

function fromOf(token: string): number {
  const [, from] = /^from (\d+)$/.exec(Buffer.from(token, 'base64').toString()) ?? []
  if (from === undefined) throw invalid('NextToken')
  return Number(from)
}
