import type { z } from 'zod'
import type { Caller } from './directory.ts'
import { invalid } from './refusal.ts'

export interface Asked {
  readonly who: Caller
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

/** `*` stands for a part of the path. */
export type Route = readonly [route: string, answer: (asked: Asked) => Answer]

/** A page by number, with where the next and the last are. */
export function page<T>(
  { query, path, origin }: Asked,
  all: readonly T[],
  shown: (one: T) => object,
): Answer {
  const [perPage, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)]
  if (!Number.isInteger(perPage) || !Number.isInteger(number) || number < 1) throw invalid('page')
  // More than a hundred are never shown, and nobody is told.
  const size = Math.min(Math.max(perPage, 1), 100)
  const last = Math.ceil(all.length / size)
  const link = (rel: string, to: number) => {
    const url = new URL(path, origin)
    for (const [key, value] of query) url.searchParams.set(key, value)
    url.searchParams.set('page', String(to))
    return `<${url.href}>; rel="${rel}"`
  }
  const links = [
    ...(number > 1 ? [link('prev', number - 1)] : []),
    ...(number < last ? [link('next', number + 1), link('last', last)] : []),
    ...(number > 1 ? [link('first', 1)] : []),
  ]
  const items = all.slice((number - 1) * size, number * size).map(shown)
  return [200, items, links.length === 0 ? {} : { link: links.join(', ') }]
}

export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw invalid(result.error.issues[0]?.path.join('.') ?? '')
}
