import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { untraced, type Trace } from '../domain/ports/trace.ts'
import { traced } from './traced.ts'

export interface Web {
  readonly port: number
  close(): Promise<void>
}

export const slackPath = '/slack/events'
/** How long headers, and all of a request, may take to come: Slack itself gives up after 3 s. */
const patience: Limits = { headersMs: 9_500, requestMs: 14_500 }

interface Limits {
  readonly headersMs: number
  readonly requestMs: number
}

/**
 * Serves these rooms, each below its path; all else is 404. `POST /slack/events` goes to Slack's listener in HTTP mode as
 * it comes: what is signed is the body as it was sent.
 */
export async function serveWeb({
  host,
  port,
  slack,
  rooms,
  limits = patience,
  trace = untraced,
}: {
  /** On which address it is served; not given: on all of this machine. */
  host?: string
  port: number
  slack: RequestListener | null
  rooms: Readonly<Record<string, Hono>>
  limits?: Limits
  /** Each request is a step of it, but for those of Slack: what they bring is one. */
  trace?: Trace
}): Promise<Web> {
  // `/Users/` is `/Users`, as some directories write it.
  const app = new Hono({ strict: false })
  if (trace !== untraced) app.use(traced(trace))
  for (const [path, room] of Object.entries(rooms)) app.route(path, room)
  app.use((context, next) => {
    context.header('cache-control', 'no-store')
    return next()
  })
  app.notFound((context) => context.json({ error: 'not found' }, 404))
  const others = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const timeouts = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    // Node cuts only when it looks round, each 30 s unless told.
    connectionsCheckingInterval: Math.min(500, limits.headersMs / 4),
  }
  const server = createServer(timeouts, (request, response) => {
    const isSlack = request.method === 'POST' && request.url?.split('?')[0] === slackPath
    if (slack && isSlack) slack(request, response)
    else void others(request, response)
  })
  await listening(server, { port, ...(host === undefined ? {} : { host }) })
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

const listening = (server: Server, at: { port: number; host?: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => resolve())
  })
