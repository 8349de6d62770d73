import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { ReadBody, WrittenMapping } from '../../domain/devices/delivery.ts'
import { readOwnForm } from '../../domain/devices/own-form.ts'
import type { DeviceSource } from '../../domain/devices/rules.ts'
import { mappingsIn, webhookSettings, type WebhookSettings } from '../../domain/devices/webhook-settings.ts'
import type { DeliveryStore } from '../../domain/ports/deliveries.ts'
import { receiveDelivery } from '../../operations/devices/receive.ts'
import type { World } from '../../operations/world.ts'
import { limitedByAddress } from '../by-address.ts'
import type { FailureLimits } from '../confirm/failures.ts'
import { readBytes } from '../read-bytes.ts'
import { turns } from '../scim/turns.ts'
import type { ClientAddress } from '../trusted-proxies.ts'
import { jsonOf } from './json.ts'
import { senderOf } from './sender.ts'

/** Where devices' sources deliver. */
export const devicesPath = '/devices'

export const mostBytes = 1_000_000
const longestSourceId = 40
const perSource = { atOnce: 64, mostWaiting: 1_000, longestMs: 10_000 }
/** Senders are few, and machines: what fails is set up wrongly, or guesses. */
const usualLimits: FailureLimits = { failed: 200, withinMs: 5 * 60_000, atOnce: 200, addresses: 20_000 }
const retryAfter = { 'Retry-After': '5' }

export interface DevicesSide {
  readonly deliveries: DeliveryStore
  /** The reader of a vendor's JSON, by the mappings of the catalog. */
  readonly readerOf: (mappings: readonly WrittenMapping[]) => ReadBody
  /** `POST /devices/<source>/<secret>`, by whom cannot sign and is only listened to; false: the secret is not theirs. */
  readonly nudge: ((nudge: Nudge) => Promise<boolean>) | null
}

export interface Nudge {
  readonly source: DeviceSource
  readonly secret: string
  readonly body: unknown
}

type Edge = Context<{ Bindings: HttpBindings }>

/**
 * `POST /devices/<source>`: what a sender delivers to a source of kind `webhook`. Who sends is found out before anything of
 * the body is read; of what was wrong with a signature nothing is told.
 */
export function deviceRoutes(
  world: World,
  {
    deliveries,
    readerOf,
    nudge,
    clientOf,
    limits = usualLimits,
  }: DevicesSide & {
    /** Null: who sends requests is not known, and nobody is limited by it. */
    readonly clientOf: ClientAddress | null
    readonly limits?: FailureLimits
  },
): Hono {
  const take = turns(perSource)
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
  })
  if (clientOf !== null)
    app.use(
      limitedByAddress(clientOf, {
        wrong: [401, 404],
        limits,
        refuse: (context) => refused(context, 429, 'too many requests of this address were wrong'),
      }),
    )

  app.post('/:source', async (context) => {
    const source = sourceOf(world, context.req.param('source'), 'webhook')
    const settings = source === null ? null : settingsOf(source)
    if (source === null || settings === null) return unread(context, 404, 'there is no such source')
    const bytes = await bytesOf(context)
    if (bytes instanceof Response) return bytes
    const header = (name: string) => context.req.header(name)
    const sender = senderOf(settings, { header, body: bytes, now: world.clock.now() })
    if (sender === null) return refused(context, 401, 'not signed by who may send here')
    const body = jsonOf(bytes)
    if (body === undefined) return refused(context, 400, 'the body is no JSON that can be read')
    const mappings = sender.isMapped ? mappingsIn(settings) : []
    const told = mappings.length === 0 ? readOwnForm(body) : await readerOf(mappings)(body)
    if ('wrong' in told) return refused(context, 400, told.wrong)
    const leave = await take(source.id)
    if (leave === null) return refused(context, 503, 'too much is waiting', retryAfter)
    try {
      const belief = { isTrusted: sender.isTrusted, isOwnerProven: settings.owner === 'proven' }
      const received = await receiveDelivery(world, source, {
        id: sender.deliveryId,
        told,
        belief,
        deliveries,
      })
      if (received === 'under-way') return refused(context, 503, 'it is being taken in now', retryAfter)
      return context.json(received === 'done' ? { accepted: 0, refused: [] } : received)
    } finally {
      leave()
    }
  })

  app.post('/:source/:secret', async (context) => {
    const source = sourceOf(world, context.req.param('source'), 'fleet')
    if (source === null || nudge === null) return unread(context, 404, 'there is no such source')
    const bytes = await bytesOf(context)
    if (bytes instanceof Response) return bytes
    const body = jsonOf(bytes)
    if (body === undefined) return refused(context, 400, 'the body is no JSON that can be read')
    const isTheirs = await nudge({ source, secret: context.req.param('secret'), body })
    return isTheirs
      ? context.json({ accepted: 0, refused: [] })
      : refused(context, 401, 'not who may send here')
  })

  for (const path of ['/:source', '/:source/:secret'])
    app.all(path, (context) => unread(context, 405, 'only POST is answered here', { Allow: 'POST' }))

  app.onError((error, context) => {
    // Of the address nothing is logged: it may hold a secret.
    world.log.warn('a delivery of devices could not be taken in', {
      source: context.req.param('source'),
      error,
    })
    return refused(context, 503, 'it could not be taken in now: send it again', retryAfter)
  })
  return new Hono().route('/', app)
}

function sourceOf(world: World, id: string, kind: DeviceSource['kind']): DeviceSource | null {
  const source = id.length > longestSourceId ? undefined : world.catalog().devices.sources.get(id)
  return source?.kind === kind ? source : null
}

/** Null while a variable of the catalog is missing: nobody can be known then. */
function settingsOf({ settings }: DeviceSource): WebhookSettings | null {
  const parsed = webhookSettings.safeParse(settings)
  return parsed.success ? parsed.data : null
}

/** Bytes are signed as they were sent: nothing is unpacked. */
async function bytesOf(context: Edge): Promise<Buffer | Response> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^application\/(?:[a-z0-9.-]+\+)?json$/.test(type))
    return unread(context, 415, 'send application/json')
  const packed = context.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (packed !== 'identity') return unread(context, 415, 'send it as it is, not packed')
  return (
    (await readBytes(context.env.incoming, mostBytes)) ??
    unread(context, 413, `a body has at most ${mostBytes} bytes`)
  )
}

type Status = 400 | 401 | 404 | 405 | 413 | 415 | 429 | 503

const refused = (context: Context, status: Status, error: string, headers: Record<string, string> = {}) =>
  context.json({ error }, status, headers)

/** The rest of it is not read: whoever sends more on this connection would be cut off in the middle. */
const unread = (context: Context, status: Status, error: string, headers: Record<string, string> = {}) =>
  refused(context, status, error, { ...headers, Connection: 'close' })
