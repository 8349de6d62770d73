import { jest } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Grant } from '../../../src/domain/grant.ts'
import type { GrantStore } from '../../../src/domain/ports/grants.ts'
import type { Surface, SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import type { Alert, Picture } from '../../../src/slack/publish/picture.ts'
import { Outbox } from '../../../src/slack/publish/outbox.ts'
import { markOf } from '../../../src/slack/publish/messages.ts'
import { mongoSurfaces } from '../../../src/mongo/surfaces.ts'
import { aPendingGrant, anActiveGrant } from '../../support/builders.ts'
import { aDatabase } from '../../support/database.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { says, settled, until } from '../../support/publishing.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'

useBeats()
afterEach(stopReplicas)

const cardAndDm: Of = (grant) => [
  {
    key: `card:${grant.id}`,
    lane: 'newCard',
    isWanted: true,
    to: { channel: 'C1' },
    isAnchor: true,
    draw: async () => says(`card ${grant.reason}`),
  },
  {
    key: `dm:${grant.id}`,
    lane: 'decision',
    isWanted: grant.reason === 'asked',
    to: { channel: 'U1' },
    draw: async () => says(`dm ${grant.reason}`),
  },
]

test.each([
  ['says the newest in the end, though another showed that meanwhile', 2, ['card answered', 'dm answered']],
  ['says the newest in the end, though another had nothing to send for that', 1, ['dm answered']],
])('a message that one replica is just posting %s', async (_what, from, expected) => {
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const slack = aSlack(async (method, args) => {
    if (args['text'] === 'dm asked') await gate
    return null
  })
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, { of: (grant) => cardAndDm(grant, new Map(), []).slice(2 - from) })
  if (!a || !b) throw new Error('two')
  await b.grants.insert(anActiveGrant({ reason: 'new' }))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  await b.grants.change('g1', becomes('asked'))
  await until(() => from === 1 || [...slack.messages.values()].includes('card asked'))
  await settled(100)
  // The other replica writes and shows what came next, while the DM is on its way to Slack.
  await a.grants.change('g1', becomes('answered'))
  for (let i = 0; i < 5; i++) {
    await settled(100)
    side.passes(1_000)
    beat()
  }
  await until(() => from === 1 || [...slack.messages.values()].includes('card answered'))
  letGo()
  for (let i = 0; i < 70; i++) {
    await settled(20)
    side.passes(1_000)
    beat()
  }
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  expect([...slack.messages.values()].sort()).toEqual(expected)
})

test('what one replica is just showing no other looks at for a second; what it leaves, another shows in the next', async () => {
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const slack = aSlack(async () => (await gate, null))
  let looks = 0
  const {
    all: [a],
    side,
  } = replicas(2, slack, {
    of: (grant) => {
      looks++
      return cardAndDm(grant, new Map(), []).slice(0, 1)
    },
  })
  if (!a) throw new Error('two')
  const second = async () => {
    side.passes(1_000)
    beat()
    await settled(100)
  }
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await settled(100)
  await second()
  expect(looks).toBe(1)
  await second()
  expect(looks).toBe(2)
  letGo()
})

/** One replica on a real MongoDB, which can be told to save no message that shows this. */
async function onMongo(
  story: (its: {
    grants: GrantStore
    slack: ReturnType<typeof aSlack>
    saves(no: string | null): Promise<unknown>
    /** What is noted of the one message. */
    noted(): Promise<Surface | undefined>
  }) => Promise<void>,
): Promise<void> {
  jest.useRealTimers()
  const { connection, drop } = await aDatabase()
  try {
    const slack = aSlack(async () => null)
    const {
      all: [a],
    } = replicas(1, slack, {
      of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1),
      surfaces: () => mongoSurfaces(connection),
    })
    if (!a) throw new Error('one')
    await connection.createCollection('shown')
    await story({
      grants: a.grants,
      slack,
      saves: async (no) =>
        connection.db?.command({
          collMod: 'shown',
          validator: no === null ? {} : { 'surfaces.shows': { $ne: markOf(says(no)) } },
        }),
      noted: async () => (await mongoSurfaces(connection).of('r1')).surfaces[0],
    })
  } finally {
    await stopReplicas()
    await drop()
  }
}

const isAllShown = (grants: GrantStore) => until(async () => (await grants.get('g1'))?.unshown === false)

