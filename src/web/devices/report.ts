import { getConnInfo } from '@hono/node-server/conninfo'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { enrolDevice } from '../../operations/devices/enrol.ts'
import { hearOwnReport, removeItself, type Signed } from '../../operations/devices/own-reports.ts'
import type { World } from '../../operations/world.ts'
import { failuresByAddress, type FailureLimits } from '../confirm/failures.ts'
import type { ClientAddress } from '../trusted-proxies.ts'

const mostBytes = 16_384

const statuses = {
  'no-source': 404,
  malformed: 400,
  'not-signed': 401,
  unknown: 401,
  code: 403,
  counter: 409,
  removed: 410,
  clock: 422,
  refused: 422,
} as const satisfies Record<string, ContentfulStatusCode>
/** Such as strangers get who try. A device's own trouble (its clock, its counter) is none. */
const wrong: readonly number[] = [400, 401, 403, 413]

/**
 * What `curfew-report` talks to: `POST /enrol` with a one-time code, `POST /report`, `POST /remove`. Each is signed over
 * its bytes, in the header `curfew-signature`. Who is not known learns nothing but that they are not.
 */
export function reportRoutes(
  world: World,
  { clientOf, limits }: { readonly clientOf: ClientAddress | null; readonly limits?: FailureLimits },
): Hono {
  const app = new Hono()
  const small = bodyLimit({
    maxSize: mostBytes,
    onError: (context) => {
      // Of a body that is too large the rest is not waited for.
      context.header('connection', 'close')
      return context.json({ error: 'too-large' }, 413)
    },
  })
  const bounded = clientOf === null ? null : boundedByAddress(clientOf, limits)
  // By path each: others have their own routes beside these.
  for (const path of ['/enrol', '/report', '/remove']) {
    if (bounded !== null) app.use(path, bounded)
    app.use(path, small)
  }
  app.post('/enrol', async (context) => {
    const enrolled = await enrolDevice(world, await signedOf(context))
    if (enrolled.is === 'refused') return refused(context, enrolled)
    const { device, owner, at } = enrolled
    return context.json({ device, owner, at }, 201)
  })
  app.post('/report', async (context) => {
    const heard = await hearOwnReport(world, await signedOf(context))
    if (heard.is === 'refused') return refused(context, heard)
    return context.json({ at: heard.at, behindMs: heard.behindMs })
  })
  app.post('/remove', async (context) => {
    const removed = await removeItself(world, await signedOf(context))
    return removed.is === 'refused' ? refused(context, removed) : context.json({ removed: true })
  })
  app.onError((error, context) => {
    world.log.error('a report of a device failed', { error })
    context.header('retry-after', '30')
    return context.json({ error: 'not-now' }, 503)
  })
  return new Hono().route('/', app)
}

async function signedOf({ req }: Context): Promise<Signed> {
  const sent = new Uint8Array(await req.arrayBuffer())
  return { sent, json: jsonOf(sent), signature: req.header('curfew-signature') ?? '' }
}

/** Undefined, as nothing reads, where it is none. */
function jsonOf(sent: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(sent))
  } catch {
    return undefined
  }
}

function refused(
  context: Context,
  {
    is: _,
    why,
    ...more
  }: { is: 'refused'; why: keyof typeof statuses; at?: Date; last?: number; words?: string },
): Response {
  // One that was not signed by a key, and one by a key that is not known, are the same to a stranger.
  const error = why === 'not-signed' ? 'unknown' : why
  return context.json({ error, ...more }, statuses[why])
}

/** Whoever fails too often from one address waits: a company behind one address is many devices that do not fail. */
function boundedByAddress(clientOf: ClientAddress, limits?: FailureLimits): MiddlewareHandler {
  const begin = failuresByAddress(limits)
  return async (context, next) => {
    const { address = '' } = getConnInfo(context).remote
    const begun = begin(clientOf(address, context.req.header('x-forwarded-for') ?? ''))
    if ('retryMs' in begun) {
      context.header('retry-after', String(Math.ceil(begun.retryMs / 1_000)))
      return context.json({ error: 'too-many' }, 429)
    }
    try {
      await next()
    } finally {
      begun(wrong.includes(context.res.status))
    }
    return undefined
  }
}
