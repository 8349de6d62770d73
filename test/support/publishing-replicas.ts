import { LogLevel, WebClient } from '@slack/web-api'
import type { Grant } from '../../src/domain/grant.ts'
import type { Surface, SurfaceStore } from '../../src/domain/ports/surfaces.ts'
import type { Alert, Picture } from '../../src/slack/publish/picture.ts'
import { Publisher } from '../../src/slack/publish/publisher.ts'
import { memoryGrants, MemoryDatabase } from './memory-stores.ts'
import { memorySurfaces, NotedSurfaces } from './memory-surfaces.ts'
import { aPicture, says } from './publishing.ts'
import { aSlackSide } from './slack-side.ts'

const running: Publisher[] = []

/** After each test that has some. */
export const stopReplicas = async (withinMs = 100): Promise<void> => {
  await Promise.all(running.splice(0).map((publisher) => publisher.stop(withinMs)))
}

export type Of = (grant: Grant, rows: ReadonlyMap<string, Surface>, many: readonly Grant[]) => Picture[]

/** What stands in Slack; each call first waits for `gate`, which may answer instead. */
export function aSlack(gate: (method: string, args: Record<string, string>) => Promise<Response | null>) {
  const messages = new Map<string, string>()
  let posted = 0
  const log: string[] = []
  const fetch = async (url: unknown, init?: { body?: unknown }): Promise<Response> => {
    const method = String(url).replace(/^.*\//, '')
    const args = Object.fromEntries(new URLSearchParams(String(init?.body)))
    const instead = await gate(method, args)
    log.push(
      [method, args['ts'], args['text'], instead && `refused: ${instead.status}`].filter(Boolean).join(' '),
    )
    if (instead) return instead
    const ts = args['ts'] ?? `${++posted}.0`
    if (method === 'chat.update' && !messages.has(ts))
      return Response.json({ ok: false, error: 'message_not_found' })
    messages.set(ts, args['text'] ?? '')
    return Response.json({ ok: true, channel: args['channel'] ?? '', ts })
  }
  const client = new WebClient('xoxb-test', {
    fetch: fetch,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logLevel: LogLevel.ERROR,
  })
  return { client, messages, log }
}

export function replicas(
  count: number,
  slack: { client: WebClient },
  {
    of,
    surfaces,
    step,
    saveAgainMs,
    isWhole = () => true,
    alerts = async () => [],
  }: {
    of: Of
    surfaces?: () => SurfaceStore
    step?: <T>(effect: () => T) => Promise<T>
    saveAgainMs?: readonly number[]
    isWhole?: (replica: number) => boolean
    alerts?: (store: SurfaceStore) => Promise<Alert[]>
  },
) {
  const side = aSlackSide()
  const db = new MemoryDatabase(() => side.world.clock.now())
  const noted = new NotedSurfaces()
  const one = async <T>(effect: () => T): Promise<T> => (await Promise.resolve(), effect())
  const all = Array.from({ length: count }, (_, i) => {
    const grants = memoryGrants(db, () => side.world.clock.now(), step ?? one)
    const store = surfaces ? surfaces() : memorySurfaces(() => side.world.clock.monotonicMs(), noted)
    const parts = {
      ...side.parts,
      surfaces: store,
      records: grants,
      world: { ...side.world, grants },
      clients: { interactive: slack.client, background: slack.client, messages: slack.client },
    }
    const publisher = new Publisher(parts, {
      pictures: {
        of: async (grant, many, rows) => ({ pictures: of(grant, rows, many), isWhole: isWhole(i) }),
        alerts: () => alerts(store),
      },
      isPaced: false,
      ...(saveAgainMs ? { saveAgainMs } : {}),
    })
    publisher.start()
    running.push(publisher)
    return { grants, publisher, store }
  })
  return { all, side, db }
}

export const becomes =
  (reason: string) =>
  (grant: Grant): Grant => ({ ...grant, reason, unshown: true })

/** Each of these stands in Slack and says something old. */
export async function standing(
  messages: Map<string, string>,
  store: SurfaceStore,
  keys: readonly string[],
): Promise<void> {
  for (const key of keys) {
    messages.set(key, 'old')
    const { leasedBy } = await store.lease({ key, requestId: 'r1' }, 1_000)
    await store.save({ key, requestId: 'r1' }, { channel: 'C1', ts: key, shows: 'old' }, leasedBy)
  }
}

/** A card, and a DM, that say why it was asked for. */
export const cardAndDm: Of = (grant) =>
  ['card', 'dm'].map((what) =>
    aPicture(grant, {
      key: `${what}:g1`,
      lane: 'active',
      to: { channel: 'C1' },
      draw: async () => says(`${what}: ${grant.reason}`),
    }),
  )
