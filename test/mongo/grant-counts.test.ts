import { mongoGrantCounts } from '../../src/mongo/grant-counts.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { aDatabase } from '../support/database.ts'
import { after, aGrantingGrant, anActiveGrant, aPendingGrant, at, riley } from '../support/builders.ts'
import { aDeniedGrant } from '../support/lives.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const endsAt = at(7_210)

/** A database in which these are, read at this instant. */
async function counted(now: Date, grants: readonly Grant[]) {
  const { connection, drop } = await aDatabase()
  afterThis(drop)
  await ensureIndexes(connection)
  const clock = { now: () => now }
  const store = mongoGrants(connection, clock)
  for (const [index, grant] of grants.entries())
    await store.insert({
      ...grant,
      id: `g${index}`,
      requestId: `r${index}`,
      subject: { ...riley, id: `somebody ${index}` },
    })
  return { connection, counter: mongoGrantCounts(connection, clock) }
}

const revoking = (takeAt: Date) =>
  after(anActiveGrant(), { type: 'end', cause: 'revoked', by: riley, note: null, takeAt }, at(20), 'revoking')

test('grants are counted by what they are, and what is over as one', async () => {
  const { counter } = await counted(at(15), [
    aPendingGrant({ requestedAt: at(-60), unshown: false }),
    aPendingGrant(),
    aGrantingGrant(),
    anActiveGrant(),
    anActiveGrant(),
    { ...aDeniedGrant(), unshown: false },
  ])
  const counts = await counter.counts()
  expect(Object.fromEntries(counts.open)).toEqual({
    pending: 2,
    waiting: 0,
    recurring: 0,
    granting: 1,
    active: 2,
    revoking: 0,
  })
  expect(counts.over).toBe(1)
  expect(counts.oldestPendingAt).toEqual(at(-60))
  expect(counts.owed).toEqual({ give: { count: 1, oldestAt: at(10) }, take: { count: 0, oldestAt: null } })
  expect(counts.unshown).toBe(4)
  expect(counts.late).toBe(0)
})

test('owed is what should have been taken by now, whether or not anybody began; and nothing whose instant is to come', async () => {
  const overdue = { ...revoking(at(100)), alertedAt: at(170) }
  const { counter } = await counted(at(7_300), [
    overdue,
    revoking(at(200)),
    revoking(at(7_301)),
    // Nobody has looked at it since its end.
    anActiveGrant(),
  ])
  const counts = await counter.counts()
  expect(counts.owed.take).toEqual({ count: 3, oldestAt: at(100) })
  expect(counts.late).toBe(1)
  const idle = await (await counted(at(7_300), [anActiveGrant()])).counter.counts()
  expect(idle.owed.take).toEqual({ count: 1, oldestAt: endsAt })
  expect(idle.oldestDueAt).toEqual(anActiveGrant().dueAt)
})

test('where there is nothing, there is nothing', async () => {
  const { counter } = await counted(at(0), [])
  expect(await counter.counts()).toMatchObject({
    over: 0,
    owed: { give: { count: 0, oldestAt: null }, take: { count: 0, oldestAt: null } },
    oldestPendingAt: null,
    oldestDueAt: null,
  })
})

test('what is over costs nothing, and of what is held no grant is read', async () => {
  const over = Array.from({ length: 300 }, () => ({ ...aDeniedGrant(), unshown: false }))
  const held = Array.from({ length: 30 }, () => ({ ...anActiveGrant(), unshown: false }))
  const { connection, counter } = await counted(at(15), [...over, ...held])
  await connection.db?.command({ profile: 2 })
  await counter.counts()
  await connection.db?.command({ profile: 0 })
  const looks = await connection
    .collection('system.profile')
    .find({ ns: /[.]grants$/, planSummary: { $exists: true } })
    .toArray()
  expect(looks.length).toBeGreaterThan(5)
  for (const { planSummary, docsExamined, keysExamined } of looks) {
    expect(planSummary).toMatch(/^(IXSCAN|RECORD_STORE_FAST_COUNT|COUNT)/)
    expect(docsExamined ?? 0).toBe(0)
    expect(keysExamined ?? 0).toBeLessThan(40)
  }
})
