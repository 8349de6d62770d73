import { createHash } from 'node:crypto'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Published } from '../domain/connector.ts'
import type { Log } from '../domain/ports/log.ts'

export const publishedPath = '/published/'

interface Publisher {
  readonly connector: { readonly publishes?: Published }
  readonly timeoutMs: number
}

/**
 * `GET /published/<system>`: what that system publishes, as of now, whole; with an ETag, by which whoever has it already
 * is told so (304). 404 where there is no such system, or it publishes nothing; 503 while it cannot be read.
 */
export function publishing(systems: (id: string) => Publisher | null, log: Log): RequestListener {
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

  return (request, response) => {
    const id = idIn(request.url ?? '')
    const system = id === null ? null : systems(id)
    const publishes = system?.connector.publishes
    if (id === null || system === null || publishes === undefined) {
      say(response, 404, 'not found')
      return
    }
    read(id, publishes, system.timeoutMs).then(
      (bytes) => {
        const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
        const headers = { etag, 'cache-control': 'no-cache' }
        const known = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim())
        if (known.includes(etag)) response.writeHead(304, headers).end()
        else
          response
            .writeHead(200, {
              ...headers,
              'content-type': publishes.type,
              'content-length': bytes.length,
              'x-content-type-options': 'nosniff',
            })
            .end(bytes)
      },
      (error: unknown) => {
        log.warn('what a system publishes could not be read', { system: id, error })
        say(response, 503, 'it cannot be read now')
      },
    )
  }
}

/** Null: none is named. */
function idIn(url: string): string | null {
  const [path = ''] = url.split('?')
  try {
    return decodeURIComponent(path.slice(publishedPath.length)) || null
  } catch {
    return null
  }
}

function say(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ error }))
}
