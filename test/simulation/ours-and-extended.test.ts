import { settle } from '../../src/operations/by-itself/settle.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { ConnectorError } from '../../src/domain/connector.ts'
import { termsOf, type Grant } from '../../src/domain/grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { aScene, heldThere } from './a-scene.ts'
import { admins, askers, catalog } from './catalog.ts'
import type { Replica } from './replica.ts'

/** `one` may be extended by a minute soon after it began; `byTwo`: where two of its reviewers say yes. */
function longer({ byTwo }: { byTwo: boolean }): typeof catalog {
  const db = catalog.resources.get('db')
  const one = db?.entitlements.get('one')
  const [stage] = one?.review.stages ?? []
  if (!db || !one || !stage) throw new Error('the catalog has no such entitlement')
  const extend = { maxTimes: 3, totalMs: 300_000, stepMs: 60_000, afterShare: 0.1, isReviewed: byTwo }
  const duration = { ...one.duration, maxMs: 300_000 }
  const review = byTwo ? { ...one.review, stages: [{ ...stage, needs: 2 }] as const } : one.review
  const entitlements = new Map([...db.entitlements, ['one', { ...one, extend, duration, review }] as const])
  return { ...catalog, resources: new Map([['db', { ...db, entitlements }]]) }
}

interface Trouble {
  readonly isSilent?: () => boolean
  readonly refuses?: () => boolean
  readonly hasLeft?: () => boolean
}

/** Shown as held before, though another process gave it late: its system lets it lapse at `lapsesMs`. */
async function shownAsHeldBefore({
  lapsesMs,
  durationMs,
  byTwo = false,
  trouble = {},
}: {
  lapsesMs: number
  durationMs: number
  byTwo?: boolean
  trouble?: Trouble
}) {
  const scene = aScene({
    current: () => longer({ byTwo }),
    connects: (connector) => ({
      ...connector,
      give: async (call) => {
        if (trouble.refuses?.()) throw new ConnectorError('refused', { retryable: true, happened: 'no' })
        return connector.give(call)
      },
    }),
  })
  const { time, db, system, one, other, until, approve } = scene
  system.habits.expires = true
  system.held.set(heldThere, { untilMs: lapsesMs, sinceMs: 0 })
  const missing: number[] = []
  for (let ms = 3_000; ms < 90_000; ms += 500)
    time.look(ms, () => {
      const isActive = [...db.grants.values()].some(({ status }) => status === 'active')
      if (isActive && !system.isHeld(heldThere)) missing.push(ms)
    })
  for (const { world } of [one, other]) {
    const { facts } = { ...world.directory }
    world.directory.facts = async (person) => {
      const said = trouble.isSilent?.() ? 'unknown' : await facts(person)
      return said !== 'unknown' && trouble.hasLeft?.() ? { ...said, isHere: false } : said
    }
  }
  const asks = async () => {
    const asked = { requestId: 'one', by: askers[0], resource: 'db', entitlement: 'one', durationMs }
    await requestAccess(one.world, { ...asked, reason: 'a good reason', startsAt: null, recurrence: null })
    await approve(one.world, 'one')
    const [grant] = [...db.grants.values()]
    const said = { verdict: 'approve', durationMs: null, note: '' } as const
    if (byTwo && grant?.status === 'pending')
      await reviewGrant(one.world, { grantId: grant.id, by: admins[1], terms: termsOf(grant), ...said })
  }
  time.at(1_100, () => void asks())
  await until(8_000)
  const [grant] = [...db.grants.values()]
  const [hold] = [...db.holds.values()]
  if (grant?.status !== 'active' || !grant.heldBefore || !hold) throw new Error('not as it was meant')
  return {
    ...scene,
    grant,
    missing,
    extend: () => extendGrant(one.world, { grantId: grant.id, by: askers[0], seenEndsAt: grant.endsAt }),
    turnsOutOurs: () => other.world.holds.watch(hold, { gave: true, forMs: 20_000 }),
  }
}

