import { randomUUID } from 'node:crypto'
import type { Grant, Pending } from '../../src/domain/grant.ts'
import { isRefusal, refuse } from '../../src/domain/refusal.ts'
import type { GrantRecords } from '../../src/domain/ports/grant-records.ts'
import { pairOf, type GrantStore } from '../../src/domain/ports/grants.ts'
import type { Posture } from '../../src/domain/devices/posture.ts'
import { blankHold, type Hold } from '../../src/domain/hold.ts'
import { holdAfter } from '../../src/domain/hold-after.ts'
import type { HoldStore, HoldWrite } from '../../src/domain/ports/holds.ts'
import { TakenSince, type SurfaceStore } from '../../src/domain/ports/surfaces.ts'
import type { Event } from '../../src/domain/event.ts'
import { UnknownRecord } from '../../src/domain/unknown-record.ts'
import { transition } from '../../src/domain/transition.ts'
import {
  aGrantingGrant,
  anActiveGrant,
  approval,
  aPendingGrant,
  ada,
  aStageOf,
  at,
  riley,
  sam,
} from '../support/builders.ts'
import { anAlertedGrant, anEndedGrant } from '../support/lives.ts'

/** What every grant store promises, whatever it is made of. */
export function grantStoreContract(open: () => Promise<GrantStore & GrantRecords>): void {
  let ids = 0
  const fresh = () => {
    const id = `g${++ids}`
    return { id, requestId: `r-${id}`, subject: { ...riley, id: `p-${id}` } }
  }

  test('a grant is read back as it was written', async () => {
    const store = await open()
    const grant = anActiveGrant(fresh())
    await store.insert(grant)
    expect(await store.get(grant.id)).toEqual(grant)
    expect(await store.get('nobody')).toBeNull()
  })

  test('what is due at one system is found, whatever is due at others', async () => {
    const store = await open()
    const mine = { ...aGrantingGrant(), ...fresh(), system: 'away', dueAt: at(-500) }
    const others = Array.from({ length: 3 }, () => ({ ...aGrantingGrant(), ...fresh(), dueAt: at(-600) }))
    for (const grant of [...others, mine]) await store.insert(grant)
    const found = await store.due(at(-100), 2, { only: 'away' })
    expect(found.map(({ id }) => id)).toEqual([mine.id])
    expect((await store.due(at(-100), 1_000, { but: ['away'] })).map(({ id }) => id)).not.toContain(mine.id)
  })

  test('a redelivered submission finds what it already made', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    const again = await store.insert({ ...grant, id: `${grant.id}-again` })
    expect(again).toEqual({ outcome: 'exists', grant })
  })

  test('nobody has two unfinished grants of one entitlement', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    const second = { ...grant, id: `${grant.id}-2`, requestId: `${grant.requestId}-2` }
    expect(await store.insert(second)).toEqual({ outcome: 'open', grant })
    await store.change(grant.id, (g, now) =>
      transition(g, { type: 'withdraw', by: riley, supersededBy: null }, now),
    )
    expect((await store.insert(second)).outcome).toBe('inserted')
  })

  test('what takes the place of another request is written with its withdrawal, or not at all', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    const newer = { ...grant, id: `${grant.id}-2`, requestId: `${grant.requestId}-2` }
    const event = { type: 'withdraw', by: riley, supersededBy: newer.id } as const
    const to = transition(grant, event, at(10))
    if (isRefusal(to)) throw new Error(to.refused)
    // Somebody else's is in the way: the older one stays as it is.
    const taken = { ...newer, requestId: grant.requestId }
    expect(await store.insert(taken, { from: grant, to })).toEqual({ outcome: 'exists', grant })
    expect(await store.get(grant.id)).toEqual(grant)
    expect(await store.insert(newer, { from: grant, to })).toEqual({ outcome: 'inserted', grant: newer })
    expect(await store.get(grant.id)).toMatchObject({ status: 'withdrawn', supersededBy: newer.id })
    expect(await store.get(newer.id)).toEqual(newer)
  })

  test('what had moved on meanwhile is not withdrawn, and nothing takes its place', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    await store.change(grant.id, (g) => transition(g, approval(ada), at(10)))
    const newer = { ...grant, id: `${grant.id}-2`, requestId: `${grant.requestId}-2` }
    const to = transition(grant, { type: 'withdraw', by: riley, supersededBy: newer.id }, at(10))
    if (isRefusal(to)) throw new Error(to.refused)
    const answer = await store.insert(newer, { from: grant, to })
    expect(answer).toMatchObject({ outcome: 'open', grant: { id: grant.id, status: 'granting' } })
    expect(await store.get(newer.id)).toBeNull()
  })

  test('two changes at once both count, each deciding on what it finds', async () => {
    const store = await open()
    const grant = aPendingGrant({ ...fresh(), needs: 2 })
    await store.insert(grant)
    const answers = await Promise.all(
      [ada, sam, ada].map((by) =>
        store.change(grant.id, (g) => transition(g, approval(by, 60_000, 2), at(10))),
      ),
    )
    expect(answers.filter(isRefusal)).toHaveLength(1)
    const after = await store.get(grant.id)
    expect(after).toMatchObject({ status: 'granting', revision: 2 })
    expect(after?.history).toHaveLength(2)
  })

  test('a refusal and an unchanged grant write nothing', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    expect(await store.change(grant.id, () => refuse('decided'))).toMatchObject({ refused: 'decided' })
    expect(await store.change(grant.id, (g) => g)).toEqual(grant)
    expect((await store.get(grant.id))?.revision).toBe(0)
  })

  test('a copy that was seen is decided on first; one that is old decides nothing', async () => {
    const store = await open()
    const grant = aPendingGrant({ ...fresh(), needs: 2 })
    await store.insert(grant)
    const by = (who: typeof ada) => (g: Grant) => transition(g, approval(who, 60_000, 2), at(10))
    await store.change(grant.id, by(ada), grant)
    const decidedOn: number[] = []
    const second = await store.change(
      grant.id,
      (g) => {
        decidedOn.push(g.revision)
        return by(sam)(g)
      },
      grant,
    )
    expect(second).toMatchObject({ status: 'granting', revision: 2 })
    expect(decidedOn).toEqual([0, 1])
    const refuses = (g: Grant) => (g.revision === 0 ? refuse('decided') : g)
    expect(await store.change(grant.id, refuses, grant)).toMatchObject({ revision: 2 })
  })

  test('many things at once: each gets its own answer', async () => {
    const store = await open()
    const grants = Array.from({ length: 250 }, () => aPendingGrant(fresh()))
    await Promise.all(grants.map((grant) => store.insert(grant)))
    const changed = await Promise.allSettled([
      ...grants.map(({ id }, i) =>
        store.change(id, (g) => (i % 5 === 0 ? refuse('decided') : transition(g, approval(ada), at(10)))),
      ),
      store.change('nobody', (g) => g),
    ])
    expect(changed.at(-1)).toMatchObject({ status: 'rejected' })
    const read = await Promise.all(grants.map(({ id }) => store.get(id)))
    expect(read.map((grant) => grant?.id)).toEqual(grants.map(({ id }) => id))
    expect(read.map((grant) => grant?.status)).toEqual(
      grants.map((_, i) => (i % 5 === 0 ? 'pending' : 'granting')),
    )
  })

  test('changing what does not exist is an error, not a silence', async () => {
    const store = await open()
    await expect(store.change('nobody', (g) => g)).rejects.toThrow(UnknownRecord)
  })

  test('what falls due is found, the longest due first, and nothing else', async () => {
    const store = await open()
    const [late, soon, later] = [
      aGrantingGrant(fresh(), at(-500)),
      aGrantingGrant(fresh(), at(-400)),
      aPendingGrant(fresh()),
    ]
    for (const grant of [later, soon, late]) await store.insert(grant)
    const due = (await store.due(at(-100), 100)).filter(({ id }) => [late.id, soon.id, later.id].includes(id))
    expect(due.map(({ id }) => id)).toEqual([late.id, soon.id])
    const { status, system, dueAt, endsAt } = late
    expect(due[0]).toEqual({ id: late.id, status, system, dueAt, endsAt })
  })

  test('a revision is shown only if it is still the newest', async () => {
    const store = await open()
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    await store.change(grant.id, (g) => transition(g, approval(ada), at(10)))
    await store.shown(grant.id, 0)
    expect((await store.get(grant.id))?.unshown).toBe(true)
    await store.shown(grant.id, 1)
    expect((await store.get(grant.id))?.unshown).toBe(false)
    expect((await store.unshown(1_000)).map(({ id }) => id)).not.toContain(grant.id)
  })

  test('what is not shown is found in the order of its ids, after one of them', async () => {
    const store = await open()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      const grant = aPendingGrant(fresh())
      await store.insert(grant)
      ids.push(grant.id)
    }
    ids.sort()
    await store.shown(ids[3] ?? '', 0)
    const after = async (limit: number, id: string | undefined) =>
      (await store.unshown(limit, id)).map((one) => one.id).filter((one) => ids.includes(one))
    expect(await after(1, ids[0])).toEqual([ids[1]])
    expect((await after(10_000, ids[1])).slice(0, 2)).toEqual([ids[2], ids[4]])
    expect(await after(10_000, ids[4])).toEqual([])
  })

  test('writers hear of their own writes', async () => {
    const store = await open()
    const heard: string[] = []
    const stop = store.onChange((grant) => heard.push(`${grant.status} ${grant.revision}`))
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    await store.change(grant.id, (g) => transition(g, approval(ada), at(10)))
    stop()
    await store.change(grant.id, (g) =>
      transition(g, { type: 'failed', error: 'x', retryAt: at(11) }, at(10)),
    )
    expect(heard).toEqual(['pending 0', 'granting 1'])
  })

  test('requests that wait for an answer come the oldest first', async () => {
    const store = await open()
    const [later, sooner] = [aPendingGrant(fresh()), aPendingGrant({ ...fresh(), requestedAt: at(-50) })]
    for (const grant of [later, sooner, anActiveGrant(fresh())]) await store.insert(grant)
    const found = (await store.pending(1_000)).map(({ id }) => id)
    expect(found.indexOf(sooner.id)).toBeGreaterThanOrEqual(0)
    expect(found.indexOf(sooner.id)).toBeLessThan(found.indexOf(later.id))
  })

  test('what waits for an answer is told as it is now, whoever wrote it, however often it was asked for', async () => {
    const [store, other] = [await open(), await open()]
    const grant = aPendingGrant(fresh())
    await store.insert(grant)
    const told = async () => (await store.pending(1_000)).find(({ id }) => id === grant.id)
    expect(await told()).toMatchObject({ revision: 0, unshown: true, reviews: [] })
    await store.shown(grant.id, 0)
    expect(await told()).toMatchObject({ revision: 0, unshown: false })
    const approved = { ...approval(ada, 7_200_000, 2), stages: [aStageOf(2)] }
    await other.change(grant.id, (g) => transition(g, approved, at(10)))
    expect(await told()).toMatchObject({ revision: 1, reviews: [{ by: ada }] })
    await other.change(grant.id, (g) => transition(g, { type: 'lapse' }, at(90_000)))
    expect(await told()).toBeUndefined()
  })

  test('what is held by rule is listed apart, stands beside what is asked for, and is remembered when it failed', async () => {
    const store = await open()
    const about = fresh()
    const standing: Grant = { ...anActiveGrant(about), isStanding: true }
    const asked = { ...anActiveGrant({ ...fresh(), subject: about.subject, requester: about.subject }) }
    expect((await store.insert(standing)).outcome).toBe('inserted')
    expect((await store.insert(asked)).outcome).toBe('inserted')
    const row = (await store.standing()).find(({ id }) => id === standing.id)
    expect(row).toMatchObject({ subjectId: standing.subject.id, principal: 'riley', status: 'active' })
    expect((await store.standing()).map(({ id }) => id)).not.toContain(asked.id)
    expect((await store.latestOf(standing.subject.id, 10)).map(({ id }) => id)).toEqual([asked.id])
    const ended = await store.change(standing.id, (grant, now) =>
      transition(grant, { type: 'end', cause: 'failed', by: null, note: 'no such user', takeAt: now }, now),
    )
    expect(isRefusal(ended)).toBe(false)
    await store.change(standing.id, (grant, now) =>
      transition(grant, { type: 'taken', left: 'gone', keptUntil: null }, now),
    )
    if (row === undefined) throw new Error('it was not listed')
    const failed = await store.standingFailed(new Date(0))
    expect(failed.find((one) => pairOf(one) === pairOf(row))?.why).toBe('no such user')
    expect(await store.standingFailed(new Date(Date.now() + 3_600_000_000))).toEqual([])
  })

  test('what was asked for since then is listed, the oldest first, and when each thing was last used', async () => {
    const store = await open()
    const entitlement = { id: `look-back-${++ids}`, name: 'Look back' }
    const [older, newer] = [100, 200].map((seconds) =>
      aPendingGrant({
        ...fresh(),
        entitlement,
        requestedAt: at(86_400_000 + seconds),
        lapsesAt: at(99_000_000),
      }),
    )
    if (!older || !newer) throw new Error('none were made')
    const window = { ...newer, ...fresh(), window: { seriesId: older.id, index: 0 } }
    for (const grant of [newer, older, window]) await store.insert(grant)
    const answered = await store.change(older.id, (grant) => transition(grant, approval(ada), at(86_400_150)))
    expect(isRefusal(answered)).toBe(false)
    const rows = await store.askedSince(at(86_400_100), 10)
    expect(rows.map(({ id }) => id)).toEqual([older.id, newer.id])
    expect(rows[0]).toMatchObject({
      because: null,
      isSeries: false,
      closedAt: null,
      approvedAt: at(86_400_150),
      reviews: [{ by: ada, verdict: 'approve', preApprovalId: null }],
    })
    expect((await store.askedSince(at(86_400_101), 10)).map(({ id }) => id)).toEqual([newer.id])
    expect((await store.askedSince(at(86_400_100), 1)).map(({ id }) => id)).toEqual([newer.id])
    const used = (await store.lastUses()).find((use) => use.entitlement === entitlement.id)
    // Two of them are open still: it is in use now.
    expect(used?.at.getTime()).not.toBe(newer.requestedAt.getTime())
    for (const { id } of [newer, window])
      await store.change(id, (grant) =>
        transition(grant, { type: 'withdraw', by: riley, supersededBy: null }, at(86_400_300)),
      )
    await store.change(older.id, (grant) =>
      transition(
        grant,
        { type: 'end', cause: 'revoked', by: ada, note: null, takeAt: at(86_400_400) },
        at(86_400_400),
      ),
    )
    await store.change(older.id, (grant) =>
      transition(grant, { type: 'taken', left: 'gone', keptUntil: null }, at(86_400_500)),
    )
    const over = (await store.lastUses()).find((use) => use.entitlement === entitlement.id)
    expect(over).toEqual({ resource: newer.resource.id, entitlement: entitlement.id, at: at(86_400_500) })
  })

  test('what somebody asked for last is known without its grants, whatever became of it', async () => {
    const store = await open()
    const { subject } = fresh()
    const asked = [1, 2, 3].map((seconds) =>
      aPendingGrant({
        ...fresh(),
        subject,
        requestedAt: at(seconds),
        entitlement: { id: `e${seconds}`, name: '' },
      }),
    )
    for (const grant of asked) await store.insert(grant)
    const [, second] = asked
    await store.change(second?.id ?? '', (grant) => transition(grant, approval(ada), at(4)))
    const rows = await store.latestRowsOf(subject.id, 2)
    expect(rows).toEqual([
      { resource: 'orders-db', entitlement: 'e3', requestedAt: at(3), status: 'pending' },
      { resource: 'orders-db', entitlement: 'e2', requestedAt: at(2), status: 'granting' },
    ])
    expect(rows.map((row) => row.requestedAt)).toEqual(
      (await store.latestOf(subject.id, 2)).map((grant) => grant.requestedAt),
    )
    expect(await store.latestOver(subject.id, 2)).toEqual([])
    for (const grant of [asked[0], asked[2]])
      await store.change(grant?.id ?? '', (one) =>
        transition(one, { type: 'withdraw', by: ada, supersededBy: null }, at(5)),
      )
    const over = async (most: number) => (await store.latestOver(subject.id, most)).map(({ id }) => id)
    expect(await over(2)).toEqual([asked[2]?.id, asked[0]?.id])
    expect(await over(1)).toEqual([asked[2]?.id])
  })

  test('of what was asked for, a day has what was asked, answered or closed in it, and what waits still', async () => {
    const store = await open()
    const entitlement = { id: `a-day-${++ids}`, name: 'A day' }
    const [noon, day] = [1_000_000, 86_400]
    const asked = async (seconds: number, about: Partial<Pending> = {}): Promise<Pending> => {
      const times = { requestedAt: at(noon + seconds), lapsesAt: at(noon + 90 * day) }
      const grant = aPendingGrant({ ...fresh(), entitlement, ...times, ...about })
      await store.insert(grant)
      return grant
    }
    const become = (grant: Pending, event: Event, seconds: number) =>
      store.change(grant.id, (now) => transition(now, event, at(noon + seconds)))
    const withdrawal = { type: 'withdraw', by: riley, supersededBy: null } as const
    const waits = await asked(-20 * day)
    const answered = await asked(-3 * day)
    await become(answered, approval(ada), 100)
    const halfAnswered = await asked(-2 * day, { needs: 2 })
    await become(halfAnswered, approval(ada, 60_000, 2), 200)
    await become(halfAnswered, withdrawal, 2 * day)
    const closed = await asked(-day)
    await become(closed, withdrawal, 300)
    const within = await asked(400)
    await become(within, withdrawal, 2 * day)
    const before = await asked(-5 * day)
    await become(before, approval(ada), -1)
    const later = await asked(day)
    await become(later, withdrawal, 2 * day)
    await become(await asked(-4 * day), withdrawal, -1)
    await asked(500, { window: { seriesId: waits.id, index: 0 } })
    const rows = await store.askedOrAnswered({ from: at(noon), to: at(noon + day) })
    const ours = rows.filter((row) => row.entitlement.id === entitlement.id)
    expect(ours.map(({ id }) => id)).toEqual(
      [waits, answered, halfAnswered, closed, within].map(({ id }) => id),
    )
    expect(ours[1]).toMatchObject({ approvedAt: at(noon + 100), reviews: [{ by: ada }] })
  })

  test('what is held on fit devices is listed, all of it or what a silence could take before its end', async () => {
    const store = await open()
    const onFit = (until: number, unfit: Posture['unfit'] = null): Posture => ({
      rule: 'managed',
      on: null,
      until: at(until),
      unfit,
    })
    const unfit = { since: at(1), cutAt: at(60), why: 'no firewall', steadyAt: at(30) }
    const put = async (posture: Posture | null) => {
      const grant = { ...anActiveGrant(fresh()), posture }
      await store.insert(grant)
      return { id: grant.subject.id, endsAt: (grant.endsAt.getTime() - at(0).getTime()) / 1_000 }
    }
    const { endsAt } = await put(null)
    const toItsEnd = await put(onFit(endsAt))
    const tooOld = await put(onFit(endsAt - 1))
    const fitAgain = await put(onFit(endsAt - 1, unfit))
    await put({ ...onFit(0), until: null, unfit: { ...unfit, steadyAt: null } })
    const all = await store.heldOnFit({ isAll: true })
    expect(all.map(({ subjectId }) => subjectId)).toEqual([toItsEnd.id, tooOld.id, fitAgain.id])
    const some = await store.heldOnFit({ isAll: false })
    expect(some.map(({ subjectId }) => subjectId)).toEqual([tooOld.id, fitAgain.id])
    expect(some[0]).toMatchObject({ deviceId: null, endsAt: at(endsAt) })
  })

  test('unfinished grants are found by subject and by entitlement', async () => {
    const store = await open()
    const grant = anActiveGrant(fresh())
    await store.insert(grant)
    const pair = {
      subjectId: grant.subject.id,
      resource: grant.resource.id,
      entitlement: grant.entitlement.id,
      slot: 'once',
    }
    expect(await store.openFor(pair)).toEqual(grant)
    expect(await store.openFor({ ...pair, slot: 'series' })).toBeNull()
    expect(await store.openFor({ ...pair, entitlement: 'write' })).toBeNull()
    expect(await store.openOf(grant.subject.id)).toEqual([grant])
    expect((await store.owed()).map(({ id }) => id)).toContain(grant.id)
  })

  test('what is late is counted by where it is said, and the first of each place are those that are late for the longest', async () => {
    const store = await open()
    const channel = `late-${++ids}`
    const ones = [30, 10, 20].map((s) => ({ ...anAlertedGrant(), ...fresh(), channel, alertedAt: at(s) }))
    for (const one of ones) await store.insert(one)
    await store.insert({ ...anActiveGrant(fresh()), channel })
    await store.insert({ ...anEndedGrant(), ...fresh(), channel })
    const { resource, entitlement } = anAlertedGrant()
    const there = (await store.late()).filter((one) => one.channel === channel)
    expect(there).toEqual([
      { resourceId: resource.id, channel, count: 3, sinceAt: at(10), entitlements: [entitlement.id] },
    ])
    const { grants, unreadable } = await store.firstLate({ resourceId: resource.id, channel }, 2)
    expect(grants.map(({ id }) => id)).toEqual([ones[1]?.id, ones[2]?.id])
    expect(unreadable).toBe(0)
  })
}

