import { Hono } from 'hono'
import { createHash } from 'node:crypto'
import type { Published } from '../domain/connector.ts'
import type { Log } from '../domain/ports/log.ts'

interface Publisher {
  readonly connector: { readonly publishes?: Published }
  readonly timeoutMs: number
}

/**
 * `GET /published/<system>`: what that system publishes, as of now, whole; with an ETag, by which whoever has it already
 * is told so (304). 404 where there is no such system, or it publishes nothing; 503 while it cannot be read.
 */
export function publishedRoutes(systems: (id: string) => Publisher | null, log: Log): Hono {
  const reads = new Map<string, { last: Promise<Uint8Array>; next: Promise<Uint8Array> | null }>()

  /** However many ask at once, it is read once more for all of them: none gets what was read before they asked. */
  function read(id: string, publishes: Published, timeoutMs: number): Promise<Uint8Array> {
    const known = reads.get(id)
    if (known?.next) return known.next
    const next: Promise<Uint8Array> = Promise.resolve(known?.last.catch(() => undefined)).then(() => {
      reads.set(id, { last: next, next: null })
      return publishes.read(AbortSignal.timeout(timeoutMs))
    })
    reads.set(id, { last: next, next })
    return next
  }

  const app = new Hono()
  app.get('/:system', async (context) => {
    const id = context.req.param('system')
    const system = systems(id)
    const publishes = system?.connector.publishes
    if (system === null || publishes === undefined) return context.notFound()
    let bytes: Uint8Array
    try {
      bytes = await read(id, publishes, system.timeoutMs)
    } catch (error) {
      log.warn('what a system publishes could not be read', { system: id, error })
      context.header('cache-control', 'no-store')
      return context.json({ error: 'it cannot be read now' }, 503)
    }
    const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
    const headers = { etag, 'cache-control': 'no-cache' }
    const known = (context.req.header('if-none-match') ?? '').split(',').map((one) => one.trim())
    if (known.includes(etag)) return context.body(null, 304, headers)
    return context.body(Uint8Array.from(bytes), 200, {
      ...headers,
      'content-type': publishes.type,
      'content-length': String(bytes.length),
      'x-content-type-options': 'nosniff',
    })
  })
  return app
}
