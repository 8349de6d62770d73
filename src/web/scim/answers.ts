import type { Context } from 'hono'
import type { Complex } from '../../domain/scim/json.ts'
import type { Meta, StoredGroup, StoredUser } from '../../domain/ports/scim.ts'
import type { ResourceKind } from '../../domain/scim/schema.ts'
import { groups, users } from '../../domain/scim/schema.ts'
import { etagOf } from './etags.ts'

const messages = 'urn:ietf:params:scim:api:messages:2.0'
const contentType = 'application/scim+json; charset=utf-8'

type Status = 200 | 201 | 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 429 | 500 | 501 | 503

export const answer = (
  context: Context,
  status: Status,
  body: object | string,
  headers: Record<string, string> = {},
) =>
  context.body(typeof body === 'string' ? body : JSON.stringify(body), status, {
    'Content-Type': contentType,
    ...headers,
  })

export function failure(
  context: Context,
  status: Status,
  detail: string,
  { scimType = null, headers = {} }: { scimType?: string | null; headers?: Record<string, string> } = {},
) {
  const kind = scimType === null ? {} : { scimType }
  return answer(
    context,
    status,
    { schemas: [`${messages}:Error`], status: String(status), ...kind, detail },
    headers,
  )
}

export const asList = (Resources: readonly object[], { total, skip }: { total: number; skip: number }) => ({
  schemas: [`${messages}:ListResponse`],
  totalResults: total,
  startIndex: skip + 1,
  itemsPerPage: Resources.length,
  Resources,
})

export const locationOf = (base: string, kind: ResourceKind, id: string): string =>
  `${base}/${kind.path}/${id}`

/** A User as it is answered; its groups where these were read. */
export function userResource(
  base: string,
  user: StoredUser,
  memberOf: readonly { id: string; displayName: string }[] | null,
): Complex {
  const of = memberOf?.map(({ id, displayName }) => ({
    value: id,
    $ref: locationOf(base, groups, id),
    display: displayName,
    type: 'direct',
  }))
  const more: Complex = of === undefined || of.length === 0 ? {} : { groups: of }
  return resource(base, users, user, more)
}

/** Without members: these are read apart. */
export const groupResource = (base: string, group: StoredGroup): Complex => resource(base, groups, group, {})

export const memberResource = (base: string, id: string): Complex => ({
  value: id,
  $ref: locationOf(base, users, id),
  type: 'User',
})

function resource(
  base: string,
  kind: ResourceKind,
  stored: Meta & { attributes: Complex },
  more: Complex,
): Complex {
  const { id, attributes, createdAt, modifiedAt, version } = stored
  const extensions = Object.keys(attributes).filter((name) => /^urn:|:\/\//i.test(name))
  return {
    schemas: [kind.core.id, ...extensions],
    id,
    ...attributes,
    ...more,
    meta: {
      resourceType: kind.name,
      created: createdAt.toISOString(),
      lastModified: modifiedAt.toISOString(),
      location: locationOf(base, kind, id),
      version: etagOf(version),
    },
  }
}
