/*
 * A stand-in for Okta's management API, as far as people are put into groups there. Written after Okta's documentation and
 * not after an organisation of Okta's: where the two differ, this follows the documentation.
 *
 * Covered: API tokens and what the roles SUPER_ADMIN, READ_ONLY_ADMIN and GROUP_MEMBERSHIP_ADMIN of their owners allow;
 * users (create, filter by login, e-mail or status, minding the case; search, not minding it, from an index that is
 * behind; deactivate, suspend, delete, which is to be said twice); groups of all types, their members, the groups of a
 * user; group rules, which are kept and not evaluated; pages by two Link headers; 429 with its three headers; the codes
 * of errors.
 *
 * Not covered, so that nothing of it is shown by a test: OAuth; admins who may see some groups or people alone; filters
 * and searches of more than one term; limits for concurrent calls; how late Okta itself reads what was written. Logins
 * have any form, as in an organisation that does not ask for e-mail addresses.
 *
 *   node --import tsx server.ts --tokens tokens.csv [--index-lag-ms 1000]
 *
 * tokens.csv has a line `token,login,ROLE` for each token. Listens on a free loopback port, which it prints. What an
 * admin does in a browser, and cannot by the API, is below /standin/, for tokens of SUPER_ADMIN.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { Directory, type Group, type Rule, type User } from './directory.ts'
import { forbidden, invalid, notFound, Refusal } from './refusal.ts'

const { values: options } = parseArgs({
  options: {
    tokens: { type: 'string', default: '' },
    'index-lag-ms': { type: 'string', default: '1000' },
  },
})
const directory = new Directory(Number(options['index-lag-ms']))
const owners = new Map(
  readFileSync(options.tokens, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [token = '', login = '', role = ''] = line.split(',')
      return [token, directory.putUser(login, login, role === '' ? [] : [role])]
    }),
)

interface Asked {
  readonly who: User
  readonly query: URLSearchParams
  readonly path: string
  readonly body: unknown
  /** What stands for `*` in the route. */
  readonly ids: readonly string[]
}

type Answer = readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string | string[]>>]
type Need = 'any' | 'read' | 'read rules' | 'members' | 'super'

const mayDo = (roles: ReadonlySet<string>, need: Need): boolean => {
  if (need === 'any' || roles.has('SUPER_ADMIN')) return true
  if (need === 'read') return roles.has('READ_ONLY_ADMIN') || roles.has('GROUP_MEMBERSHIP_ADMIN')
  if (need === 'read rules') return roles.has('READ_ONLY_ADMIN')
  return need === 'members' && roles.has('GROUP_MEMBERSHIP_ADMIN')
}

const shownUser = ({ id, status, profile }: User) => ({ id, status, profile })
const shownGroup = ({ id, type, profile }: Group) => ({ id, type, profile, objectClass: ['okta:user_group'] })
const shownRule = ({ id, type, name, status, actions }: Rule) => ({ id, type, name, status, actions })

const user = (id = ''): User => {
  const found =
    directory.users.get(id) ?? [...directory.users.values()].find(({ profile }) => profile.login === id)
  if (found === undefined) throw notFound(id, 'User')
  return found
}
const group = (id = ''): Group => {
  const found = directory.groups.get(id)
  if (found === undefined) throw notFound(id, 'UserGroup')
  return found
}
const open = (id = ''): Group => {
  const found = group(id)
  if (found.type !== 'OKTA_GROUP') throw forbidden()
  return found
}
const rule = (id = ''): Rule => {
  const found = directory.rules.get(id)
  if (found === undefined) throw notFound(id, 'GroupRule')
  return found
}

/** A page of what has ids, from `after` on, with where it goes on. */
function page<T extends { readonly id: string }>(
  { query, path }: Asked,
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
    const url = new URL(path, `http://127.0.0.1:${portOf()}`)
    for (const [key, value] of query) if (key !== 'after') url.searchParams.set(key, value)
    if (cursor !== null) url.searchParams.set('after', cursor)
    return `<${url.href}>; rel="${rel}"`
  }
  const links = [link('self', after)]
  if (last !== undefined && from + limit < all.length) links.push(link('next', last.id))
  return [200, items.map(shown), { link: links }]
}

