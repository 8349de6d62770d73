import { settle } from '../../src/operations/by-itself/settle.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { heldThere } from './a-scene.ts'
import { admins, askers } from './catalog.ts'
import { beforeTold, onMoreTime, shownAsHeldBefore } from './shown-as-held-before.ts'

test.each([
  ['(control) Slack is silent', 0],
  ['Slack is silent', 12_000],
  ['the system gives nothing', 12_000],
])(
  'what turns out to be ours while %s, and whoever notes its new end stops for %d ms, is held until its end',
  async (what, stopMs) => {
    let stoppedAtMs = 0
    const isTrouble = () => stoppedAtMs > 0 && time.nowMs > stoppedAtMs && time.nowMs < stoppedAtMs + 14_000
    const trouble = what.startsWith('the system') ? { refuses: isTrouble } : { isSilent: isTrouble }
    const scene = await shownAsHeldBefore({ lapsesMs: 60_000, durationMs: 20_000, trouble })
    const { time, db, until, missing, extend, turnsOutOurs } = scene
    beforeTold(scene, async (replica) => {
      stoppedAtMs = time.nowMs
      time.at(time.nowMs + 100, () => void turnsOutOurs())
      if (stopMs > 0) replica.pause(stopMs)
      await replica.wait(0)
    })
    void extend()
    await until(90_000)
    expect(stoppedAtMs).toBeGreaterThan(0)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect(missing).toEqual([])
  },
)

test.each(['(control) was never extended', 'was extended before'])(
  'what %s is held until its end, as it turns out to be ours while Slack is silent',
  async (what) => {
    let isSilent = false
    const isExtended = what === 'was extended before'
    const scene = await shownAsHeldBefore({
      lapsesMs: 50_000,
      durationMs: isExtended ? 20_000 : 60_000,
      trouble: { isSilent: () => isSilent },
    })
    const { db, until, missing, grant, extend, turnsOutOurs } = scene
    if (isExtended) void extend()
    await until(12_000)
    // By Slack's word, which was there.
    const outcomes = isExtended ? [{ outcome: 'added' }] : []
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', owed: null, extensions: outcomes })
    isSilent = true
    void turnsOutOurs()
    await until(90_000)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect(missing).toEqual([])
  },
)

