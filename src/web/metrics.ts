import { Hono } from 'hono'
import { isSameSecret } from '../same-secret.ts'
import { serveWeb, type Web } from './server.ts'

interface Shown {
  readonly contentType: string
  text(): Promise<string>
}

export const metricsPath = '/metrics'

/**
 * What scrapers are told, to whoever shows the token where there is one. To anybody else it is as if there were nothing
 * here: what comes after this room answers.
 */
export function metricsRoutes(shown: Shown, token: string | null): Hono {
  const app = new Hono()
  app.get('/', async (context, next) => {
    if (token !== null && !isSameSecret(bearerOf(context.req.header('authorization')), token)) return next()
    return context.body(await shown.text(), 200, {
      'content-type': shown.contentType,
      'cache-control': 'no-store',
    })
  })
  return app
}

const bearerOf = (header = ''): string => /^Bearer +(\S+)$/i.exec(header)?.[1] ?? ''

/** On a port of their own. */
export const serveMetrics = (
  shown: Shown,
  { host, port, token }: { host: string; port: number; token: string | null },
): Promise<Web> =>
  serveWeb({ host, port, slack: null, rooms: { [metricsPath]: metricsRoutes(shown, token) } })
