/*
 * A stand-in for GitHub's API, as far as people are put into teams of an organization there. Written after GitHub's
 * documentation and not after GitHub itself: where the two differ, this follows the documentation.
 *
 * Covered: apps (their JSON web tokens with signature and dates, installations, suspended too, and what members:
 * read|write lets them do, tokens that end); classic tokens with their scopes and single sign-on, fine-grained ones;
 * owners, maintainers, and what is hidden from others by a 404; organizations, members, invitations; teams by number and
 * by name, renamed, secret, below each other (REST counts who is in a team below, GraphQL can leave them out), of an
 * enterprise, filled by an identity provider; pages by Link, a hundred at most; both rate limits, as 403 and as 429.
 *
 * Not covered, so that nothing of it is shown by a test: any other question by GraphQL, single sign-on of fine-grained
 * tokens and apps, conditional requests, when exactly a limit is reached, how late GitHub reads what was written. Taking
 * out somebody who is not in a team is a 404 here, also if they are in one below.
 *
 *   node --import tsx server.ts --tokens tokens.csv
 *
 * tokens.csv has a line with a token to which nothing is refused. Listens on a free loopback port, which it prints. What
 * people do in a browser, and what only tests need, is below /standin/, for that token.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import type { Answer } from './ask.ts'
import { controlOf } from './control.ts'
import { Directory } from './directory.ts'
import { graphOf } from './graph.ts'
import { appRoutes, Tokens } from './login.ts'
import { notFound, Refusal } from './refusal.ts'
import { routesOf } from './routes.ts'

const { values: options } = parseArgs({ options: { tokens: { type: 'string', default: '' } } })
const directory = new Directory()
const tokens = new Tokens(directory)
for (const token of readFileSync(options.tokens, 'utf8').split('\n'))
  if (token !== '') tokens.callers.set(token, { kind: 'site' })
const control = controlOf(directory, tokens)

const patterns = [
  ...control.routes,
  ...appRoutes(directory, tokens),
  graphOf(directory),
  ...routesOf(directory),
].map(([route, answer]) => {
  const pattern = new RegExp(`^${route.replaceAll('.', '\\.').replaceAll('*', '([^/]+)')}$`)
  return { route, answer, pattern }
})

async function answered(request: IncomingMessage): Promise<Answer> {
  const body = await text(request)
  const url = new URL(request.url ?? '/', 'http://here')
  if (request.headers['user-agent'] === undefined)
    throw new Refusal(403, 'Request forbidden by administrative rules.')
  const who = tokens.caller(request.headers.authorization)
  if (control.limit !== null && who.kind !== 'site' && Date.now() < control.limit.endsAtMs) {
    control.refusedCalls += 1
    throw new Refusal(control.limit.status, control.limit.message, control.limit.headers)
  }
  if (url.pathname.startsWith('/standin/') && who.kind !== 'site') throw notFound()
  const asked = `${request.method ?? ''} ${url.pathname}`
  for (const { route, answer, pattern } of patterns) {
    const found = pattern.exec(asked)
    if (found === null) continue
    const ids = found.slice(1).map((id) => decodeURIComponent(id))
    const json: unknown = body === '' ? undefined : JSON.parse(body)
    const origin = `http://127.0.0.1:${portOf()}`
    const said = answer({ who, origin, query: url.searchParams, path: url.pathname, body: json, ids })
    if (route === 'GET /orgs/*/memberships/*' && control.leaves !== null && ids[1] === control.leaves) {
      control.leaves = null
      const [organization, user] = [directory.organization(ids[0] ?? ''), directory.user(ids[1])]
      if (organization !== undefined && user !== undefined) directory.leave(organization, user)
    }
    return said
  }
  throw notFound()
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body, headers = {}] = await answered(request).catch((error: unknown): Answer => {
    if (error instanceof Refusal) return [error.status, error.body(), error.headers]
    return [500, new Refusal(500, String(error)).body()]
  })
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const server = createServer((request, response) => void answer(request, response))
const portOf = (): number => {
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`listening on ${portOf()}`))