/** What every hold store promises: leases timed by its own clock, writes fenced by the token. */
export function holdStoreContract(
  open: () => Promise<{ holds: HoldStore; passes: (ms: number) => Promise<void> }>,
): void {
  let names = 0
  const aKey = () => ({
    system: 'orders-cluster',
    principal: `riley$${++names}.x`,
    canonical: 'read@orders',
    target: { database: 'orders', role: '$read' },
  })
  const leased = async (holds: HoldStore, key: ReturnType<typeof aKey>, ms = 10_000) => {
    const lease = await holds.lease(key, ms)
    if (!lease.taken) throw new Error('busy')
    return lease.hold
  }

  const eventuallyLeased = async (holds: HoldStore, key: ReturnType<typeof aKey>) => {
    for (;;) {
      const lease = await holds.lease(key, 10_000)
      if (lease.taken) return lease.hold
    }
  }

  test('one of many takes the lease; the others hear until when', async () => {
    const { holds } = await open()
    const key = aKey()
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => holds.lease(key, 10_000)))
    expect(all.filter(({ taken }) => taken)).toHaveLength(1)
    const busy = all.find((lease) => !lease.taken)
    expect(busy).toMatchObject({ taken: false, until: expect.any(Date) as Date })
  })

  const claimedBy = async (
    holds: HoldStore,
    { also = {}, claims = ['g'] }: { also?: HoldWrite; claims?: readonly string[] } = {},
  ) => {
    const key = aKey()
    const { token } = await leased(holds, key)
    const end = new Date(1_000)
    for (const grantId of claims) await holds.write(key, token, { where: 'here', claim: { grantId, end } })
    return { key, hold: await holds.write(key, token, { ...also, keepMs: 0 }) }
  }
  const byG = { grantId: 'g', where: 'here' }

  test('a take is leased and announced in one write, where its grant alone claims', async () => {
    const { holds } = await open()
    const all = await Promise.all(Array.from({ length: 70 }, () => claimedBy(holds)))
    const announced = await Promise.all(all.map(({ key }) => holds.leaseToTake(key, 10_000, byG)))
    expect(announced.map((hold) => hold?.principal)).toEqual(all.map(({ key }) => key.principal))
    for (const [i, hold] of announced.entries()) {
      const { token = 0, intent = { number: 0 } } = all[i]?.hold ?? {}
      const meant = { number: intent.number + 1, of: 'take:g', isKnown: false }
      expect(hold).toMatchObject({
        token: token + 1,
        call: 'take',
        intent: meant,
        claims: { g: new Date(1_000) },
      })
      const instants = { leaseUntil: expect.any(Date) as Date, readAt: expect.any(Date) as Date }
      if (hold) expect(await holds.get(hold)).toEqual({ ...hold, ...instants })
    }
    // It is leased.
    const leases = await Promise.all(all.map(({ key }) => holds.lease(key, 10_000)))
    expect(leases.filter(({ taken }) => taken)).toEqual([])
    expect(await Promise.all(all.map(({ key }) => holds.leaseToTake(key, 10_000, byG)))).toEqual(
      all.map(() => null),
    )
  })

  test.each<[string, Parameters<typeof claimedBy>[1], typeof byG]>([
    ['another claims too', { claims: ['g', 'h'] }, byG],
    ['another claims alone', { claims: ['h'] }, byG],
    ['nobody claims', { claims: [] }, byG],
    ['it was held before', { also: { heldBefore: true } }, byG],
    ['a call is written that nobody recorded', { also: { call: 'give' } }, byG],
    ['it was meant before', { also: { intent: { number: 7, of: 'take:g', isKnown: false } } }, byG],
    ['it was given somewhere else', {}, { ...byG, where: 'there' }],
  ])('nothing is leased to take where %s', async (_why, about, claimed) => {
    const { holds } = await open()
    const [{ key, hold }, other] = [await claimedBy(holds, about), await claimedBy(holds)]
    // Whatever is asked with it.
    const [one, two] = await Promise.all([
      holds.leaseToTake(key, 10_000, claimed),
      holds.leaseToTake(other.key, 10_000, byG),
    ])
    expect(one).toBeNull()
    expect(two).toMatchObject({ call: 'take' })
    expect(await holds.get(key)).toEqual({ ...hold, readAt: expect.any(Date) as Date })
    expect(await holds.lease(key, 10_000)).toMatchObject({ taken: true })
  })

  test('of two that ask for one hold in one turn, one has it', async () => {
    const { holds } = await open()
    const { key } = await claimedBy(holds)
    const both = await Promise.all([1, 2].map(() => holds.leaseToTake(key, 10_000, byG)))
    expect(both.filter((hold) => hold !== null)).toHaveLength(1)
  })

  test('what was claimed before places were written is leased to take', async () => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    await holds.write(key, token, { claim: { grantId: 'g', end: new Date(1_000) }, keepMs: 0 })
    expect(await holds.leaseToTake(key, 10_000, byG)).toMatchObject({ call: 'take', where: null })
  })

  test('nothing is leased to take that nobody ever leased', async () => {
    const { holds } = await open()
    const key = aKey()
    expect(await holds.leaseToTake(key, 10_000, byG)).toBeNull()
    expect(await holds.get(key)).toBeNull()
  })

  test('a lease that ran out or was released can be taken again, with a higher token', async () => {
    const { holds, passes } = await open()
    const key = aKey()
    const first = await leased(holds, key, 50)
    await passes(80)
    const second = await leased(holds, key)
    expect(second.token).toBe(first.token + 1)
    await holds.write(key, second.token, { keepMs: 0 })
    expect((await leased(holds, key)).token).toBe(first.token + 2)
  })

  test('many at once: new ones, busy ones and lost ones each get their own answer', async () => {
    const { holds } = await open()
    const keys = Array.from({ length: 240 }, aKey)
    const busy = keys.filter((_, i) => i % 3 === 0)
    await Promise.all(busy.map((key) => holds.lease(key, 10_000)))
    const leases = await Promise.all(keys.map((key) => holds.lease(key, 10_000)))
    expect(leases.map(({ taken }) => taken)).toEqual(keys.map((_, i) => i % 3 !== 0))
    const ours = leases.map((lease) => (lease.taken ? lease.hold : null))
    expect(ours.map((hold) => hold?.principal)).toEqual(
      keys.map(({ principal }, i) => (i % 3 === 0 ? undefined : principal)),
    )
    const written = await Promise.all(
      keys.map((key, i) => holds.write(key, ours[i]?.token ?? 0, { call: i % 2 === 0 ? 'give' : 'take' })),
    )
    expect(written.map((hold) => hold?.call)).toEqual(
      keys.map((_, i) => (i % 3 === 0 ? undefined : i % 2 === 0 ? 'give' : 'take')),
    )
  })

  test('what is released and leased again at once was still written, under its own token', async () => {
    const { holds } = await open()
    const keys = Array.from({ length: 40 }, aKey)
    const first = await Promise.all(keys.map((key) => leased(holds, key)))
    const left = { grantId: 'g', left: 'gone', keptUntil: null } as const
    const [, released, next] = await Promise.all([
      // One that fails in the same moment, so that nobody can take the success of all for granted.
      holds.write({ ...aKey() }, 99, { keepMs: 0 }),
      Promise.all(keys.map((key, i) => holds.write(key, first[i]?.token ?? 0, { keepMs: 0, unclaim: left }))),
      Promise.all(keys.map((key) => eventuallyLeased(holds, key))),
    ])
    expect(released.map((hold) => hold?.token)).toEqual(first.map(({ token }) => token))
    expect(next.map(({ token }) => token)).toEqual(first.map(({ token }) => token + 1))
    expect(next.map(({ lastLeft }) => lastLeft)).toEqual(keys.map(() => left))
  })

  test('whoever lost the lease writes nothing', async () => {
    const { holds, passes } = await open()
    const key = aKey()
    const lost = await leased(holds, key, 50)
    await passes(80)
    const now = await leased(holds, key)
    expect(await holds.write(key, lost.token, { heldBefore: true })).toBeNull()
    expect(await holds.get(key)).toMatchObject({ heldBefore: false, token: now.token })
  })

  test('claims, calls and intents are kept as written, and taken away again', async () => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    const intent = { number: 1, of: 'give:$g1 until x', isKnown: false }
    const written = await holds.write(key, token, {
      where: 'mongodb a:1 admin',
      claim: { grantId: 'g1', end: at(60) },
      call: 'give',
      intent,
    })
    expect(written).toMatchObject({ ...key, claims: { g1: at(60) }, call: 'give', intent })
    expect((await holds.placesInUse()).get('orders-cluster')).toContain('mongodb a:1 admin')
    const left = { grantId: 'g1', left: 'gone', keptUntil: null } as const
    const after = await holds.write(key, token, { call: null, unclaim: left })
    expect(after).toMatchObject({ claims: {}, call: null, lastLeft: left })
    expect(await holds.get(key)).toMatchObject({ claims: {}, lastLeft: left })
  })

  test.each<[string, HoldWrite]>([
    [
      'claims and announces',
      { where: 'here', claim: { grantId: 'g2', end: at(90) }, call: 'take', heldBefore: false },
    ],
    ['leaves', { unclaim: { grantId: 'g1', left: 'gone', keptUntil: null }, call: null, keepMs: 0 }],
    ['changes nothing', {}],
    ['forgets what was left over', { leftover: null, intent: { number: 3, of: 'take:g1', isKnown: true } }],
  ])('what a write that %s makes of a hold is known without reading it', async (_what, change) => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    await holds.write(key, token, { leftover: { tries: 1, error: 'x', dueInMs: 0 } })
    const before = await holds.write(key, token, { claim: { grantId: 'g1', end: at(60) }, call: 'give' })
    if (before === null) throw new Error('it was never leased')
    expect(await holds.apply(key, token, change)).toBe(true)
    const { leaseUntil: _until, readAt: _at, ...stands } = (await holds.get(key)) ?? blankHold
    expect(holdAfter(before, change)).toMatchObject(stands)
    expect(await holds.apply(key, token - 1, { call: 'give' })).toBe(false)
    expect(await holds.get(key)).toMatchObject(stands)
  })

  test('renewing counts from the write', async () => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key, 1_000)
    const renewed = await holds.write(key, token, { keepMs: 30_000 })
    expect((renewed?.leaseUntil.getTime() ?? 0) - (renewed?.readAt.getTime() ?? 0)).toBe(30_000)
  })

  test('a watch is found when it is due, never forgets that something was given, and ends', async () => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    await holds.watch(key, { gave: true, forMs: 5_000 })
    await holds.watch(key, { gave: false, forMs: 5_000 })
    const { watch, readAt } = (await holds.write(key, token, {})) ?? {}
    expect(watch?.gave).toBe(true)
    const soon = new Date((readAt?.getTime() ?? 0) + 1_000)
    expect((await holds.due(soon, 100)).map(({ principal }) => principal)).toContain(key.principal)
    await holds.write(key, token, { unwatch: { seen: watch?.until ?? null } })
    expect((await holds.due(soon, 100)).map(({ principal }) => principal)).not.toContain(key.principal)
  })

  test('what is left over is kept since it began, found when it is due, and forgotten', async () => {
    const { holds, passes } = await open()
    const key = aKey()
    const { token, readAt } = await leased(holds, key)
    const first = await holds.write(key, token, { leftover: { tries: 0, error: null, dueInMs: 0 } })
    await passes(5)
    const second = await holds.write(key, token, {
      leftover: { tries: 1, error: '$owns a table', dueInMs: 30_000 },
    })
    const mine = (found: Hold[]) => found.filter(({ principal }) => principal === key.principal)
    const later = new Date(readAt.getTime() + 60_000)
    const soon = new Date(readAt.getTime() + 10_000)
    const [due, notYet, found, none] = [
      await holds.leftoversDue(later, 1_000),
      await holds.leftoversDue(soon, 1_000),
      await holds.leftovers(later),
      await holds.leftovers(new Date(readAt.getTime() - 1_000)),
    ]
    await holds.write(key, token, { leftover: null })
    expect(second?.leftover).toMatchObject({
      since: first?.leftover?.since,
      tries: 1,
      error: '$owns a table',
    })
    expect([due, notYet, found, none].map((some) => mine(some).length)).toEqual([1, 0, 1, 0])
    expect(await holds.get(key)).toMatchObject({ leftover: null, dueAt: null })
    expect(mine(await holds.leftovers(later))).toEqual([])
  })

  test('while a give is watched nothing counts as held before, whoever says so', async () => {
    const { holds } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    const said = async () => (await holds.write(key, token, { heldBefore: true }))?.heldBefore
    expect(await said()).toBe(true)
    await holds.watch(key, { gave: false, forMs: 5_000 })
    expect(await holds.get(key)).toMatchObject({ heldBefore: true })
    await holds.watch(key, { gave: true, forMs: 5_000 })
    const { heldBefore, watch } = (await holds.get(key)) ?? {}
    expect([heldBefore, await said()]).toEqual([false, false])
    await holds.write(key, token, { unwatch: { seen: watch?.until ?? null } })
    expect(await said()).toBe(true)
  })

  test('a watch that somebody prolonged meanwhile goes on', async () => {
    const { holds, passes } = await open()
    const key = aKey()
    const { token } = await leased(holds, key)
    await holds.watch(key, { gave: false, forMs: 5_000 })
    const seen = (await holds.get(key))?.watch?.until ?? null
    await passes(5)
    await holds.watch(key, { gave: true, forMs: 5_000 })
    for (const unwatch of [{ seen }, { seen: null }]) {
      expect(await holds.write(key, token, { unwatch })).toMatchObject({
        watch: { gave: true },
        dueAt: expect.any(Date) as Date,
      })
    }
  })
}