test('what could not be saved is sent again: later the same is not taken for shown', async () => {
  await onMongo(async ({ grants, slack, saves, noted }) => {
    await grants.insert(aPendingGrant({ reason: 'asked' }))
    await isAllShown(grants)
    await saves('card answered')
    await grants.change('g1', becomes('answered'))
    await until(() => [...slack.messages.values()].includes('card answered'))
    await sleep(300)
    await saves(null)
    await isAllShown(grants)
    // Noted as shown: then what is noted is what stands there.
    const row = await noted()
    await grants.change('g1', becomes('asked'))
    await isAllShown(grants)
    await until(() => [...slack.messages.values()].includes('card asked'))
    expect({ standing: [...slack.messages.values()], noted: row?.shows }).toEqual({
      standing: ['card asked'],
      noted: markOf(says('card answered')),
    })
  })
}, 40_000)

test('a card whose first save failed is not posted again by the next change', async () => {
  await onMongo(async ({ grants, slack, saves, noted }) => {
    await saves('card asked')
    await grants.insert(aPendingGrant({ reason: 'asked' }))
    await until(() => slack.messages.size === 1)
    await sleep(300)
    await saves(null)
    await isAllShown(grants)
    expect({ noted: (await noted())?.ts ?? null }).toEqual({ noted: [...slack.messages.keys()].at(-1) })
  })
}, 40_000)

const cardAndNote: Of = (grant, rows) => {
  const card = rows.get(`card:${grant.id}`)
  const [first] = cardAndDm(grant, rows, [])
  if (!first) throw new Error('no card')
  const note: Picture = {
    key: `note:${grant.id}`,
    lane: 'decision',
    isWanted: grant.reason === 'asked',
    to: { channel: 'C1', threadTs: card?.ts ?? '' },
    draw: async () => says(`note ${grant.reason}`),
  }
  return card?.ts ? [first, note] : [first]
}

test('what another posted between reading and sending is noticed by what the own save tells', async () => {
  const gates = new Map<string, () => void>()
  const slack = aSlack(async (_method, args) => {
    if (['note asked', 'card answered'].includes(args['text'] ?? ''))
      await new Promise<void>((resolve) => gates.set(args['text'] ?? '', resolve))
    return null
  })
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, { of: cardAndNote })
  if (!a || !b) throw new Error('two')
  await b.grants.insert(anActiveGrant({ reason: 'asked' }))
  // One replica is posting the note, another changes the grant, and reads what stands there: no note yet.
  await until(() => gates.has('note asked'))
  await a.grants.change('g1', becomes('answered'))
  await until(() => gates.has('card answered'))
  gates.get('note asked')?.()
  await until(async () =>
    (await b.store.of('r1')).surfaces.some(({ key, ts }) => key === 'note:g1' && ts !== null),
  )
  await settled(100)
  // Its own save tells that another replica saved meanwhile.
  gates.get('card answered')?.()
  for (let i = 0; i < 70; i++) {
    await settled(20)
    side.passes(1_000)
    beat()
  }
  expect((await a.grants.get('g1'))?.unshown).toBe(false)
  expect([...slack.messages.values()].sort()).toEqual(['card answered', 'note answered'])
})

/** Lines of one request, each change of one is shown by a run of its own. */
test('lines called off together while their one message is just posted: it tells of it', async () => {
  const gates = new Map<string, () => void>()
  const slack = aSlack(async (_method, args) => {
    if (args['text'] === 'dm over+open') await new Promise<void>((resolve) => gates.set('dm', resolve))
    return null
  })
  const of: Of = (_grant, _rows, many) => {
    const words = many.map(({ reason }) => reason).join('+')
    const isWanted = many.some(({ reason }) => reason === 'open')
    return [
      {
        key: 'dm:r1',
        lane: 'decision',
        isWanted,
        to: { channel: 'U1' },
        draw: async () => says(`dm ${words}`),
      },
    ]
  }
  const {
    all: [a],
    side,
    db,
  } = replicas(1, slack, { of })
  if (!a) throw new Error('one')
  for (const line of [0, 1]) {
    const entitlement = { ...anActiveGrant().entitlement, id: `e${line}` }
    const one = anActiveGrant({
      id: `l${line}`,
      requestId: 'r1',
      line,
      lines: 2,
      reason: 'quiet',
      entitlement,
    })
    await a.grants.insert({ ...one, unshown: false })
  }
  db.grants.set('l1', { ...(db.grants.get('l1') as Grant), reason: 'open' })
  await a.grants.change('l0', becomes('over'))
  await until(() => gates.has('dm'))
  await a.grants.change('l1', becomes('over'))
  await settled(100)
  gates.get('dm')?.()
  for (let i = 0; i < 70; i++) {
    await settled(20)
    side.passes(1_000)
    beat()
  }
  expect((await a.grants.get('l1'))?.unshown).toBe(false)
  expect([...slack.messages.values()]).toEqual(['dm over+over'])
})