test.each([false, true])(
  'what more time is asked for of is held until its end as it was given, though one of two said yes: %p',
  async (isOneYes) => {
    let isSilent = false
    const scene = await shownAsHeldBefore({
      lapsesMs: 50_000,
      durationMs: 60_000,
      byTwo: true,
      trouble: { isSilent: () => isSilent },
    })
    const { db, one, until, missing, grant, extend, turnsOutOurs } = scene
    void extend()
    await until(10_000)
    const more = db.grants.get(grant.id)
    const [asked] = more?.status === 'active' ? more.extensions : []
    if (asked?.outcome !== 'asked') throw new Error('no more was asked for')
    const answered = { grantId: grant.id, by: admins[0], verdict: 'approve', askedAt: asked.askedAt } as const
    if (isOneYes) void answerExtension(one.world, answered)
    await until(12_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', owed: null, endsAt: grant.endsAt })
    isSilent = true
    void turnsOutOurs()
    await until(90_000)
    expect(missing).toEqual([])
  },
)

test.each(['nothing more is asked for', 'more was asked for just before', 'more is asked for just after'])(
  'what turns out to be ours while Slack is silent is held until the end that was agreed first, where %s',
  async (what) => {
    let isSilent = false
    const scene = await shownAsHeldBefore({
      lapsesMs: 30_000,
      durationMs: 50_000,
      trouble: { isSilent: () => isSilent },
    })
    const { time, db, until, missing, grant, extend, turnsOutOurs } = scene
    onMoreTime(scene, () => (isSilent = true))
    if (what.endsWith('before')) {
      void extend()
      await until(9_000)
      expect(db.grants.get(grant.id)).toMatchObject({ heldBefore: true, owed: { agreedUntil: null } })
      void turnsOutOurs()
    } else {
      isSilent = !what.endsWith('after')
      void turnsOutOurs()
      if (!isSilent) time.at(time.nowMs + 1, () => void extend())
    }
    // The end of what was agreed first comes later.
    await until(44_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
    expect(missing).toEqual([])
  },
)

describe('what was held before, and whoever had given it took it', () => {
  test('is given by Curfew with more time, and is not said to have been there before any more', async () => {
    const { db, system, until, grant, extend } = await shownAsHeldBefore({
      lapsesMs: 90_000,
      durationMs: 20_000,
    })
    system.held.delete(heldThere)
    void extend()
    await until(12_000)
    expect(system.isHeld(heldThere)).toBe(true)
    const now = db.grants.get(grant.id)
    expect(now).toMatchObject({ status: 'active', heldBefore: false, owed: null })
    expect(now?.history.map(({ type }) => type)).toContain('ours')
  })

  test('is given by Curfew for another grant as well, and is said of neither to have been there before', async () => {
    const scene = await shownAsHeldBefore({ lapsesMs: 90_000, durationMs: 60_000 })
    const { db, system, one, until, grant, ask, approve } = scene
    system.held.delete(heldThere)
    void ask(one.world, 'same').then(() => approve(one.world, 'same'))
    await until(14_000)
    expect(system.isHeld(heldThere)).toBe(true)
    const all = [...db.grants.values()].map((one) => one.status === 'active' && one.heldBefore)
    expect(all).toEqual([false, false])
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', owed: null, heldUntil: grant.endsAt })
  })

  test('is given as Slack said, though the give for more time is refused at first and Slack falls silent', async () => {
    let [isSilent, isRefused] = [false, false]
    const { db, system, until, grant, extend } = await shownAsHeldBefore({
      lapsesMs: 90_000,
      durationMs: 30_000,
      trouble: {
        isSilent: () => isSilent,
        refuses: () => {
          const isFirst = isRefused && !isSilent
          isSilent ||= isFirst
          return isFirst
        },
      },
    })
    system.held.delete(heldThere)
    isRefused = true
    void extend()
    await until(24_000)
    expect(isSilent).toBe(true)
    expect(system.isHeld(heldThere)).toBe(true)
    expect(db.grants.get(grant.id)).toMatchObject({ heldBefore: false, owed: null })
  })

  test('is not given while Slack is silent once it said no, though the give for more time had begun before', async () => {
    let [isSilent, hasLeft, isRefused] = [false, false, false]
    const scene = await shownAsHeldBefore({
      lapsesMs: 90_000,
      durationMs: 40_000,
      trouble: {
        isSilent: () => isSilent,
        hasLeft: () => hasLeft,
        refuses: () => (hasLeft ||= isRefused),
      },
    })
    const { db, system, until, grant, extend, one, other } = scene
    for (const { world } of [one, other])
      world.grants.onChange((now) => {
        if (hasLeft && now.status === 'active' && (now.owed?.tries ?? 0) > 1) isSilent = true
      })
    system.held.delete(heldThere)
    isRefused = true
    void extend()
    await until(13_000)
    expect([hasLeft, isSilent]).toEqual([true, true])
    hasLeft = isRefused = false
    await until(40_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', lastWord: { is: 'no' } })
    expect(system.isHeld(heldThere)).toBe(false)
  })

  test.each(['dies', 'stops for 8 s'])(
    'is held until the end that it was given, and noted as ours, though whoever gave it with more time %s before that is noted, and Slack falls silent',
    async (what) => {
      let isSilent = false
      const scene = await shownAsHeldBefore({
        lapsesMs: 90_000,
        durationMs: 30_000,
        trouble: { isSilent: () => isSilent },
      })
      const { db, system, until, grant, extend } = scene
      beforeTold(scene, (replica) => {
        isSilent = true
        if (what === 'dies') {
          replica.die()
          return replica.never()
        }
        replica.pause(8_000)
        return replica.wait(0)
      })
      system.held.delete(heldThere)
      void extend()
      await until(28_000)
      expect(isSilent).toBe(true)
      const now = db.grants.get(grant.id)
      if (now?.status !== 'active') throw new Error('it is not active')
      expect(now).toMatchObject({ heldBefore: false, owed: null, heldUntil: now.endsAt })
      expect(now.endsAt.getTime()).toBeGreaterThan(grant.endsAt.getTime())
      expect(system.held.get(heldThere)?.untilMs).toBeGreaterThanOrEqual(now.endsAt.getTime())
    },
  )
})

test('whoever read until when it is agreed and waited long tells its system of no earlier end than it knows', async () => {
  let isSilent = false
  const scene = await shownAsHeldBefore({
    lapsesMs: 60_000,
    durationMs: 20_000,
    trouble: { isSilent: () => isSilent },
  })
  const { db, system, one, other, until, grant, extend, turnsOutOurs } = scene
  let stale: Grant = grant
  for (const { world } of [one, other])
    world.grants.onChange((now) => {
      if (stale === grant && now.status === 'active' && now.owed?.agreedUntil != null) stale = now
    })
  void turnsOutOurs()
  await until(10_000)
  expect(stale).toMatchObject({ owed: { agreedUntil: grant.endsAt } })
  void extend()
  await until(13_000)
  const more = db.grants.get(grant.id)
  if (more?.status !== 'active' || more.owed !== null) throw new Error('not as it was meant')
  const known = system.held.get(heldThere)
  onMoreTime({ ...scene, grant: more }, () => (isSilent = true))
  void extendGrant(one.world, { grantId: grant.id, by: askers[0], seenEndsAt: more.endsAt })
  await until(15_000)
  void settle(one.world, grant.id, stale)
  await until(18_000)
  expect(db.grants.get(grant.id)).toMatchObject({ heldUntil: more.endsAt, owed: { agreedUntil: null } })
  expect(system.held.get(heldThere)).toEqual(known)
})
