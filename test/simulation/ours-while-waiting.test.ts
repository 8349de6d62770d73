import { termsOf } from '../../src/domain/grant.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { aScene, calm, heldThere } from './a-scene.ts'
import { admins, askers } from './catalog.ts'

test('what turns out to be ours while it waits for its end, two seconds ahead, is taken, and not said to be held before and left in place', async () => {
  const { time, db, system, one, until, ask, approve } = aScene()
  system.holdsAlready(heldThere)
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(6_000)
  const [grant] = [...db.grants.values()]
  const [hold] = [...db.holds.values()]
  if (grant?.status !== 'active' || !hold) throw new Error('not as it was meant')
  // Another process hears then that its token is gone, after it had given.
  time.at(grant.endsAt.getTime() - 2_000, () => {
    void one.world.holds.watch(hold, { gave: true, forMs: 20_000 })
  })
  await until(90_000)
  expect(db.grants.get(grant.id)).toMatchObject({ status: 'ended', left: 'gone' })
  expect(system.isHeld(heldThere)).toBe(false)
})

/** Of two replicas the first stops right before its first send for half a minute, and lives on. */
function aSceneAfterAStop() {
  const freeze = { chance: 1, fromMs: 30_000, toMs: 30_000, deadly: 0 }
  const scene = aScene({ first: { ...calm, freeze, untilMs: 10_000 } })
  const { time, db, one, other, ask, approve } = scene
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(2_200, () => {
    const [grant] = [...db.grants.values()]
    if (grant) void releaseGrant(other.world, { grantId: grant.id, by: askers[0] })
  })
  // It stops once more right after it has sent, before it hears that its token is gone.
  const hearsAfter = (ms: number): void => time.at(31_178, () => one.pause(ms))
  return { ...scene, hearsAfter }
}

test.each([2_000, 7_000, 8_000, 9_500])(
  'what was given by a process that had stopped for longer than a watch, and hears of it as the other prepares the end (%d ms after), is not said to be held before, and taken then',
  async (ms) => {
    const { db, system, other, until, ask, approve, hearsAfter } = aSceneAfterAStop()
    hearsAfter(ms)
    const set = system.held.set.bind(system.held)
    system.held.set = (key, value) => {
      system.held.set = set
      void ask(other.world, 'same').then(() => approve(other.world, 'same'))
      return set(key, value)
    }
    await until(120_000)
    expect([...db.grants.values()].map((grant) => 'left' in grant && grant.left)).toEqual(['gone', 'gone'])
    expect(system.isHeld(heldThere)).toBe(false)
  },
)

test.each([
  ['before it is prepared', 39_000],
  ['while it is prepared', 44_000],
  ['two seconds after it is shown', 48_500],
  ['eight seconds after it is shown', 55_000],
])(
  'what opens at a set time is held for all of its time, though a process that had stopped hears %s that its token is gone',
  async (_what, hearsAtMs) => {
    const { time, db, system, other, until, hearsAfter } = aSceneAfterAStop()
    hearsAfter(hearsAtMs - 31_178)
    // The system lets what it was given lapse by itself.
    system.habits.expires = true
    time.at(33_000, () => void plans())
    const missing: number[] = []
    for (let ms = 47_000; ms < 104_000; ms += 1_000)
      time.look(ms, () => {
        const isActive = [...db.grants.values()].some(({ status }) => status === 'active')
        if (isActive && !system.isHeld(heldThere)) missing.push(ms)
      })
    await until(90_000)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended', 'active'])
    await until(104_000)
    expect(missing).toEqual([])

    async function plans(): Promise<void> {
      const grant = await requestAccess(other.world, {
        requestId: 'planned',
        by: askers[0],
        resource: 'db',
        entitlement: 'same',
        durationMs: 60_000,
        reason: 'a good reason',
        startsAt: new Date(46_000),
        recurrence: null,
      })
      if (!('id' in grant)) throw new Error('refused')
      const terms = termsOf(grant)
      const yes = { verdict: 'approve', terms, durationMs: null, note: '' } as const
      await reviewGrant(other.world, { grantId: grant.id, by: admins[0], ...yes })
    }
  },
)

test('what turns out to be ours just as it is shown to be held before is held until its end', async () => {
  const { time, db, system, one, other, until, ask, approve } = aScene()
  system.habits.expires = true
  // What another process gave late lapses before the end of this one.
  system.held.set(heldThere, { untilMs: 9_000, sinceMs: 0 })
  let isWatched = false
  for (const { holds } of [one.world, other.world]) {
    const { write } = { ...holds }
    holds.write = async (key, token, change) => {
      if (!isWatched && change.keepMs === 0) {
        isWatched = true
        await holds.watch(key, { gave: true, forMs: 20_000 })
      }
      return write(key, token, change)
    }
  }
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(8_000)
  expect(isWatched).toBe(true)
  const [grant] = [...db.grants.values()]
  const endsAtMs = grant?.status === 'active' ? grant.endsAt.getTime() : Infinity
  expect(system.held.get(heldThere)?.untilMs).toBeGreaterThan(endsAtMs)
})