test('what was sent but could not be noted is not taken for what stood there before', async () => {
  let fails = false
  const noted = new NotedSurfaces()
  const slack = aSlack(async () => null)
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const {
    all: [a],
    side,
  } = replicas(1, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1),
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      return {
        ...store,
        save: (...asked) => (fails ? Promise.reject(new Error('no primary')) : store.save(...asked)),
      }
    },
  })
  if (!a) throw new Error('one')
  clock.ms = () => side.world.clock.monotonicMs()
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  fails = true
  await a.grants.change('g1', becomes('answered'))
  await until(() => [...slack.messages.values()].includes('card answered'))
  await settled(100)
  fails = false
  await a.grants.change('g1', becomes('asked'))
  for (let i = 0; i < 30; i++) {
    await settled(20)
    side.passes(1_000)
    beat()
  }
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  expect([...slack.messages.values()]).toEqual(['card asked'])
})

test('a pause that another replica was asked for is known within two seconds to one that had nothing to send', async () => {
  const noted = new NotedSurfaces()
  const [mine, theirs] = [
    memorySurfaces(() => performance.now(), noted),
    memorySurfaces(() => performance.now(), noted),
  ]
  const slack = aSlack(async () => null)
  const outbox = new Outbox({ client: slack.client, surfaces: mine, isPaced: false })
  await outbox.refreshPauses()
  await theirs.pause('chat.postMessage', 5_000)
  await sleep(2_100)
  // The publisher's tick, each second.
  await outbox.refreshPauses()
  void outbox.post('newCard', { channel: 'C1' }, async () => says('too soon'))
  await settled(100)
  expect(slack.log).toEqual([])
})

/** So many seconds go by, each with a beat of every replica. */
async function seconds(n: number, side: { passes(ms: number): void }): Promise<void> {
  for (let i = 0; i < n; i++) {
    await settled(20)
    side.passes(1_000)
    beat()
  }
}

/** Holds back each call with these words until it is let go. */
function held(words: string) {
  let letGo = (): void => undefined
  let reached = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const isReached = new Promise<void>((resolve) => (reached = resolve))
  const slack = aSlack(async (_method, args) => {
    if (args['text'] !== words) return null
    reached()
    await gate
    return null
  })
  return { slack, isReached, letGo: () => letGo() }
}

describe('what a replica was just posting, while another had nothing to send for the newest, says the newest in the end', () => {
  const dm: Of = (grant) => cardAndDm(grant, new Map(), []).slice(1)
  const passing: Of = (grant, rows, many) => [
    ...dm(grant, rows, many),
    {
      key: `late:${grant.id}`,
      lane: 'decision',
      isWanted: true,
      to: { channel: 'U2' },
      mayWaitUntil: grant.reason === 'asked' ? new Date(8640000000000000) : null,
      draw: async () => says(`late ${grant.reason}`),
    },
  ]
  test.each([
    ['though it is stopped meanwhile', dm, { isStopped: true }],
    ['though something else of it was to wait', passing, {}],
    ['though it could not know who else is to see it', dm, { isUnsure: true }],
  ])('%s', async (_how, of, { isStopped = false, isUnsure = false }: Partial<Record<string, boolean>>) => {
    const slack = aSlack(async () => null)
    let reached = (): void => undefined
    let letGo = (): void => undefined
    const isReached = new Promise<void>((resolve) => (reached = resolve))
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const noted = new NotedSurfaces()
    const clock: { ms: () => number } = { ms: () => performance.now() }
    let made = 0
    const {
      all: [a, b],
      side,
    } = replicas(2, slack, {
      of,
      isWhole: (replica) => !(isUnsure && replica === 1),
      surfaces: () => {
        const store = memorySurfaces(() => clock.ms(), noted)
        if (made++ === 0) return store
        const lease: SurfaceStore['lease'] = async (...asked) => {
          reached()
          await gate
          return store.lease(...asked)
        }
        return { ...store, lease }
      },
    })
    if (!a || !b) throw new Error('two')
    clock.ms = () => side.world.clock.monotonicMs()
    await b.grants.insert(anActiveGrant({ reason: 'asked' }))
    await isReached
    // It has looked, and has not taken the message yet.
    await a.grants.change('g1', becomes('answered'))
    await until(async () => (await a.grants.get('g1'))?.unshown === false)
    const stopped = isStopped ? b.publisher.stop() : Promise.resolve()
    letGo()
    await stopped
    await seconds(30, side)
    // Called off, or never posted.
    expect([...slack.messages.values()]).not.toContain('dm asked')
  })
})