/** `profile.login eq "…"` and the like; only one term is covered. */
function matching(expression: string, { isExact }: { isExact: boolean }): (one: User) => boolean {
  const [, field = '', quoted = ''] = /^([\w.]+) eq ("(?:[^"\\]|\\.)*")$/.exec(expression) ?? []
  const wanted = quoted === '' ? null : z.string().parse(JSON.parse(quoted))
  if (wanted === null || !['profile.login', 'profile.email', 'status', 'id'].includes(field))
    throw new Refusal(400, 'E0000031', 'Invalid search criteria.')
  const fold = (value: string) => (isExact ? value : value.toLowerCase())
  return ({ id, status, profile }) => {
    const values = { id, status, 'profile.login': profile.login, 'profile.email': profile.email }
    return Object.entries(values).some(([key, value]) => key === field && fold(value) === fold(wanted))
  }
}

function usersFor(asked: Asked): Answer {
  const [filter, search] = [asked.query.get('filter'), asked.query.get('search')]
  const all = [...directory.users.values()]
  if (filter !== null)
    return page(asked, all.filter(matching(filter, { isExact: true })), { most: 200, shown: shownUser })
  if (search !== null) {
    const indexed = all.filter(({ indexedAtMs }) => indexedAtMs <= performance.now())
    return page(asked, indexed.filter(matching(search, { isExact: false })), { most: 200, shown: shownUser })
  }
  const here = all.filter(({ status }) => status !== 'DEPROVISIONED')
  return page(asked, here, { most: 200, shown: shownUser })
}

const newUser = z.object({ profile: z.object({ login: z.string().min(1), email: z.string().min(1) }) })
const newGroup = z.strictObject({
  profile: z.object({ name: z.string().min(1) }),
  type: z.string().optional(),
})
const newRule = z.object({
  name: z.string(),
  actions: z.object({ assignUserToGroups: z.object({ groupIds: z.array(z.string()) }) }),
})
const newRole = z.object({ type: z.enum(['SUPER_ADMIN', 'READ_ONLY_ADMIN', 'GROUP_MEMBERSHIP_ADMIN']) })

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw invalid(result.error.issues[0]?.path.join('.') ?? '')
}

/** Calls that are refused until their limit is reset. */
let limited: { readonly route: string; readonly resetAtMs: number } | null = null
let refusedCalls = 0

