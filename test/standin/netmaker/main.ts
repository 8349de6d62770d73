/*
 * A stand-in for the API of Netmaker 1.5.1 (community), as far as external clients go: what was tried on the real server
 * is copied, its traps before all. It covers: errors and their words, log-in by token, the clients' calls (list, one,
 * file, create, change, bulk, delete), the gap in a change, what a change wipes, rules that lose a client, addresses that
 * are given twice, the broker, what a gateway hears and when.
 *
 * It does not cover: log-in by password, the master key, users and roles (Pro), enrollment, hosts and gateways (a network
 * comes with one, and with a node that is none), DNS, egress, JIT, posture checks, devices, IPv6, the WireGuard tunnel
 * itself; the words of a 400, which are made up; a rename onto a name that is taken; the extra peer update of a key change
 * (here the gateway keeps the old key until its client is disabled or deleted, so that nobody relies on more); what a
 * caching server or several servers answer. A real server locks creates against each other, which this one does by having
 * one thread. That nodes are listed so, and that a client is created disabled where the network's default is to let nobody
 * in, was read and not tried. `/standin` is for the tests and is in no real one.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { routes, said, type Answer } from './api.ts'
import { obey } from './control.ts'
import { userOf, whyRefused } from './login.ts'
import { keyOf, newState, type Injected } from './state.ts'

const state = newState()

const bodyOf = (request: IncomingMessage) => json(request).catch(() => undefined)

/** The parts of the path that a route leaves open; null where it is another's. */
function matched(pattern: string, path: string): string[] | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return null
  if (wanted.some((part, i) => part !== ':' && part !== given[i])) return null
  return given.filter((_, i) => wanted[i] === ':').map((part) => decodeURIComponent(part))
}

function injectedFor(method: string, path: string): Injected | null {
  const index = state.injected.findIndex((one) => one.method === method && path.startsWith(one.path))
  const found = state.injected[index]
  if (!found) return null
  const isDue = found.after === 0
  state.injected = state.injected.flatMap((one) => {
    if (one !== found) return [one]
    return isDue ? [] : [{ ...one, after: one.after - 1 }]
  })
  return isDue ? found : null
}

async function answerTo(request: IncomingMessage): Promise<Answer | { raw: string }> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://standin')
  const { method = '' } = request
  if (pathname === '/standin') return obey(state, await bodyOf(request))
  state.calls.push(`${method} ${pathname}`)
  state.tenants.add(String(request.headers['x-tenant-id'] ?? ''))
  const fitting = routes.flatMap((route) => {
    const parts = matched(route.path, pathname)
    return parts ? [{ route, parts }] : []
  })
  if (fitting.length === 0) return { status: 404, body: '404 page not found\n' }
  const found = fitting.find(({ route }) => route.method === method)
  if (!found) return { status: 405, body: '' }
  const body = method === 'POST' || method === 'PUT' ? await bodyOf(request) : undefined
  const refused = found.route.isOpen ? null : whyRefused(state, request.headers.authorization)
  if (refused !== null) return said(401, refused)
  const user = userOf(state, request.headers.authorization)
  const instead = injectedFor(method, pathname)
  const answer = () => found.route.answer({ state, parts: found.parts, query: searchParams, body, user })
  if (!instead) return answer()
  if (instead.isDone) await answer()
  const [network = '', clientid = ''] = found.parts
  if (instead.isLost) state.clients.delete(keyOf({ clientid, network }))
  if (instead.raw !== undefined) return { raw: instead.raw }
  return { status: instead.status, body: instead.body }
}

const server = createServer((request, response) => {
  void answerTo(request).then((answer) => {
    if ('raw' in answer) {
      response.socket?.end(answer.raw)
      return
    }
    const isText = typeof answer.body === 'string'
    response.writeHead(answer.status, { 'content-type': isText ? 'text/plain' : 'application/json' })
    response.end(isText ? answer.body : JSON.stringify(answer.body))
  })
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  process.stdout.write('the stand-in listens\n')
})
