import { setTimeout as sleep } from 'node:timers/promises'
import { TakenSince, type Shown, type SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import { KnownShown } from '../../../src/mongo/known-shown.ts'
import { aPendingGrant, anActiveGrant } from '../../support/builders.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { says, settled } from '../../support/publishing.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { seeded } from '../../support/seeded.ts'

/** Replicas that change the same grants while Slack, the store or one of them fails, at random: in the end all is as the newest says. */

useBeats()
afterEach(stopReplicas)

const cycling: Of = (grant, rows) => {
  const n = Number(grant.reason)
  const card = rows.get(`card:${grant.id}`)
  const draw = (what: string) => async () => says(`${what} of ${grant.id}: ${n % 3}`)
  return [
    {
      key: `card:${grant.id}`,
      lane: 'newCard',
      isWanted: true,
      to: { channel: 'C1' },
      isAnchor: true,
      draw: draw('card'),
    },
    {
      key: `dm:${grant.id}`,
      lane: 'decision',
      isWanted: n % 2 === 0,
      to: { channel: 'U1' },
      draw: draw('dm'),
    },
    ...(card?.ts
      ? [
          {
            key: `note:${grant.id}`,
            lane: 'decision' as const,
            isWanted: n % 4 !== 1,
            to: { channel: 'C1', threadTs: card.ts },
            draw: draw('note'),
          },
        ]
      : []),
  ]
}

interface Trouble {
  readonly isStoreFailing?: boolean
  readonly isOneStopped?: boolean
  /** As if its process were killed: whatever it asks of the store from then on never comes back, done or not. */
  readonly isOneDead?: boolean
}

async function aRun(seed: number, count: number, faults: boolean, trouble: Trouble = {}) {
  const { isStoreFailing = false, isOneStopped = false, isOneDead = false } = trouble
  const random = seeded(seed)
  const slow = async (most: number) => settled(Math.floor(random() * most))
  let isFair = !faults
  const slack = aSlack(async (method) => {
    await slow(12)
    if (isFair) return null
    const dice = random()
    if (dice < 0.08) return new Response('', { status: 503 })
    if (dice < 0.12 && method === 'chat.update')
      return Response.json({ ok: false, error: 'message_not_found' })
    if (dice < 0.14) return Response.json({ ok: false, error: 'internal_error' })
    return null
  })
  const step = async <T>(effect: () => T): Promise<T> => {
    await slow(4)
    const answer = effect()
    await Promise.all([answer, slow(4)])
    return answer
  }
  let isStoreFair = !isStoreFailing
  const dies = { isDead: false }
  /** Fails before it was done, or after. */
  const perhaps = async <T>(effect: () => Promise<T>, replica: number): Promise<T> => {
    const isDead = () => dies.isDead && replica === 0
    const never = () => new Promise<never>(() => undefined)
    if (isDead()) return never()
    const dice = isStoreFair ? 1 : random()
    if (dice < 0.06) throw new Error('no primary')
    const answer = await effect()
    if (dice < 0.12) throw new Error('no answer')
    return isDead() ? never() : answer
  }
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const saveAgainMs = [1, 2, 3]
  /** How often each save failed that a replica makes again, after milliseconds that no turn makes pass. */
  const owed: Map<string, number>[] = []
  const surfaces = (): SurfaceStore => {
    const store = memorySurfaces(() => clock.ms(), noted)
    const known = new KnownShown()
    const failed = new Map<string, number>()
    const replica = owed.length
    owed.push(failed)
    const learn = (id: string, shown: Shown) => known.learn(id, shown)
    return {
      ...store,
      known: (id) => known.of(id),
      of: async (id) => learn(id, await perhaps(async () => step(() => store.of(id)), replica)),
      lease: async (of, forMs) => {
        const leased = await perhaps(async () => step(() => store.lease(of, forMs)), replica)
        learn(of.requestId, leased.shown)
        return leased
      },
      save: async (of, ...rest) => {
        try {
          const saved = await known.whileSaving(of, rest[0], async () =>
            learn(of.requestId, await perhaps(async () => step(() => store.save(of, ...rest)), replica)),
          )
          failed.delete(of.key)
          return saved
        } catch (error) {
          const times = (failed.get(of.key) ?? 0) + 1
          if (error instanceof TakenSince || times > saveAgainMs.length) failed.delete(of.key)
          else failed.set(of.key, times)
          throw error
        }
      },
    }
  }
  const { all: every, side } = replicas(count, slack, { of: cycling, surfaces, step, saveAgainMs })
  for (const [replica, { grants }] of every.entries()) {
    const { get, shown, unshown, byRequest } = { ...grants }
    grants.get = (id) => perhaps(() => get(id), replica)
    grants.shown = (id, revision) => perhaps(() => shown(id, revision), replica)
    grants.unshown = (...of) => perhaps(() => unshown(...of), replica)
    grants.byRequest = (id) => perhaps(() => byRequest(id), replica)
  }
  let all = every
  clock.ms = () => side.world.clock.monotonicMs()
  const pick = () => all[Math.floor(random() * all.length)] as (typeof all)[number]
  const ids = ['g1', 'g2']
  for (const id of ids)
    await pick().grants.insert(
      anActiveGrant({
        id,
        requestId: id,
        reason: '0',
        entitlement: { ...aPendingGrant().entitlement, id: `of ${id}` },
      }),
    )
  const changes = 4 + Math.floor(random() * 8)
  const stopsAt = isOneStopped ? 1 + Math.floor(random() * changes) : 0
  const diesAt = isOneDead ? 1 + Math.floor(random() * changes) : 0
  for (let i = 1; i <= changes; i++) {
    await slow(60)
    if (i === stopsAt) {
      void all[0]?.publisher.stop()
      all = all.slice(1)
    }
    if (i === diesAt) {
      // What it wrote last it is most likely just showing.
      const id = ids[Math.floor(random() * 2)] as string
      await all[0]?.grants.change(id, (grant) => becomes(String(Number(grant.reason) + 1))(grant))
      all = all.slice(1)
      const nth = Math.floor(random() * 60)
      void settled(nth).then(() => {
        dies.isDead = true
        owed[0]?.clear()
      })
    }
    const id = ids[Math.floor(random() * 2)] as string
    await pick().grants.change(id, (grant) => becomes(String(Number(grant.reason) + 1))(grant))
    if (random() < 0.3) {
      side.passes(1_000)
      beat()
    }
  }
  await slow(60)
  isFair = true
  isStoreFair = true
  const isDone = async () => {
    const found = await Promise.all(ids.map(async (id) => all[0]?.grants.get(id)))
    return found.every((grant) => grant?.unshown === false)
  }
  const isOwed = () => owed.some(({ size }) => size > 0)
  for (let i = 0; i < 150 && !(i > 5 && !isOwed() && (await isDone())); i++) {
    if (isOwed()) await sleep(1)
    await settled(60)
    side.passes(1_000)
    beat()
  }
  await settled(200)
  for (let i = 0; i < 3; i++) {
    await settled(60)
    side.passes(5_000)
    beat(5_000)
  }
  await settled(200)
  const wrong: string[] = []
  if (!(await isDone())) wrong.push('never shown')
  const store = memorySurfaces(() => clock.ms(), noted)
  for (const id of ids) {
    const grant = await all[0]?.grants.get(id)
    if (!grant) continue
    const posted = slack.log.filter((line) => line.startsWith('chat.postMessage'))
    for (const what of ['card', 'dm', 'note']) {
      const times = posted.filter((line) => line.includes(` ${what} of ${id}:`)).length
      if (times > 1 && count === 1 && !faults) wrong.push(`${what} of ${id} was posted ${times} times`)
    }
    const { surfaces: rows } = await store.of(id)
    for (const picture of cycling(grant, new Map(rows.map((row) => [row.key, row])), [grant])) {
      const row = rows.find(({ key }) => key === picture.key)
      const { text } = await picture.draw()
      if (!row?.ts) {
        if (picture.isWanted) wrong.push(`${picture.key} is missing`)
      } else if (slack.messages.get(row.ts) !== text)
        wrong.push(`${picture.key} says ${slack.messages.get(row.ts)} and not ${text}`)
    }
  }
  await stopReplicas()
  return wrong.length > 0 ? [`seed ${seed}: ${wrong.join('; ')}\n${slack.log.join('\n')}`] : []
}

test.each<[string, number, boolean, Trouble]>([
  ['one replica', 1, false, {}],
  ['one replica, Slack fails', 1, true, {}],
  ['two replicas', 2, false, {}],
  ['three replicas, Slack fails', 3, true, {}],
  ['one replica, the store fails', 1, false, { isStoreFailing: true }],
  ['three replicas, the store fails', 3, false, { isStoreFailing: true }],
  ['three replicas, Slack and the store fail', 3, true, { isStoreFailing: true }],
  ['three replicas, one is stopped', 3, false, { isOneStopped: true }],
  ['two replicas, one dies', 2, false, { isOneDead: true }],
])(
  'in the end Slack shows the newest: %s',
  async (_what, count, faults, trouble) => {
    const wrong: string[] = []
    // As many everywhere: by the clock a busy machine would try a few.
    for (let seed = 1; seed <= 150; seed++) wrong.push(...(await aRun(seed, count, faults, trouble)))
    expect(wrong.slice(0, 2).join('\n\n')).toBe('')
  },
  60_000,
)

test.each([
  [645, 2, false],
  [106, 3, true],
  [816, 3, true],
  [497, 3, true],
])(
  'again: seed %i',
  async (seed, count, faults) => {
    const wrong: string[] = []
    for (let i = 0; i < 12 && wrong.length === 0; i++) wrong.push(...(await aRun(seed, count, faults)))
    expect(wrong.join('\n\n')).toBe('')
  },
  60_000,
)
