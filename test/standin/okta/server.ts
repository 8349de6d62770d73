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
import { mayDo, type Answer } from './ask.ts'
import { Directory } from './directory.ts'
import { forbidden, Refusal } from './refusal.ts'
import { routesOf, type Route } from './routes.ts'

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

/** Calls that are refused until their limit is reset. */
let limited: { readonly route: string; readonly resetAtMs: number } | null = null
let refusedCalls = 0
const newLimit = z.object({ route: z.string(), seconds: z.number() })
const limits: readonly Route[] = [
  [
    'POST /standin/limit',
    'super',
    ({ body }) => {
      const { route, seconds } = newLimit.parse(body)
      // As Okta has it: the second at which it ends, rounded up.
      limited = { route, resetAtMs: Math.ceil(Date.now() / 1_000 + seconds) * 1_000 }
      refusedCalls = 0
      return [200, {}]
    },
  ],
  ['GET /standin/limit', 'super', () => [200, { refusedCalls }]],
]

const patterns = [...routesOf(directory), ...limits].map(([route, need, answer]) => {
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
    const origin = `http://127.0.0.1:${portOf()}`
    return answer({ who, origin, query: url.searchParams, path: url.pathname, body: json, ids })
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
