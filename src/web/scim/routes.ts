import { Hono, type Context } from 'hono'
import type { Log } from '../../domain/ports/log.ts'
import { ScimStoreAway, type ScimStore, type ScimTokens } from '../../domain/ports/scim.ts'
import { ScimError } from '../../domain/scim/scim-error.ts'
import { elapsedMs } from '../../elapsed.ts'
import { failure } from './answers.ts'
import { discovery } from './discovery.ts'
import type { Edge, Named } from './edge.ts'
import { groupRoutes } from './groups.ts'
import { scimPath } from './path.ts'
import { turns } from './turns.ts'
import { userRoutes } from './users.ts'

const retryAfter = { headers: { 'Retry-After': '5' } }
/** Providers send 25 a second at most, and some dozens at once. */
const providers = { atOnce: 24, mostWaiting: 1_000, longestMs: 10_000 }

/** What it works on. */
export interface ScimSide {
  readonly store: ScimStore
  readonly tokens: ScimTokens
  readonly changed: Edge['changed']
}

/**
 * The SCIM 2.0 server (RFC 7643, 7644): two kinds of resources, of several sources that know nothing of each other.
 * Who asks is found out before anything else of a request is looked at.
 */
export function scimRoutes(
  options: ScimSide & {
    readonly publicUrl: string
    readonly log: Log
    readonly limits?: Parameters<typeof turns>[0]
  },
): Hono {
  const { store, tokens, publicUrl, log, changed, limits = providers } = options
  const base = `${publicUrl}${scimPath}`
  const edge = { store, base, changed }
  const take = turns(limits)
  let awayAtMs = -Infinity
  const app = new Hono<Named>()

  app.use(async (context, next) => {
    const source = await sourceOf(context, tokens)
    if (source === null)
      return failure(context, 401, 'A bearer token is needed, and this is none.', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      })
    context.set('source', source)
    const leave = await take(source)
    if (leave === null) {
      // They wait because nothing is done: a 429 may be held against us for a day.
      if (elapsedMs() - awayAtMs < limits.longestMs) return away(context)
      return failure(context, 429, 'Too many requests are waiting.', retryAfter)
    }
    try {
      await next()
      if (context.error instanceof ScimStoreAway) awayAtMs = elapsedMs()
    } finally {
      leave()
    }
    return undefined
  })
  for (const path of ['/Bulk', '/Me', '/Me/*', '/.search', '/Users/.search', '/Groups/.search'])
    app.all(path, (context) => failure(context, 501, 'This is not supported.'))
  app.route('/', discovery(base))
  app.route('/Users', userRoutes(edge))
  app.route('/Groups', groupRoutes(edge))
  app.all('*', (context) => failure(context, 404, 'There is nothing here.'))
  app.onError((error, context) => asFailure(error, context, log))
  return new Hono().route('/', app)
}

const away = (context: Context) =>
  failure(context, 503, 'The database does not answer. Try again.', retryAfter)

async function sourceOf(context: Context, tokens: ScimTokens): Promise<string | null> {
  const [, token] = /^Bearer +(\S{1,200})$/i.exec(context.req.header('authorization') ?? '') ?? []
  return token === undefined ? null : tokens.sourceOf(token)
}

function asFailure(error: unknown, context: Context<Named>, log: Log) {
  const about = { source: context.get('source'), method: context.req.method }
  if (error instanceof ScimError) {
    const { status, scimType, message } = error
    log.info('a SCIM request was refused', { ...about, status, scimType, detail: message })
    // Of a body that is too large the rest is not waited for.
    return failure(context, status, message, {
      scimType,
      headers: status === 413 ? { Connection: 'close' } : {},
    })
  }
  if (error instanceof ScimStoreAway) {
    log.warn('a SCIM request waits for MongoDB', { ...about, error })
    return away(context)
  }
  log.error('a SCIM request failed', { ...about, error })
  return failure(context, 500, 'Something went wrong here. Try again.')
}