test('lines of one request that two replicas change while their one message is just posted: it tells of both', async () => {
  const { slack, isReached, letGo } = held('dm over+open')
  const of: Of = (_grant, _rows, many) => [
    {
      key: 'dm:r1',
      lane: 'decision',
      isWanted: many.some(({ reason }) => reason === 'open'),
      to: { channel: 'U1' },
      draw: async () => says(`dm ${many.map(({ reason }) => reason).join('+')}`),
    },
  ]
  const {
    all: [a, b],
    side,
    db,
  } = replicas(2, slack, { of })
  if (!a || !b) throw new Error('two')
  for (const line of [0, 1]) {
    const entitlement = { ...anActiveGrant().entitlement, id: `e${line}` }
    const reason = line === 0 ? 'quiet' : 'open'
    const one = anActiveGrant({ id: `l${line}`, requestId: 'r1', line, lines: 2, reason, entitlement })
    db.grants.set(one.id, { ...one, unshown: false })
  }
  await a.grants.change('l0', becomes('over'))
  await isReached
  await b.grants.change('l1', becomes('over'))
  await seconds(3, side)
  letGo()
  await seconds(30, side)
  expect((await a.grants.get('l1'))?.unshown).toBe(false)
  expect([...slack.messages.values()]).toEqual(['dm over+over'])
})

test('an edit that Slack made though it answered 503 is not taken for what stood there before', async () => {
  const slack = aSlack(async (_method, args) => {
    if (args['text'] !== 'card answered') return null
    slack.messages.set(args['ts'] ?? '', 'card answered')
    return new Response('', { status: 503 })
  })
  const {
    all: [a],
    side,
  } = replicas(1, slack, { of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1) })
  if (!a) throw new Error('one')
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  await a.grants.change('g1', becomes('answered'))
  await until(() => slack.log.some((line) => line.includes('503')))
  await settled(100)
  await a.grants.change('g1', becomes('asked'))
  await seconds(10, side)
  expect((await a.grants.get('g1'))?.unshown).toBe(false)
  expect([...slack.messages.values()]).toEqual(['card asked'])
})

/** A store in memory of which this may fail to save. */
const failing =
  (fails: (key: string) => boolean, clock: { ms: () => number }, noted = new NotedSurfaces()) =>
  () => {
    const store = memorySurfaces(() => clock.ms(), noted)
    const save: SurfaceStore['save'] = (of, ...rest) =>
      fails(of.key) ? Promise.reject(new Error('no primary')) : store.save(of, ...rest)
    return { ...store, save }
  }

test('what was posted and could not be noted for many seconds is not posted twice', async () => {
  let fails = true
  const slack = aSlack(async () => null)
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const {
    all: [a],
    side,
  } = replicas(1, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1),
    surfaces: failing(() => fails, clock),
  })
  if (!a) throw new Error('one')
  clock.ms = () => side.world.clock.monotonicMs()
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await until(() => slack.messages.size === 1)
  await sleep(4_500)
  await until(() => side.warnings.includes('could not show a grant now'))
  fails = false
  await seconds(30, side)
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  expect([...slack.messages.values()]).toEqual(['card asked'])
}, 20_000)

const anAlert = async (store: SurfaceStore, name: string, words: string): Promise<Alert> => {
  const key = `alert:${name}`
  const { surfaces } = await store.of(key)
  return {
    key,
    requestId: key,
    lane: 'alert',
    isWanted: true,
    to: { channel: 'C1' },
    row: surfaces.find((row) => row.key === key),
    needsLook: false,
    draw: async () => says(words),
  }
}

