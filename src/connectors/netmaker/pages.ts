import type { Page } from '../../domain/connector.ts'

const pageSize = 1_000

/** Those that come after, in an order of their own, as many as fit on a page. */
export function pageAfter(after: string | null, all: readonly string[]): Page {
  const principals = all.filter((principal) => principal > (after ?? '')).sort()
  const page = principals.slice(0, pageSize)
  return { principals: page, next: principals.length > pageSize ? (page.at(-1) ?? null) : null }
}
