import type { Context } from 'hono'
import { filterOf } from '../../domain/scim/filter.ts'
import type { Listing } from '../../domain/ports/scim.ts'
import type { ResourceKind } from '../../domain/scim/schema.ts'
import { ScimError } from '../../domain/scim/scim-error.ts'
import { readBytes } from '../read-bytes.ts'
import type { Named } from './edge.ts'
import { wantedOf, type Wanted } from '../../domain/scim/shown.ts'

export const mostBytes = 1_000_000
export const mostListed = 1_000
const listedUnlessAsked = 100
const furthest = 1_000_000_000
const types = ['application/scim+json', 'application/json']

export const wantedBy = (context: Context, kind: ResourceKind): Wanted =>
  wantedOf(kind.core.id, context.req.query('attributes'), context.req.query('excludedAttributes'))

export function listingBy(context: Context, kind: ResourceKind): Listing {
  const filter = context.req.query('filter')?.trim() ?? ''
  const startIndex = wholeOf(context.req.query('startIndex')) ?? 1
  const count = wholeOf(context.req.query('count')) ?? listedUnlessAsked
  return {
    filter: filter === '' ? null : filterOf(kind, filter),
    skip: Math.min(Math.max(startIndex - 1, 0), furthest),
    limit: Math.min(Math.max(count, 0), mostListed),
  }
}

const wholeOf = (text: string | undefined): number | null =>
  text !== undefined && /^[-+]?\d{1,15}$/.test(text.trim()) ? Number(text) : null

/** The body as JSON. Throws for what is none, or says that it is something else, or is too large: that is not read. */
export async function bodyOf(context: Context<Named>): Promise<unknown> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== undefined && type !== '' && !types.includes(type))
    throw new ScimError(415, null, `Send ${types.join(' or ')}.`)
  const bytes = await readBytes(context.env.incoming, mostBytes)
  if (bytes === null) throw new ScimError(413, null, `A body has at most ${mostBytes} bytes.`)
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new ScimError(400, 'invalidSyntax', 'The body is no JSON.')
  }
}