test('an alert that cannot be drawn keeps no other from being shown', async () => {
  const slack = aSlack(async () => null)
  let isBroken = false
  replicas(1, slack, {
    of: () => [],
    alerts: async (store) => {
      const bad = await anAlert(store, 'bad', 'bad is late')
      const draw = async () => (isBroken ? Promise.reject(new Error('no words')) : bad.draw())
      return [{ ...bad, draw }, ...(isBroken ? [await anAlert(store, 'good', 'good is late')] : [])]
    },
  })
  beat(5_000)
  await until(() => slack.messages.size === 1)
  await sleep(50)
  isBroken = true
  beat(5_000)
  await sleep(50)
  expect([...slack.messages.values()]).toContain('good is late')
})

test('an alert that was sent and could not be noted is not taken for what stood there before', async () => {
  let fails = false
  let words = 'one is late'
  const slack = aSlack(async () => null)
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const { side } = replicas(1, slack, {
    of: () => [],
    surfaces: failing(() => fails, clock),
    alerts: async (store) => [await anAlert(store, 'one', words)],
  })
  clock.ms = () => side.world.clock.monotonicMs()
  beat(5_000)
  await until(() => slack.messages.size === 1)
  await sleep(50)
  fails = true
  words = 'two are late'
  beat(5_000)
  await until(() => [...slack.messages.values()].includes(words))
  await sleep(4_500)
  fails = false
  words = 'one is late'
  await seconds(40, side)
  expect([...slack.messages.values()]).toEqual(['one is late'])
}, 20_000)

test('what waits for an answer is looked at with the next beat where it could not be read in this one', async () => {
  let fails = true
  const slack = aSlack(async () => null)
  const {
    all: [a],
    side,
  } = replicas(1, slack, { of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1) })
  if (!a) throw new Error('one')
  const { pending } = a.grants
  a.grants.pending = async (limit) => {
    if (fails) throw new Error('no primary')
    return pending(limit)
  }
  await a.grants.insert({ ...aPendingGrant({ reason: 'asked' }), unshown: false })
  await seconds(1, side)
  await settled(100)
  fails = false
  await seconds(5, side)
  await settled(100)
  expect([...slack.messages.values()]).toEqual(['card asked'])
})

test('what did not come through and could not be noted is not posted once nobody needs it any more', async () => {
  let fails = true
  const slack = aSlack(async () => (fails ? new Response('', { status: 503 }) : null))
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const {
    all: [a],
    side,
  } = replicas(1, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(1),
    surfaces: failing(() => fails, clock),
  })
  if (!a) throw new Error('one')
  clock.ms = () => side.world.clock.monotonicMs()
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await until(() => slack.log.length > 0)
  await sleep(4_500)
  await until(() => side.warnings.includes('could not show a grant now'))
  fails = false
  await a.grants.change('g1', becomes('answered'))
  await seconds(30, side)
  expect((await a.grants.get('g1'))?.unshown).toBe(false)
  expect([...slack.messages.values()]).toEqual([])
}, 20_000)

test('what one is just posting when nobody needs it any more is called off by another, though the one dies before it does', async () => {
  const never = new Promise<never>(() => undefined)
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const seen = { posting: false, dying: false }
  const slack = aSlack(async (method, { text }) => {
    if (text === 'dm asked') {
      seen.posting = true
      await gate
    }
    if (method === 'chat.update' && text === 'dm answered' && !seen.dying) {
      seen.dying = true
      await never
    }
    return null
  })
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, { of: cardAndDm })
  if (!a || !b) throw new Error('two')
  await a.grants.insert(anActiveGrant({ reason: 'asked' }))
  await until(() => seen.posting)
  await b.grants.change('g1', becomes('answered'))
  await seconds(3, side)
  letGo()
  await until(() => seen.dying)
  await a.publisher.stop(0)
  await seconds(20, side)
  expect([...slack.messages.values()].sort()).toEqual(['card answered', 'dm answered'])
  expect((await b.grants.get('g1'))?.unshown).toBe(false)
})

