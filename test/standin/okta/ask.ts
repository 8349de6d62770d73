import type { User } from './directory.ts'
import { invalid } from './refusal.ts'

export interface Asked {
  readonly who: User
  readonly query: URLSearchParams
  readonly path: string
  readonly body: unknown
  /** Of this server. */
  readonly origin: string
  /** What stands for `*` in the route. */
  readonly ids: readonly string[]
}

export type Answer = readonly [
  status: number,
  body?: unknown,
  headers?: Readonly<Record<string, string | string[]>>,
]
/** What one must be allowed for a call. */
export type Need = 'any' | 'read' | 'read rules' | 'members' | 'super'

export const mayDo = (roles: ReadonlySet<string>, need: Need): boolean => {
  if (need === 'any' || roles.has('SUPER_ADMIN')) return true
  if (need === 'read') return roles.has('READ_ONLY_ADMIN') || roles.has('GROUP_MEMBERSHIP_ADMIN')
  if (need === 'read rules') return roles.has('READ_ONLY_ADMIN')
  return need === 'members' && roles.has('GROUP_MEMBERSHIP_ADMIN')
}

/** A page of what has ids, from `after` on, with where it goes on. */
export function page<T extends { readonly id: string }>(
  { query, path, origin }: Asked,
  all: readonly T[],
  { most, shown }: { most: number; shown: (one: T) => object },
): Answer {
  const limit = Number(query.get('limit') ?? most)
  if (!Number.isInteger(limit) || limit < 1 || limit > most) throw invalid('limit')
  const after = query.get('after')
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  if (after !== null && from === 0) throw invalid('after')
  const items = all.slice(from, from + limit)
  const last = items.at(-1)
  const link = (rel: string, cursor: string | null) => {
    const url = new URL(path, origin)
    for (const [key, value] of query) if (key !== 'after') url.searchParams.set(key, value)
    if (cursor !== null) url.searchParams.set('after', cursor)
    return `<${url.href}>; rel="${rel}"`
  }
  const links = [link('self', after)]
  if (last !== undefined && from + limit < all.length) links.push(link('next', last.id))
  return [200, items.map(shown), { link: links }]
}
