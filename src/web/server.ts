import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { publishedPath } from './published.ts'

export interface Probes {
  /** Each must answer soon; false or throwing means not ready. */
  readonly [what: string]: () => Promise<boolean> | boolean
}

export interface Web {
  readonly port: number
  close(): Promise<void>
}

const probeWithinMs = 2_000
const slackPath = '/slack/events'
const pagePath = '/show/'
/** How long headers, and all of a request, may take to come: Slack itself gives up after 3 s. */
const patience: Limits = { headersMs: 9_500, requestMs: 14_500 }

interface Limits {
  readonly headersMs: number
  readonly requestMs: number
}

/**
 * `GET /livez`: this process runs. `GET /readyz`: every probe says yes, else 503 with the names of those that do not.
 * `GET /published/…` goes to what systems publish; `POST /slack/events` goes to Slack's listener in HTTP mode, which
 * throws for whatever else; what people open in a browser goes to `pages`; all else is 404.
 */
export async function serveWeb(options: {
  port: number
  probes: Probes
  slack: RequestListener | null
  published?: RequestListener
  pages: RequestListener | null
  limits?: Limits
}): Promise<Web> {
  const { port, probes, slack, published, pages, limits = patience } = options
  const timeouts = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    // Node cuts only when it looks round, each 30 s unless told.
    connectionsCheckingInterval: Math.min(500, limits.headersMs / 4),
  }
  const server = createServer(timeouts, (request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method === 'GET' && path === '/livez') answer(response, 200, { live: true })
    else if (request.method === 'GET' && path === '/readyz') void ready(response, probes)
    else if (published && request.method === 'GET' && path?.startsWith(publishedPath))
      published(request, response)
    else if (slack && request.method === 'POST' && path === slackPath) slack(request, response)
    else if (pages && path?.startsWith(pagePath)) pages(request, response)
    else answer(response, 404, { error: 'not found' })
  })
  await listening(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeIdleConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        setTimeout(() => server.closeAllConnections(), 1_000).unref()
      })
    },
  }
}

async function ready(response: ServerResponse, probes: Probes): Promise<void> {
  const entries = await Promise.all(
    Object.entries(probes).map(async ([what, probe]) => [what, await isYes(probe)] as const),
  )
  const isReady = entries.every(([, yes]) => yes)
  answer(response, isReady ? 200 : 503, { ready: isReady, ...Object.fromEntries(entries) })
}

async function isYes(probe: () => Promise<boolean> | boolean): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), probeWithinMs)
  })
  try {
    return await Promise.race([Promise.resolve(probe()), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => resolve())
  })