test('a message that was posted anew is not forgotten by another that notes again that the old one was gone', async () => {
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  let isLost = false
  let made = 0
  const slack = aSlack(async () => null)
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1),
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      const isFirst = made++ === 0
      const save: SurfaceStore['save'] = async (...asked) => {
        const saved = await store.save(...asked)
        if (!isFirst || !isLost) return saved
        isLost = false
        throw new Error('no answer')
      }
      return { ...store, save }
    },
  })
  if (!a || !b) throw new Error('two')
  clock.ms = () => side.world.clock.monotonicMs()
  await b.grants.insert(anActiveGrant({ reason: 'new' }))
  await until(async () => (await b.grants.get('g1'))?.unshown === false)
  slack.messages.clear()
  isLost = true
  await a.grants.change('g1', becomes('asked'))
  await until(() => !isLost)
  await b.grants.change('g1', becomes('answered'))
  await until(() => slack.messages.size === 1)
  await sleep(400)
  await seconds(30, side)
  await sleep(400)
  await seconds(10, side)
  expect([...slack.messages.values()]).toEqual(['card answered'])
})

test('what one begins to post right after another had nothing to send for the newest is called off, though the one dies before it does', async () => {
  const never = new Promise<never>(() => undefined)
  let reached = (): void => undefined
  let letGo = (): void => undefined
  const isReached = new Promise<void>((resolve) => (reached = resolve))
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const seen = { dying: false }
  const slack = aSlack(async (method, { text }) => {
    if (method === 'chat.update' && text === 'dm answered' && !seen.dying) {
      seen.dying = true
      await never
    }
    return null
  })
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  let made = 0
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(1),
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      if (made++ === 0) return store
      const lease: SurfaceStore['lease'] = async (...asked) => {
        reached()
        await gate
        return store.lease(...asked)
      }
      return { ...store, lease }
    },
  })
  if (!a || !b) throw new Error('two')
  clock.ms = () => side.world.clock.monotonicMs()
  await b.grants.insert(anActiveGrant({ reason: 'asked' }))
  await isReached
  // It has looked, and has not taken the message yet.
  await a.grants.change('g1', becomes('answered'))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  letGo()
  await settled(500)
  await b.publisher.stop(0)
  await seconds(60, side)
  expect([...slack.messages.values()]).not.toContain('dm asked')
})

test('what one edited and could not note, as it died, is not taken for what stood there before', async () => {
  const never = new Promise<never>(() => undefined)
  const seen = { dying: false }
  const slack = aSlack(async () => null)
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  let made = 0
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, {
    of: (grant) => cardAndDm(grant, new Map(), []).slice(0, 1),
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      if (made++ > 0) return store
      const save: SurfaceStore['save'] = (...asked) => (seen.dying ? never : store.save(...asked))
      return { ...store, save }
    },
  })
  if (!a || !b) throw new Error('two')
  clock.ms = () => side.world.clock.monotonicMs()
  await a.grants.insert(anActiveGrant({ reason: 'quiet' }))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  seen.dying = true
  await a.grants.change('g1', becomes('asked for more'))
  await until(() => [...slack.messages.values()].includes('card asked for more'))
  await settled(100)
  await a.publisher.stop(0)
  await b.grants.change('g1', becomes('quiet'))
  await seconds(60, side)
  expect((await b.grants.get('g1'))?.unshown).toBe(false)
  expect([...slack.messages.values()]).toEqual(['card quiet'])
})

test('a card of which the drawing takes longer than another leaves it to one is not posted twice', async () => {
  const slack = aSlack(async () => null)
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  let drawn = 0
  const of: Of = (grant) => [
    {
      key: `card:${grant.id}`,
      lane: 'newCard',
      isWanted: true,
      to: { channel: 'C1' },
      draw: async () => {
        // Whoever is looked up in Slack for it takes long, once.
        if (++drawn === 1) await gate
        return says(`card ${grant.reason}`)
      },
    },
  ]
  const {
    all: [a],
    side,
  } = replicas(2, slack, { of })
  await a?.grants.insert(anActiveGrant({ reason: 'asked' }))
  await settled(100)
  for (let i = 0; i < 20; i++) {
    side.passes(1_000)
    beat()
    await settled(50)
  }
  letGo()
  for (let i = 0; i < 5; i++) {
    await settled(50)
    side.passes(1_000)
    beat()
  }
  expect([...slack.messages.values()]).toEqual(['card asked'])
})
