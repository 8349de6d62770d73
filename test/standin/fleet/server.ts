import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { StandinHost } from './hosts.ts'

/** What is answered instead of what was asked for. */
export interface Instead {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object as JSON, a text as it is. */
  readonly body: string | object
}

/** A Fleet server as far as hosts are read of it; the README beside it says what it leaves out. */
export interface FleetStandin {
  readonly url: string
  readonly token: string
  readonly hosts: Map<number, StandinHost>
  /** Paths with their queries, in order. */
  readonly calls: string[]
  mostAtOnce: number
  /** Each is the answer to one call; then it answers as usual. */
  instead: Instead[]
  /** The answer to every call, until it is null again. */
  always: Instead | null
  slowMs: number
  /** Runs before each answer: for what changes while pages are read. */
  before: (call: string) => void
  /** False: a list says nothing of disk encryption, as of servers before September 2026. */
  listsDisk: boolean
  /** A proxy in front of it answers every page by the first. */
  repeatsPages: boolean
  stop(): Promise<void>
}

export async function startFleetStandin(hosts: readonly StandinHost[] = []): Promise<FleetStandin> {
  let now = 0
  const stopping = new AbortController()
  const server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')

  const standin: FleetStandin = {
    url: `http://127.0.0.1:${address.port}`,
    token: 'token-of-the-observer',
    hosts: new Map(hosts.map((host) => [host.id, host])),
    calls: [],
    mostAtOnce: 0,
    instead: [],
    always: null,
    slowMs: 0,
    before: () => undefined,
    listsDisk: true,
    repeatsPages: false,
    async stop() {
      stopping.abort()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function serve({ url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    standin.calls.push(url)
    standin.mostAtOnce = Math.max(standin.mostAtOnce, ++now)
    standin.before(url)
    if (standin.slowMs > 0)
      await pause(standin.slowMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    const isKnown = headers.authorization === `Bearer ${standin.token}`
    const answer = standin.always ?? standin.instead.shift() ?? (isKnown ? answerTo(standin, url) : unknown)
    const isText = typeof answer.body === 'string'
    response.writeHead(answer.status, {
      'content-type': isText ? 'text/html' : 'application/json; charset=utf-8',
      ...answer.headers,
    })
    now--
    response.end(isText ? answer.body : JSON.stringify(answer.body))
  }

  return standin
}

const failure = (status: number, message: string, reason: string): Instead => ({
  status,
  body: { message, errors: [{ name: 'base', reason }], uuid: 'b2d0c4a8-0000-0000-0000-000000000000' },
})
const unknown = failure(401, 'Authentication required', 'Authentication required')

function answerTo(standin: FleetStandin, call: string): Instead {
  const { pathname, searchParams } = new URL(call, standin.url)
  if (pathname === '/api/v1/fleet/hosts') return listed(standin, searchParams)
  const id = /^\/api\/v1\/fleet\/hosts\/(\d+)$/.exec(pathname)?.[1]
  if (id === undefined) return { status: 404, body: '404 page not found\n' }
  const host = standin.hosts.get(Number(id))
  if (host === undefined)
    return failure(404, 'Resource Not Found', `Host ${id} was not found in the datastore`)
  const { device_mapping: _told, ...shown } = host
  return { status: 200, body: { host: shown } }
}

const byId = (one: StandinHost, other: StandinHost): number => one.id - other.id
const isInOrder = (hosts: readonly StandinHost[]): boolean =>
  hosts.every((host, i) => i === 0 || byId(hosts[i - 1] ?? host, host) < 0)

function listed({ hosts, listsDisk, repeatsPages }: FleetStandin, query: URLSearchParams): Instead {
  const whole = (name: string, usual: number) => Number(query.get(name) ?? usual)
  const [page, perPage] = [whole('page', 0), whole('per_page', 100)]
  if (!Number.isInteger(page) || !Number.isInteger(perPage) || perPage < 1)
    return failure(400, 'Bad request', 'invalid page')
  const all = [...hosts.values()]
  if (query.get('order_key') === 'id' && !isInOrder(all)) all.sort(byId)
  const from = repeatsPages ? 0 : page * perPage
  const shown = all.slice(from, from + perPage).map((host) => {
    const { policies, device_mapping, disk_encryption_enabled, ...rest } = host
    return {
      ...rest,
      ...(query.get('populate_policies') === 'true' ? { policies } : {}),
      ...(query.get('device_mapping') === 'true' ? { device_mapping } : {}),
      ...(listsDisk ? { disk_encryption_enabled } : {}),
    }
  })
  return { status: 200, body: { hosts: shown } }
}
