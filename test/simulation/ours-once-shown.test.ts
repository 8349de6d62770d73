import type { Catalog } from '../../src/domain/catalog.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers, catalog } from './catalog.ts'

const asksFor = async (durationMs: number, { one, approve }: ReturnType<typeof aScene>): Promise<void> => {
  await requestAccess(one.world, {
    requestId: 'one',
    by: askers[0],
    resource: 'db',
    entitlement: 'one',
    durationMs,
    reason: 'a good reason',
    startsAt: null,
    recurrence: null,
  })
  await approve(one.world, 'one')
}

/** Whoever is in a group may have it. */
const byGroup: Catalog = (() => {
  const db = catalog.resources.get('db')
  const one = db?.entitlements.get('one')
  if (!db || !one) throw new Error('the catalog has no such entitlement')
  const who: typeof one.who = {
    ...one.who,
    source: '"@dev" in groups',
    groups: ['@dev'],
    evaluate: ({ groups }) => (groups === 'unknown' ? 'unknown' : 'yes'),
  }
  const entitlements = new Map([...db.entitlements, ['one', { ...one, who }] as const])
  return { ...catalog, resources: new Map([['db', { ...db, entitlements }]]) }
})()

/** It was given late by another process, whose end the system knows: it lapses at 40 s; what is asked for runs for a minute. */
function lapsing(current?: () => Catalog) {
  const scene = aScene(current === undefined ? {} : { current })
  const { time, db, system } = scene
  system.habits.expires = true
  system.held.set(heldThere, { untilMs: 40_000, sinceMs: 0 })
  time.at(1_100, () => void asksFor(60_000, scene))
  const missing: number[] = []
  for (let ms = 3_000; ms < 80_000; ms += 500)
    time.look(ms, () => {
      const isActive = [...db.grants.values()].some(({ status }) => status === 'active')
      if (isActive && !system.isHeld(heldThere)) missing.push(ms)
    })
  return { ...scene, missing }
}

/** A system that makes a secret of what is held. */
const makingSecrets = () =>
  aScene({
    connects: (connector) => ({
      ...connector,
      handOver: {
        what: 'password',
        isFor: () => true,
        brings: null,
        make: async () => [{ label: 'Password', text: 'secret' }],
      },
    }),
  })

/** It was shown to be held before, and runs. */
async function heldBefore() {
  const scene = aScene()
  const { time, db, system, one, until, ask, approve } = scene
  system.holdsAlready(heldThere)
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(4_000)
  const [grant] = [...db.grants.values()]
  const [hold] = [...db.holds.values()]
  if (grant?.status !== 'active' || !hold) throw new Error('not as it was meant')
  return { ...scene, grant, hold }
}

test.each(['(control) lives', 'dies', 'cannot reach the database'])(
  'what turns out to be ours just as it is shown to be held before is held until its end, though its process %s right after it released the hold',
  async (how) => {
    const { db, one, other, until, missing } = lapsing()
    let isWatched = false
    for (const replica of [one, other]) {
      const { holds, grants } = replica.world
      const { write } = { ...holds }
      const { change } = { ...grants }
      let fails = false
      holds.write = async (key, token, asked) => {
        if (isWatched || asked.keepMs !== 0) return write(key, token, asked)
        isWatched = true
        await holds.watch(key, { gave: true, forMs: 20_000 })
        const written = await write(key, token, asked)
        if (how === 'dies') {
          replica.die()
          return replica.never()
        }
        fails = how === 'cannot reach the database'
        return written
      }
      grants.change = async (...asked) => {
        if (!fails) return change(...asked)
        fails = false
        throw new Error('the database went away')
      }
    }
    await until(80_000)
    expect(isWatched).toBe(true)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect(missing).toEqual([])
  },
)

test.each([0, 5, 1_000, 8_000])(
  'what turns out to be ours %d ms after it was shown to be held before is held until its end',
  async (afterMs) => {
    const { time, db, one, other, until, missing } = lapsing()
    let isWatched = false
    for (const { holds } of [one.world, other.world]) {
      const { write } = { ...holds }
      holds.write = async (key, token, change) => {
        const written = await write(key, token, change)
        if (!isWatched && change.keepMs === 0) {
          isWatched = true
          if (afterMs > 0)
            time.at(time.nowMs + afterMs, () => void holds.watch(key, { gave: true, forMs: 20_000 }))
          else await holds.watch(key, { gave: true, forMs: 20_000 })
        }
        return written
      }
    }
    await until(80_000)
    expect(isWatched).toBe(true)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect(missing).toEqual([])
  },
)

test.each(['once its hold is leased', 'as its claim is removed'])(
  'what is returned and turns out to be ours, %s, is taken, and not said to be held before and left in place',
  async (when) => {
    const { time, db, system, one, other, until, grant, hold } = await heldBefore()
    let isWatched = false
    const watches = async () => {
      if (isWatched) return
      isWatched = true
      await one.world.holds.watch(hold, { gave: true, forMs: 20_000 })
    }
    for (const { holds } of [one.world, other.world]) {
      const { write, lease } = { ...holds }
      if (when === 'once its hold is leased')
        holds.lease = async (...asked) => {
          const leased = await lease(...asked)
          await watches()
          return leased
        }
      else
        holds.write = async (key, token, change) => {
          if (change.unclaim) await watches()
          return write(key, token, change)
        }
    }
    time.at(5_000, () => void releaseGrant(one.world, { grantId: grant.id, by: askers[0] }))
    await until(60_000)
    expect(isWatched).toBe(true)
    expect(system.isHeld(heldThere)).toBe(false)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'ended', left: 'gone' })
  },
)

