import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Objects } from './objects.ts'
import { isAllowed, rbacGroup, type User } from './rbac.ts'
import { isNamespaced, kinds } from './resources.ts'
import { reviews } from './reviews.ts'
import { badRequest, forbidden, Refusal } from './status.ts'

const longestMs = 60_000

export interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly query: URLSearchParams
  readonly user: User
  readonly manager: string
  readonly contentType: string
  readonly body: string
}

const path =
  /^\/(?:api\/v1|apis\/([a-z0-9.]+)\/v1)(?:\/namespaces\/([^/]+)(?=\/(?:roles|rolebindings)(?:\/|$)))?\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/

/** Reads a request of somebody who is let in, and may do what it asks for. */
export async function askedBy(
  request: IncomingMessage,
  { objects, users }: { objects: Objects; users: ReadonlyMap<string, User> },
): Promise<Asked> {
  const body = await text(request)
  const url = new URL(request.url ?? '/', 'http://here')
  const [, group = '', namespace = '', resource = '', name = '', subresource = ''] =
    path.exec(url.pathname) ?? []
  const user = userOf(request.headers.authorization, users)
  const verb = verbOf(request.method ?? '', name !== '')
  const { searchParams: query } = url
  const attributes = {
    verb,
    group,
    resource: subresource === '' ? resource : `${resource}/${subresource}`,
    namespace: resource === 'namespaces' ? decodeURIComponent(name) : decodeURIComponent(namespace),
    name: decodeURIComponent(name),
  }
  if (!isAllowed(objects, user, attributes)) throw notAllowed(user, attributes)
  const isKnown = reviews.has(resource) || kinds.has(resource)
  const isWhole = isNamespaced(resource) && namespace === '' && verb !== 'list'
  if (!isKnown || isWhole || (group === rbacGroup) !== /^(cluster)?role/.test(resource))
    throw new Refusal(404, 'NotFound', 'the server could not find the requested resource')
  return {
    ...attributes,
    resource,
    subresource,
    query,
    user,
    manager: query.get('fieldManager') ?? (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? '',
    contentType: request.headers['content-type'] ?? '',
    body,
  }
}

function userOf(authorization: string | undefined, users: ReadonlyMap<string, User>): User {
  if (authorization === undefined) return { name: 'system:anonymous', groups: ['system:unauthenticated'] }
  const user = users.get(/^Bearer (.+)$/.exec(authorization)?.[1] ?? '')
  if (user !== undefined) return user
  throw new Refusal(401, 'Unauthorized', 'Unauthorized')
}

function verbOf(method: string, isNamed: boolean): string {
  const verbs = new Map([
    ['GET', isNamed ? 'get' : 'list'],
    ['POST', 'create'],
    ['PUT', 'update'],
    ['PATCH', 'patch'],
    ['DELETE', isNamed ? 'delete' : 'deletecollection'],
  ])
  return verbs.get(method) ?? ''
}

export function notAllowed(
  { name: user }: User,
  {
    verb,
    group,
    resource,
    namespace,
    name,
  }: Pick<Asked, 'verb' | 'group' | 'resource' | 'namespace' | 'name'>,
): Refusal {
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const why = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return forbidden(resource, group, name, why)
}

/** Milliseconds of a duration as Go writes it, of the units that are used here. */
export function timeoutOf(query: URLSearchParams): number {
  const written = query.get('timeout') ?? ''
  if (written === '') return longestMs
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(written) ?? []
  if (amount === undefined) throw badRequest('invalid timeout specified in the request URL')
  const ms = Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000)
  return ms > 0 ? Math.min(ms, longestMs) : longestMs
}

export function isDry(query: URLSearchParams): boolean {
  const written = query.get('dryRun')
  if (written !== null && written !== 'All') throw badRequest('dryRun: Unsupported value')
  return written === 'All'
}