const routes: readonly [route: string, need: Need, answer: (asked: Asked) => Answer][] = [
  ['GET /api/v1/users/me', 'any', ({ who }) => [200, shownUser(who)]],
  ['GET /api/v1/users', 'read', usersFor],
  [
    'POST /api/v1/users',
    'super',
    ({ body }) => {
      const { login, email } = parsed(newUser, body).profile
      const added = directory.addUser(login, email)
      if (added === null)
        throw invalid('login', [
          'login: An object with this field already exists in the current organization',
        ])
      return [200, shownUser(added)]
    },
  ],
  ['GET /api/v1/users/*', 'read', ({ ids }) => [200, shownUser(user(ids[0]))]],
  [
    'DELETE /api/v1/users/*',
    'super',
    ({ ids }) => {
      directory.deleteUser(user(ids[0]))
      return [204]
    },
  ],
  [
    'POST /api/v1/users/*/lifecycle/*',
    'super',
    ({ ids }) => {
      const statuses = { deactivate: 'DEPROVISIONED', suspend: 'SUSPENDED', activate: 'ACTIVE' } as const
      const [, status] = Object.entries(statuses).find(([verb]) => verb === ids[1]) ?? []
      if (status === undefined) throw notFound(ids[1] ?? '', 'Lifecycle')
      user(ids[0]).status = status
      return [200, {}]
    },
  ],
  [
    'POST /api/v1/users/*/roles',
    'super',
    ({ ids, body }) => {
      user(ids[0]).roles.add(parsed(newRole, body).type)
      return [201, {}]
    },
  ],
  [
    'GET /api/v1/users/*/groups',
    'read',
    (asked) => page(asked, directory.groupsOf(user(asked.ids[0])), { most: 50, shown: shownGroup }),
  ],
  [
    'GET /api/v1/groups/rules',
    'read rules',
    (asked) => page(asked, [...directory.rules.values()], { most: 200, shown: shownRule }),
  ],
  [
    'POST /api/v1/groups/rules',
    'super',
    ({ body }) => {
      const { name, actions } = parsed(newRule, body)
      return [200, shownRule(directory.addRule(name, actions.assignUserToGroups.groupIds))]
    },
  ],
  [
    'POST /api/v1/groups/rules/*/lifecycle/*',
    'super',
    ({ ids }) => {
      rule(ids[0]).status = ids[1] === 'activate' ? 'ACTIVE' : 'INACTIVE'
      return [204]
    },
  ],
  [
    'POST /api/v1/groups',
    'super',
    ({ body }) => {
      const { profile, type } = parsed(newGroup, body)
      if (type !== undefined) throw invalid('type')
      return [200, shownGroup(directory.addGroup(profile.name))]
    },
  ],
  ['GET /api/v1/groups/*', 'read', ({ ids }) => [200, shownGroup(group(ids[0]))]],
  [
    'DELETE /api/v1/groups/*',
    'super',
    ({ ids }) => {
      directory.groups.delete(open(ids[0]).id)
      return [204]
    },
  ],
  [
    'GET /api/v1/groups/*/users',
    'read',
    (asked) => page(asked, directory.membersOf(group(asked.ids[0])), { most: 1_000, shown: shownUser }),
  ],
  [
    'PUT /api/v1/groups/*/users/*',
    'members',
    ({ ids }) => {
      const member = user(ids[1])
      if (member.status === 'DEPROVISIONED') throw invalid('the user is deactivated')
      open(ids[0]).members.add(member.id)
      return [204]
    },
  ],
  [
    'DELETE /api/v1/groups/*/users/*',
    'members',
    ({ ids }) => {
      open(ids[0]).members.delete(user(ids[1]).id)
      return [204]
    },
  ],
  [
    'POST /standin/groups',
    'super',
    ({ body }) => {
      const { profile, type } = parsed(newGroup, body)
      return [200, shownGroup(directory.addGroup(profile.name, type))]
    },
  ],
  [
    'POST /standin/members',
    'super',
    ({ body }) => {
      const { group: id, logins } = parsed(z.object({ group: z.string(), logins: z.array(z.string()) }), body)
      for (const login of logins) group(id).members.add(directory.putUser(login, login).id)
      return [200, {}]
    },
  ],
  [
    'POST /standin/limit',
    'super',
    ({ body }) => {
      const { route, seconds } = parsed(z.object({ route: z.string(), seconds: z.number() }), body)
      // As Okta has it: the second at which it ends, rounded up.
      limited = { route, resetAtMs: Math.ceil(Date.now() / 1_000 + seconds) * 1_000 }
      refusedCalls = 0
      return [200, {}]
    },
  ],
  ['GET /standin/limit', 'super', () => [200, { refusedCalls }]],
]

const patterns = routes.map(([route, need, answer]) => {
  const pattern = new RegExp(`^${route.replaceAll('.', '\\.').replaceAll('*', '([^/]+)')}$`)
  return { route, need, answer, pattern }
})

async function answered(request: IncomingMessage): Promise<Answer> {
  const body = await text(request)
  const url = new URL(request.url ?? '/', 'http://here')
  const token = /^SSWS (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal(401, 'E0000005', 'Invalid session')
  const who = owners.get(token)
  if (who === undefined) throw new Refusal(401, 'E0000011', 'Invalid token provided')
  const asked = `${request.method ?? ''} ${url.pathname}`
  for (const { route, need, answer, pattern } of patterns) {
    const found = pattern.exec(asked)
    if (found === null) continue
    if (limited?.route === route && Date.now() < limited.resetAtMs) {
      refusedCalls += 1
      return tooMany(limited.resetAtMs)
    }
    if (!mayDo(who.roles, need)) throw forbidden()
    const ids = found.slice(1).map((id) => decodeURIComponent(id))
    const json: unknown = body === '' ? undefined : JSON.parse(body)
    return answer({ who, query: url.searchParams, path: url.pathname, body: json, ids })
  }
  throw new Refusal(404, 'E0000022', 'The endpoint does not support the provided HTTP method')
}

function tooMany(resetAtMs: number): Answer {
  const refusal = new Refusal(429, 'E0000047', 'API call exceeded rate limit due to too many requests.')
  return [
    429,
    refusal.body(),
    {
      'x-rate-limit-limit': '600',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(resetAtMs / 1_000),
    },
  ]
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body, headers = {}] = await answered(request).catch((error: unknown): Answer => {
    if (error instanceof Refusal) return [error.status, error.body()]
    return [500, new Refusal(500, 'E0000009', String(error)).body()]
  })
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const server = createServer((request, response) => void answer(request, response))
const portOf = (): number => {
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`listening on ${portOf()}`))