/** What every store of what stands in Slack promises; each that is opened stands for a process of its own. */
export function surfaceStoreContract(open: () => Promise<SurfaceStore>): void {
  let ids = 0
  const aRow = () => ({ key: `card:s${++ids}`, requestId: `s${ids}` })
  const posted = (ts: string) => ({ channel: 'C1', ts, shows: 'mark', failure: null, needsLook: false })

  test("a row is made by whoever takes it first, and is nobody else's until it is saved", async () => {
    const store = await open()
    const of = aRow()
    expect((await store.lease(of, 60_000)).row).toEqual({
      ...of,
      channel: null,
      ts: null,
      shows: null,
      failure: null,
      tries: 0,
      needsLook: false,
    })
    expect((await store.lease(of, 60_000)).row).toBeNull()
    await store.save(of, posted('1.0'))
    expect((await store.lease(of, 60_000)).row).toMatchObject({ key: of.key, channel: 'C1', ts: '1.0' })
  })

  test('what is noted by who leased a message counts only until another has leased it', async () => {
    const store = await open()
    const of = aRow()
    const { leasedBy } = await store.lease(of, 60_000)
    await store.save(of, posted('1.0'), leasedBy)
    // Its answer may have been lost: again is as good.
    await store.save(of, posted('1.0'), leasedBy)
    await store.lease(of, 60_000)
    await expect(store.save(of, posted('2.0'), leasedBy)).rejects.toThrow(TakenSince)
    expect((await store.of(of.requestId)).surfaces).toMatchObject([{ ts: '1.0' }])
    expect((await store.lease(of, 60_000)).row).toBeNull()
  })

  test('whoever has it has it for longer, also where its time ran out meanwhile; not once another took it', async () => {
    const [one, other] = [await open(), await open()]
    const of = aRow()
    const { leasedBy } = await one.lease(of, 60_000)
    await one.save(of, posted('1.0'))
    const mine = await one.lease(of, 0)
    expect((await one.lease(of, 60_000, mine.leasedBy)).row).toMatchObject({ shows: posted('1.0').shows })
    expect((await other.lease(of, 60_000)).row).toBeNull()
    expect((await one.lease(of, 0, mine.leasedBy)).row).not.toBeNull()
    const others = await other.lease(of, 60_000)
    expect(others.row).not.toBeNull()
    expect((await one.lease(of, 60_000, mine.leasedBy)).row).toBeNull()
    expect((await one.lease(of, 60_000, leasedBy)).row).toBeNull()
    await other.save(of, { shows: 'by another' }, others.leasedBy)
    expect((await one.lease(of, 60_000, mine.leasedBy)).row).toBeNull()
  })

  test('of many who take it at once one has it', async () => {
    const of = aRow()
    const [one, other] = [await open(), await open()]
    const taken = await Promise.all(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? one : other).lease(of, 60_000)),
    )
    expect(taken.filter(({ row }) => row !== null)).toHaveLength(1)
  })

  test('several of one request are taken and saved at once, each for itself', async () => {
    const store = await open()
    const { requestId } = aRow()
    const all = ['card', 'dm', 'copy'].map((what) => ({ key: `${what}:${requestId}`, requestId }))
    const taken = await Promise.all(all.map((of) => store.lease(of, 60_000)))
    expect(taken.map(({ row }) => row?.key)).toEqual(all.map(({ key }) => key))
    const others = await Promise.all([aRow(), aRow()].map((of) => store.lease(of, 60_000)))
    expect(others.every(({ row }) => row !== null)).toBe(true)
    await Promise.all(all.map((of) => store.save(of, posted(of.key))))
    expect((await store.of(requestId)).surfaces).toEqual(
      all.map((of) => ({ ...of, ...posted(of.key), tries: 0 })),
    )
  })

  test('what was saved is found by its request and by where it stands; the rest of it stays', async () => {
    const store = await open()
    const of = aRow()
    expect(await store.of(of.requestId)).toEqual({
      version: 0,
      othersUntil: 0,
      isBeingSent: false,
      surfaces: [],
    })
    await store.lease(of, 60_000)
    await store.save(of, posted(of.key))
    await store.save(of, { tries: 2 })
    const row = { ...of, ...posted(of.key), tries: 2 }
    for (const process of [store, await open()]) {
      expect((await process.of(of.requestId)).surfaces).toEqual([row])
      expect(await process.byMessage('C1', of.key)).toEqual(row)
      expect(await process.byMessage('C2', of.key)).toBeNull()
    }
  })

  test('what is being saved stands in Slack already: it is found where it stands at once', async () => {
    const store = await open()
    const of = aRow()
    await store.lease(of, 60_000)
    const saving = store.save(of, posted(of.key))
    expect(await store.byMessage('C1', of.key)).toMatchObject(of)
    await saving
  })

  test('what was never taken is not saved', async () => {
    const store = await open()
    await expect(store.save(aRow(), posted('1.0'))).rejects.toThrow()
    const of = aRow()
    await store.lease(of, 60_000)
    await expect(store.save({ ...of, key: aRow().key }, posted('1.0'))).rejects.toThrow()
    expect((await store.of(of.requestId)).surfaces).toMatchObject([{ key: of.key, ts: null }])
  })

  test('what a process knows is what it read or wrote last, and each answer tells whether another changed it', async () => {
    const [one, other] = [await open(), await open()]
    const of = aRow()
    expect(one.known(of.requestId)).toBeNull()
    await one.lease(of, 60_000)
    await one.save(of, posted('1.0'))
    const seen = one.known(of.requestId)
    expect(seen).toMatchObject({ version: 1, othersUntil: 0, surfaces: [{ ts: '1.0' }] })
    await one.lease(of, 60_000)
    await one.save(of, { shows: 'later' })
    expect(one.known(of.requestId)).toMatchObject({
      version: 2,
      othersUntil: 0,
      surfaces: [{ shows: 'later' }],
    })
    await other.lease(of, 60_000)
    expect(other.known(of.requestId)).toMatchObject({ version: 2, othersUntil: 2 })
    await other.save(of, { shows: 'by another' })
    expect(one.known(of.requestId)).toMatchObject({ version: 2 })
    // By whatever it asks next.
    const { shown } = await one.lease(of, 60_000)
    expect(shown).toMatchObject({ version: 3, othersUntil: 3, surfaces: [{ shows: 'by another' }] })
    await one.save(of, { shows: 'and back' })
    expect(await one.of(of.requestId)).toMatchObject({ version: 4, othersUntil: 3 })
    expect(await other.of(of.requestId)).toMatchObject({ version: 4, othersUntil: 4 })
  })

  test('while one of its messages is leased, whoever reads it is told; no longer once all are saved, or the lease is over', async () => {
    const [one, other] = [await open(), await open()]
    const { requestId } = aRow()
    const [card, dm] = [
      { key: `card:${requestId}`, requestId },
      { key: `dm:${requestId}`, requestId },
    ]
    const told = async () => (await other.of(requestId)).isBeingSent
    await Promise.all([one.lease(card, 60_000), one.lease(dm, 60_000)])
    const seen = [await told(), (await one.save(card, posted('1.0'))).isBeingSent, await told()]
    seen.push((await one.save(dm, posted('2.0'))).isBeingSent, await told())
    expect(seen).toEqual([true, true, true, false, false])
    await one.lease(card, 0)
    expect(await told()).toBe(false)
  })

  test('what needs a look is found until it was looked at', async () => {
    const store = await open()
    const [of, { key }] = [aRow(), aRow()]
    const isFound = async () =>
      (await store.needingLook(100, '')).filter((row) => row.requestId === of.requestId)
    const beside = { key, requestId: of.requestId }
    for (const one of [of, beside]) await store.lease(one, 60_000)
    await store.save(of, { ...posted('1.0'), needsLook: true })
    await store.save(beside, posted('2.0'))
    expect(await isFound()).toMatchObject([{ key: of.key }])
    await store.save(of, { needsLook: false })
    expect(await isFound()).toEqual([])
  })

  test('what needs a look is found by how its key begins, however many others need one whose keys are around it', async () => {
    const store = await open()
    const begin = `m-${randomUUID()}:`
    const note = async (key: string, requestId: string, needsLook: boolean) => {
      const { leasedBy } = await store.lease({ key, requestId }, 60_000)
      await store.save({ key, requestId }, { ...posted('1.0'), needsLook }, leasedBy)
    }
    for (const requestId of [randomUUID(), randomUUID(), randomUUID()]) {
      await note(`a:${requestId}`, requestId, true)
      await note(`z:${requestId}`, requestId, false)
    }
    await note(`${begin}one`, `${begin}one`, true)
    expect(await store.needingLook(3, begin)).toMatchObject([{ key: `${begin}one` }])
  })

  test('a pause is known to all until it is over', async () => {
    const store = await open()
    await store.pause('chat.update', 60_000)
    await store.pause('chat.postMessage', -1)
    const pauses = await store.pauses()
    expect(pauses.get('chat.update')).toBeGreaterThan(30_000)
    expect(pauses.get('chat.update')).toBeLessThanOrEqual(60_000)
    expect(pauses.has('chat.postMessage')).toBe(false)
  })

  test('turns come some at once, then one after the other, for whoever takes them', async () => {
    const [one, other] = [await open(), await open()]
    const [name, another] = [randomUUID(), randomUUID()]
    const waits: number[] = []
    for (const store of [one, other, one, other])
      waits.push(await store.turn(name, { burst: 2, everyMs: 60_000 }))
    for (const [i, waitMs] of waits.entries()) {
      const expectedMs = Math.max(0, i - 1) * 60_000
      expect(waitMs).toBeLessThanOrEqual(expectedMs)
      expect(waitMs).toBeGreaterThan(expectedMs - 30_000)
    }
    expect(await one.turn(another, { burst: 1, everyMs: 60_000 })).toBe(0)
    expect([...(await one.pauses()).keys()]).not.toContain(another)
  })
}