test.each(['just as it is shown', 'while it waits for its turn (control)'])(
  'what turns out to be ours %s has a secret that its holder may be shown, who never saw one',
  async (when) => {
    const scene = makingSecrets()
    const { time, db, system, one, other, until, ask, approve } = scene
    system.held.set(heldThere, { untilMs: 900_000, sinceMs: 0 })
    let isWatched = false
    for (const { holds } of [one.world, other.world]) {
      const { write } = { ...holds }
      holds.write = async (key, token, change) => {
        const isNow = when === 'just as it is shown' ? change.keepMs === 0 : change.claim !== undefined
        if (!isWatched && isNow) {
          isWatched = true
          await holds.watch(key, { gave: true, forMs: 20_000 })
        }
        return write(key, token, change)
      }
    }
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    await until(5_000)
    expect(isWatched).toBe(true)
    const [grant] = [...db.grants.values()]
    if (grant?.status !== 'active') throw new Error('not as it was meant')
    expect(grant.secret).toMatchObject({ what: 'password' })
  },
)

// Another process has it watched in whatever millisecond; later than its claim is gone is as good as any time after.
test('what is returned, and turns out to be ours before its claim is gone, is not said to be held before', async () => {
  const wrong: string[] = []
  for (let ms = 0; ms < 60; ms++) {
    const { time, db, system, one, other, until, grant, hold } = await heldBefore()
    const set = db.holds.set.bind(db.holds)
    db.holds.set = (id, next) => {
      const before = db.holds.get(id)
      const isRemoved = before && grant.id in before.claims && !(grant.id in next.claims)
      if (isRemoved && before.watch?.gave && next.lastLeft?.left === 'kept-before')
        wrong.push(`${ms} ms after it was returned`)
      return set(id, next)
    }
    time.at(5_000, () => void releaseGrant(one.world, { grantId: grant.id, by: askers[0] }))
    time.at(5_000 + ms, () => void other.world.holds.watch(hold, { gave: true, forMs: 20_000 }))
    await until(60_000)
    if (system.isHeld(heldThere)) wrong.push(`${ms} ms after it was returned: it is held still`)
  }
  expect(wrong).toEqual([])
})

test.each(['anybody', 'groups'])(
  'what turns out to be ours while Slack says nothing of %s is held until its end',
  async (what) => {
    const { time, db, one, other, until, missing } = lapsing(() => byGroup)
    let isSilent = false
    time.at(2_900, () => (isSilent = true))
    for (const { world } of [one, other]) {
      const { facts } = { ...world.directory }
      world.directory.facts = async (person) => {
        const found = await facts(person)
        if (!isSilent || found === 'unknown') return found
        return what === 'groups' ? { ...found, groups: 'unknown' } : 'unknown'
      }
    }
    await until(2_800)
    const [hold] = [...db.holds.values()]
    if (!hold) throw new Error('not as it was meant')
    time.at(3_000, () => void other.world.holds.watch(hold, { gave: true, forMs: 20_000 }))
    await until(80_000)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect(missing).toEqual([])
  },
)

test('what turns out to be ours while an extension of it waits for Slack has a secret, and its history says so', async () => {
  const scene = makingSecrets()
  const { time, db, system, one, other, until } = scene
  system.held.set(heldThere, { untilMs: 900_000, sinceMs: 0 })
  time.at(1_100, () => void asksFor(40_000, scene))
  let isSilent = false
  for (const { world } of [one, other]) {
    const { facts } = { ...world.directory }
    world.directory.facts = async (person) => (isSilent ? 'unknown' : facts(person))
  }
  const set = db.grants.set.bind(db.grants)
  db.grants.set = (id, next) => {
    // It falls silent right as more time was given.
    if (next.status === 'active' && next.owed !== null && time.nowMs < 12_000) isSilent = true
    return set(id, next)
  }
  await until(11_000)
  const [grant] = [...db.grants.values()]
  const [hold] = [...db.holds.values()]
  if (grant?.status !== 'active' || !hold) throw new Error('not as it was meant')
  void extendGrant(one.world, { grantId: grant.id, by: askers[0], seenEndsAt: grant.endsAt })
  time.at(11_600, () => void other.world.holds.watch(hold, { gave: true, forMs: 20_000 }))
  await until(12_000)
  expect(isSilent).toBe(true)
  await until(36_000)
  isSilent = false
  await until(45_500)
  const now = db.grants.get(grant.id)
  expect(now).toMatchObject({ status: 'active', heldBefore: false, secret: { what: 'password' } })
  expect(now?.history.map(({ type }) => type)).toContain('ours')
})