type Scene = Awaited<ReturnType<typeof shownAsHeldBefore>>

/** Once, right before a replica notes that the system was told. */
function beforeTold({ one, other }: Scene, then: (replica: Replica) => Promise<unknown>): void {
  let isOver = false
  for (const replica of [one, other]) {
    const { grants, clock } = replica.world
    const { change } = { ...grants }
    grants.change = async (id, decide, seen) => {
      const next = seen?.status === 'active' && seen.owed !== null ? decide(seen, clock.now()) : null
      const isTold = next !== null && !isRefusal(next) && next.status === 'active' && next.owed === null
      if (isTold && !isOver) {
        isOver = true
        await then(replica)
      }
      return change(id, decide, seen)
    }
  }
}

/** Right as an end later than the grant's is written. */
function onMoreTime({ one, other, grant }: Pick<Scene, 'one' | 'other' | 'grant'>, then: () => void): void {
  for (const { world } of [one, other]) {
    const { change } = { ...world.grants }
    world.grants.change = (id, decide, seen) =>
      change(
        id,
        (now, at) => {
          const next = decide(now, at)
          if (!isRefusal(next) && next.status === 'active' && next.endsAt > grant.endsAt) then()
          return next
        },
        seen,
      )
  }
}

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
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', owed: { isDenied: true } })
    expect(system.isHeld(heldThere)).toBe(false)
  })

  test.each(['nothing', 'no for a moment'])(
    'is told of its end while Slack is silent, as the last that Slack said was yes; before that it said %s',
    async (what) => {
      let [isSilent, hasLeft, isRefused] = [false, false, true]
      const heard: string[] = []
      const scene = await shownAsHeldBefore({
        lapsesMs: 40_000,
        durationMs: 60_000,
        trouble: {
          isSilent: () => isSilent,
          hasLeft: () => hasLeft && heard.push('no') > 0,
          refuses: () => isRefused && heard.push('yes') > 0,
        },
      })
      const { db, system, until, grant, missing, turnsOutOurs, one, other } = scene
      for (const { world } of [one, other])
        world.grants.onChange((now) => {
          if (hasLeft && now.status === 'active' && (now.owed?.tries ?? 0) > 0) hasLeft = false
        })
      hasLeft = what.startsWith('no for')
      void turnsOutOurs()
      for (let ms = 9_000; ms < 30_000 && !heard.includes('yes'); ms += 100) await until(ms)
      expect(heard).toContain('yes')
      expect(heard.includes('no')).toBe(what.startsWith('no for'))
      isSilent = true
      isRefused = false
      await until(55_000)
      expect(db.grants.get(grant.id)?.status).toBe('active')
      expect(system.isHeld(heldThere)).toBe(true)
      expect(missing).toEqual([])
    },
  )

  test('is told of no end by itself where Slack had said no to more time before it turned out to be ours', async () => {
    let [isSilent, hasLeft] = [false, false]
    const trouble = { isSilent: () => isSilent, hasLeft: () => hasLeft }
    const scene = await shownAsHeldBefore({ lapsesMs: 30_000, durationMs: 50_000, trouble })
    const { db, system, until, grant, extend, turnsOutOurs, one, other } = scene
    onMoreTime(scene, () => (hasLeft = true))
    for (const { world } of [one, other])
      world.grants.onChange((now) => {
        if (hasLeft && now.status === 'active' && (now.owed?.tries ?? 0) > 0) isSilent = true
      })
    void extend()
    await until(11_000)
    const known = system.held.get(heldThere)
    expect(isSilent).toBe(true)
    expect(db.grants.get(grant.id)).toMatchObject({ heldBefore: true })
    void turnsOutOurs()
    await until(25_000)
    expect(db.grants.get(grant.id)).toMatchObject({ status: 'active', heldBefore: false })
    expect(system.held.get(heldThere)).toEqual(known)
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
