import type { Grant } from '../../../src/domain/grant.ts'
import type { Lane } from '../../../src/slack/publish/outbox.ts'
import type { SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import { KnownShown } from '../../../src/mongo/known-shown.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { anEndedGrant, anOpenWindow, aSeries } from '../../support/lives.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { says, settled } from '../../support/publishing.ts'
import { seeded } from '../../support/seeded.ts'

/**
 * Grants of all kinds change at random while their messages wait for turns: in lanes that change too, several lines on one
 * card, a window and its series, notes that hang on a card, and others that take the turns. In the end each message says
 * what is so, and nothing was noted as shown before it was. `SEEDS` and `FROM` run others.
 */

useBeats()
afterEach(() => stopReplicas())

const lanes: readonly Lane[] = ['decision', 'active', 'ended', 'cleanUp', 'newCard']
const laneOf = (n: number): Lane => lanes[n % lanes.length] ?? 'active'
const isFiller = ({ id }: Grant): boolean => id.startsWith('filler')

/** What a grant's messages say passes and comes again: its reason is how often it was changed. */
const pictured: Of = (grant, rows, many) => {
  const times = Number(grant.reason)
  const card = rows.get(`card:${grant.requestId}`)
  const lines = many.map(({ id, reason }) => `${id}=${Number(reason) % 2}`).sort()
  const cardOf = {
    key: `card:${grant.requestId}`,
    lane: isFiller(grant) ? ('ended' as const) : laneOf(times),
    isWanted: true,
    isAnchor: true as const,
    to: { channel: 'C1' },
    draw: async () => says(`card ${grant.requestId}: ${lines.join()}`),
  }
  if (isFiller(grant)) return [cardOf]
  const note = {
    key: `note:${grant.id}`,
    lane: 'decision' as const,
    isWanted: times % 4 !== 1,
    to: { channel: 'C1', threadTs: card?.ts ?? '' },
    draw: async () => says(`note ${grant.id}: ${times % 2}`),
  }
  return [
    cardOf,
    {
      key: `dm:${grant.id}`,
      lane: laneOf(times + 3),
      isWanted: times % 2 === 0,
      to: { channel: 'U1' },
      draw: async () => says(`dm ${grant.id}: ${times % 2}`),
    },
    ...(card?.ts ? [note] : []),
  ]
}

function grantsOf(): Grant[] {
  const series = aSeries()
  const entitlement = (id: string) => ({ ...anActiveGrant().entitlement, id })
  const line = (i: number) =>
    anActiveGrant({ id: `l${i}`, requestId: 'l', line: i, lines: 2, entitlement: entitlement(`l${i}`) })
  const window = { ...anOpenWindow(series), id: 'w', requestId: 'w', window: { seriesId: 's', index: 0 } }
  const fillers = Array.from({ length: 5 }, (_, i) => ({
    ...anEndedGrant(),
    id: `filler-${i}`,
    requestId: `filler-${i}`,
    subject: { ...riley, id: `filler-${i}` },
  }))
  const one = anActiveGrant({ id: 'g1', requestId: 'g1', entitlement: entitlement('g1') })
  return [one, line(0), line(1), { ...series, id: 's', requestId: 's' }, window, ...fillers].map((grant) => ({
    ...grant,
    reason: '0',
    unshown: true,
  }))
}

interface Faults {
  readonly slack?: true
  readonly store?: true
}

/** What was not as it should be. */
async function aRun(seed: number, count: number, faults: Faults): Promise<string[]> {
  const random = seeded(seed)
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  const slow = (most: number) => settled(Math.floor(random() * most))
  let isFair = false
  const slack = aSlack(async (method) => {
    await slow(method === 'chat.update' ? 40 : 12)
    const dice = isFair || !faults.slack ? 1 : random()
    if (dice < 0.08) return new Response('', { status: 503 })
    if (dice < 0.11 && method === 'chat.update')
      return Response.json({ ok: false, error: 'message_not_found' })
    return dice < 0.13 ? Response.json({ ok: false, error: 'internal_error' }) : null
  })
  const step = async <T>(effect: () => T): Promise<T> => {
    await slow(4)
    const answer = effect()
    await Promise.all([answer, slow(4)])
    return answer
  }
  const perhaps = async <T>(effect: () => Promise<T>): Promise<T> => {
    const dice = isFair || !faults.store ? 1 : random()
    if (dice < 0.04) throw new Error('no primary')
    const answer = await effect()
    if (dice < 0.08) throw new Error('no answer')
    return answer
  }
  const noted = new NotedSurfaces()
  const clock = { ms: () => 0 }
  const surfaces = (): SurfaceStore => {
    const store = memorySurfaces(() => clock.ms(), noted)
    const known = new KnownShown()
    return {
      ...store,
      known: (id) => known.of(id),
      of: async (id) => known.learn(id, await perhaps(() => step(() => store.of(id)))),
      lease: async (of, forMs) => {
        const leased = await perhaps(() => step(() => store.lease(of, forMs)))
        known.learn(of.requestId, leased.shown)
        return leased
      },
      save: async (of, ...rest) =>
        known.whileSaving(of, rest[0], async () =>
          known.learn(of.requestId, await perhaps(() => step(() => store.save(of, ...rest)))),
        ),
    }
  }
  const { all, side, db } = replicas(count, slack, { of: pictured, surfaces, step, saveAgainMs: [1, 2, 3] })
  clock.ms = () => side.world.clock.monotonicMs()
  const wrong: string[] = []
  const look = async (grant: Grant, when: string): Promise<void> => {
    const many = [...db.grants.values()].filter(({ requestId }) => requestId === grant.requestId)
    const rows = noted.requests.get(grant.requestId)?.rows ?? []
    for (const { key, isWanted, draw } of pictured(grant, new Map(rows.map((row) => [row.key, row])), many)) {
      const ts = rows.find((row) => row.key === key)?.ts ?? null
      const says = ts === null ? null : (slack.messages.get(ts) ?? null)
      const { text } = await draw()
      if (ts === null ? isWanted : says !== text)
        wrong.push(`${when}: ${key} says ${says ?? 'nothing'} and not ${text}`)
    }
  }
  for (const { grants } of all) {
    const { get, shown, unshown, byRequest } = { ...grants }
    grants.get = (id) => perhaps(() => get(id))
    grants.unshown = (...of) => perhaps(() => unshown(...of))
    grants.byRequest = (id) => perhaps(() => byRequest(id))
    grants.shown = async (id, revision) => {
      const isNewest = await perhaps(() => shown(id, revision))
      const now = db.grants.get(id)
      const lines = [...db.grants.values()].filter(({ requestId }) => requestId === now?.requestId)
      // Another line that changed tells of it by itself; of what another replica wrote this one may not have heard.
      const isQuiet = lines.every((line) => line.id === id || !line.unshown)
      if (count === 1 && now && isNewest && now.revision === revision && isQuiet)
        await look(now, `noted ${id}`)
      return isNewest
    }
  }
  const grants = grantsOf()
  for (const grant of grants) await one(all).grants.insert(grant)
  const changes = 12 + Math.floor(random() * 20)
  for (let i = 0; i < changes; i++) {
    await slow(random() < 0.5 ? 8 : 60)
    const { id } = one(random() < 0.6 ? grants.filter((grant) => !isFiller(grant)) : grants)
    await one(all).grants.change(id, (grant) => becomes(String(Number(grant.reason) + 1))(grant))
    if (random() < 0.2) one(all).publisher.look(id)
    if (random() < 0.2) {
      side.passes(random() < 0.5 ? 600 : 1_000)
      beat()
    }
  }
  await slow(60)
  isFair = true
  const isShown = () => [...db.grants.values()].every(({ unshown }) => !unshown)
  for (let rounds = 0; rounds < 150 && (rounds < 5 || !isShown()); rounds++) {
    await settled(60)
    side.passes(1_000)
    beat()
  }
  if (!isShown()) wrong.push('never shown')
  await settled(400)
  for (const grant of db.grants.values()) await look(grant, 'in the end')
  const posted = slack.log.filter((line) => line.startsWith('chat.postMessage'))
  const kinds = posted.map((line) => /(card|dm|note) [\w-]+/.exec(line)?.[0])
  if (!faults.slack && !faults.store && new Set(kinds).size < kinds.length) wrong.push('posted twice')
  await stopReplicas()
  return wrong.map((what) => `seed ${seed}: ${what}`)
}

const seeds = Number(process.env['SEEDS'] ?? 20)
const from = Number(process.env['FROM'] ?? 1)
const kinds: readonly [string, number, Faults][] = [
  ['of one replica', 1, {}],
  ['though Slack fails', 1, { slack: true }],
  ['though the database fails', 1, { store: true }],
  ['of two replicas', 2, {}],
  ['of two replicas, though both fail', 2, { slack: true, store: true }],
]
test.each(kinds)(
  'all messages say what is so in the end, %s',
  async (_, count, faults) => {
    const wrong: string[] = []
    for (let seed = from; seed < from + seeds; seed++) wrong.push(...(await aRun(seed, count, faults)))
    expect(wrong).toEqual([])
  },
  120_000,
)
