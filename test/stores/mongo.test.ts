import { UnknownRecord } from '../../src/domain/unknown-record.ts'
import { noLog } from '../support/no-log.ts'
import { setTimeout as passes } from 'node:timers/promises'
import type { Connection } from 'mongoose'
import { mongoClock } from '../../src/mongo/clock.ts'
import { grantModel, toStored } from '../../src/mongo/grant-model.ts'
import { askedFilter, mongoGrantRecords } from '../../src/mongo/grant-records.ts'
import { dueFilter, mongoGrants } from '../../src/mongo/grants.ts'
import { holdModel, mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { mongoLosses } from '../../src/mongo/losses.ts'
import { mongoSurfaces } from '../../src/mongo/surfaces.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { anActiveGrant, aPendingGrant, at, riley } from '../support/builders.ts'
import { anAlertedGrant, then } from '../support/lives.ts'
import { grantStoreContract, holdStoreContract, surfaceStoreContract } from './contract.ts'

let database: TestDatabase

interface Look {
  readonly planSummary: string
  readonly docsExamined: number
  readonly keysExamined: number
}

/** What MongoDB itself noted of each look at the grants, or another collection, meanwhile. */
async function watched<T>(connection: Connection, work: () => Promise<T>, at = /[.]grants$/) {
  const noted = connection.collection<Look>('system.profile')
  const ofGrants = { ns: at, planSummary: { $exists: true } }
  const before = await noted.countDocuments(ofGrants)
  await connection.db!.command({ profile: 2 })
  const found = await work().finally(() => connection.db!.command({ profile: 0 }))
  const looks = await noted.find(ofGrants).skip(before).toArray()
  return { found, looks }
}

beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

describe('grants in MongoDB', () =>
  grantStoreContract(async () => ({
    ...mongoGrants(database.connection, mongoClock(database.connection)),
    ...mongoGrantRecords(database.connection, mongoClock(database.connection)),
  })))

describe('holds in MongoDB', () =>
  holdStoreContract(async () => ({
    holds: mongoHolds(database.connection),
    passes: async (ms) => {
      await passes(ms)
    },
  })))

test('whoever clicks is found by one look at themselves, however many people there are', async () => {
  const { connection } = database
  const store = mongoPeople(connection)
  for (const team of ['T1', 'T2', 'T3'])
    for (let i = 0; i < 10; i++)
      await store.seen({ teamId: team, userId: `U${i}` }, { name: `Person ${i} of ${team}`, email: null })
  const clicks = () => mongoPeople(connection).bySlackUser('U7')
  const { found, looks } = await watched(connection, clicks, /[.]people$/)
  expect(found?.name).toBe('Person 7 of T3')
  expect(looks.map(({ docsExamined }) => docsExamined)).toEqual([3])
})

test('what was to take the place of an older request is written by whoever finds it, once, where its process died in between', async () => {
  const { connection } = database
  const store = mongoGrants(connection, mongoClock(connection))
  const subject = { ...riley, id: 'replaces' }
  const older = { ...aPendingGrant(), id: 'older', requestId: 'older', subject, requester: subject }
  const newer = { ...older, id: 'newer', requestId: 'newer' }
  await store.insert(older)
  const to = then(older, { type: 'withdraw', by: subject, supersededBy: 'newer' }, at(5))
  expect((await store.insert(newer, { from: older, to })).outcome).toBe('inserted')
  const grants = connection.collection<{ _id: string }>('grants')
  expect(await grants.findOne({ _id: 'older' })).toMatchObject({ status: 'withdrawn', dueAt: null })
  // As a process leaves it that is killed right after the first of its writes.
  const successor = await grants.findOneAndDelete({ _id: 'newer' })
  await grants.updateOne({ _id: 'older' }, { $set: { successor, dueAt: at(10) } })
  expect(await store.get('newer')).toBe(null)
  await store.shown('older', 1)
  const told: string[] = []
  store.onChange(({ id, revision }) => told.push(`${id} ${revision}`))
  for (let times = 0; times < 2; times++) await store.finishReplacing('older')
  expect(await store.get('newer')).toEqual(newer)
  expect(told).toEqual(['newer 0'])
  const left = await grants.findOne({ _id: 'older' })
  expect(left).toMatchObject({ status: 'withdrawn', dueAt: null })
  expect(left).not.toHaveProperty('successor')
  // As a process leaves it that is killed before the last: whether it told of it nobody knows.
  await grants.updateOne({ _id: 'older' }, { $set: { successor, dueAt: at(10) } })
  await store.finishReplacing('older')
  expect(await grants.findOne({ _id: 'older' })).not.toHaveProperty('successor')
  expect(told).toEqual(['newer 0', 'newer 0'])
  // Once it moved on whoever moved it told of it.
  await grants.updateOne({ _id: 'older' }, { $set: { successor, dueAt: at(10) } })
  await store.change('newer', (now) =>
    then(now, { type: 'withdraw', by: subject, supersededBy: null }, at(6)),
  )
  await store.finishReplacing('older')
  expect(told.slice(2)).toEqual(['newer 1'])
})

test('a grant whose history was written in words is read as data, and is data once it is written again', async () => {
  const { connection } = database
  const store = mongoGrants(connection, mongoClock(connection))
  const subject = { ...riley, id: 'of before' }
  const grant = { ...aPendingGrant(), id: 'of before', requestId: 'of before', subject, requester: subject }
  await store.insert(grant)
  const grants = connection.collection<{ _id: string }>('grants')
  const inWords = [{ at: at(0), what: 'asked', by: subject, note: null }]
  await grants.updateOne({ _id: grant.id }, { $set: { history: inWords } })
  const asked = { type: 'asked', at: at(0), by: subject }
  expect((await store.get(grant.id))?.history).toEqual([asked])
  expect(await grants.findOne({ _id: grant.id })).toMatchObject({ history: inWords })
  await store.change(grant.id, (now) =>
    then(now, { type: 'withdraw', by: subject, supersededBy: null }, at(5)),
  )
  expect(await grants.findOne({ _id: grant.id })).toMatchObject({
    withdrawnBy: subject,
    history: [asked, { type: 'withdrawn', at: at(5), by: subject }],
  })
})

test("an admin's yes stands until it was done, whatever another replica that has seen less forgets meanwhile", async () => {
  const losses = mongoLosses(database.connection)
  const loss = {
    resource: { id: 'gate', name: 'The gate' },
    entitlement: { id: 'open', name: 'Open the gate' },
    channel: 'C1',
    mark: 'these two',
    count: 2,
  }
  expect(await losses.note(loss)).toBe(false)
  expect(await losses.confirm({ resource: 'gate', entitlement: 'open', mark: 'these two' })).toBe(true)
  await losses.forgetBut([], 60_000)
  expect(await losses.note(loss)).toBe(true)
  await losses.taken({ ...loss, mark: 'others by now' })
  expect(await losses.all()).toHaveLength(1)
  await losses.taken(loss)
  expect(await losses.all()).toEqual([])
})

describe('what stands in Slack, in MongoDB', () =>
  surfaceStoreContract(async () => mongoSurfaces(database.connection)))

test('a yes of an admin counts no more once others were asked about, however lately', async () => {
  const losses = mongoLosses(database.connection)
  const loss = {
    resource: { id: 'gate', name: 'The gate' },
    entitlement: { id: 'shut', name: 'Shut the gate' },
    channel: 'C1',
    mark: 'these two',
    count: 2,
  }
  await losses.note(loss)
  await losses.confirm({ resource: 'gate', entitlement: 'shut', mark: loss.mark })
  expect(await losses.note({ ...loss, mark: 'those three', count: 3 })).toBe(false)
  expect(await losses.note(loss)).toBe(false)
})

test('the sweep reads by its index no more than it returns, however many old grants there are', async () => {
  const model = grantModel(database.connection)
  const finished = Array.from({ length: 3_000 }, (_, i) => ({
    _id: `old${i}`,
    requestId: `old${i}`,
    line: 0,
    isOpen: false,
    status: 'ended',
    dueAt: null,
    subject: riley,
    resource: { id: 'x' },
    entitlement: { id: 'y' },
  }))
  await model.collection.insertMany(finished as never[])
  const store = mongoGrants(database.connection, mongoClock(database.connection))
  for (let i = 0; i < 20; i++) {
    const subject = { ...riley, id: `sweep${i}` }
    await store.insert(
      aPendingGrant({
        id: `sweep${i}`,
        requestId: `sweep${i}`,
        subject,
        lapsesAt: at(i < 5 ? -2_000 : 2_000),
      }),
    )
  }
  const plan = await model
    .find(dueFilter(at(-1_000)))
    .sort({ dueAt: 1 })
    .explain('executionStats')
  const { executionStats, queryPlanner } = plan as unknown as Record<string, Record<string, unknown>>
  expect(JSON.stringify(queryPlanner?.['winningPlan'])).toContain('"indexName":"due"')
  expect(executionStats).toMatchObject({ nReturned: 5, totalDocsExamined: 5, totalKeysExamined: 5 })
})

test('looking back reads by its index no more than was asked for since then', async () => {
  const model = grantModel(database.connection)
  const plan = await model
    .find(askedFilter(at(0)))
    .sort({ requestedAt: -1 })
    .explain('executionStats')
  const { executionStats, queryPlanner } = plan as unknown as Record<string, Record<string, unknown>>
  expect(JSON.stringify(queryPlanner?.['winningPlan'])).toContain('"indexName":"asked_since"')
  expect(executionStats?.['totalDocsExamined']).toBe(executionStats?.['nReturned'])
})

test('what somebody asked for last is read from the index alone', async () => {
  const { connection } = database
  const store = mongoGrants(connection, mongoClock(connection))
  const subject = { ...riley, id: 'p-latest' }
  const old = Array.from({ length: 100 }, (_, i) => ({
    ...aPendingGrant({ subject, requestedAt: at(i) }),
    _id: `latest${i}`,
    requestId: `latest${i}`,
    status: 'ended',
    isOpen: false,
    isAsked: true,
    dueAt: null,
    unshown: false,
  }))
  await grantModel(connection).collection.insertMany(old as never[])
  const { looks, found } = await watched(connection, () => store.latestRowsOf(subject.id, 20))
  expect(found.map(({ requestedAt }) => requestedAt)).toEqual(
    Array.from({ length: 20 }, (_, i) => at(99 - i)),
  )
  expect(looks).toEqual([expect.objectContaining({ docsExamined: 0, keysExamined: 20 })])
})

test('a day is read by indexes, no more of it than happened in it', async () => {
  const { connection } = database
  const store = mongoGrantRecords(connection, mongoClock(connection))
  const [from, to, hours] = [at(10_000_000), at(10_086_400), 3_600]
  const model = { ...aPendingGrant(), isOpen: false, isAsked: true, dueAt: null, unshown: false }
  const old = Array.from({ length: 1_000 }, (_, i) => {
    const [askedAt, answeredAt] = [at(10_000_000 + (i - 800) * hours), at(10_000_001 + (i - 798) * hours)]
    const review = { by: riley, verdict: 'approve', preApprovalId: null, at: answeredAt }
    return {
      ...model,
      _id: `day${i}`,
      requestId: `day${i}`,
      requestedAt: askedAt,
      reviews: [review],
      ...(i % 2 === 0
        ? { status: 'denied', closedAt: answeredAt }
        : { status: 'ended', endedAt: answeredAt }),
    }
  })
  await grantModel(connection).collection.insertMany(old as never[])
  const { looks, found } = await watched(connection, () => store.askedOrAnswered({ from, to }))
  const ours = found.filter(({ id }) => id.startsWith('day'))
  expect(ours).toHaveLength(26)
  const happened = looks.filter(({ planSummary }) => !planSummary.includes('isOpen'))
  expect(happened.reduce((sum, { docsExamined }) => sum + docsExamined, 0)).toBe(24 + 12 + 24)
  const plans = looks.map(({ planSummary }) => planSummary).sort()
  expect(plans).toEqual([
    'IXSCAN { closedAt: 1 }',
    'IXSCAN { isOpen: 1, status: 1, requestedAt: 1 }',
    'IXSCAN { requestedAt: 1 }',
    'IXSCAN { reviews.at: 1 }',
  ])
})

test('the first of what is late in one place are read by an index, however many are late elsewhere', async () => {
  const { connection } = database
  const store = mongoGrantRecords(connection, mongoClock(connection))
  const late = Array.from({ length: 200 }, (_, i) => ({
    ...toStored({ ...anAlertedGrant(), subject: { ...riley, id: `late${i}` } }),
    _id: `late${i}`,
    requestId: `late${i}`,
    channel: i % 100 === 0 ? 'C0LATE' : 'C0OTHER',
  }))
  await grantModel(connection).collection.insertMany(late as never[])
  const where = { resourceId: anAlertedGrant().resource.id, channel: 'C0LATE' }
  const { looks, found } = await watched(connection, () => store.firstLate(where, 15))
  expect(found.grants).toHaveLength(2)
  expect(looks[0]).toMatchObject({ docsExamined: 2, keysExamined: 2 })
  await grantModel(connection).collection.deleteMany({ channel: { $in: ['C0LATE', 'C0OTHER'] } })
})

test('when things were last used is found by the index, a few keys for each however many old grants there are', async () => {
  const { connection } = database
  const store = mongoGrantRecords(connection, mongoClock(connection))
  const old = Array.from({ length: 2_000 }, (_, i) => ({
    _id: `use${i}`,
    requestId: `use${i}`,
    line: 0,
    isOpen: false,
    dueAt: null,
    subject: riley,
    resource: { id: `used-${i % 2}` },
    entitlement: { id: `used-${i % 4}` },
    requestedAt: at(i),
    // One of three was held.
    ...(i % 3 === 0 ? { status: 'ended', endedAt: at(i + 1) } : { status: 'denied', closedAt: at(i + 5) }),
  }))
  await grantModel(connection).collection.insertMany(old as never[])
  const { looks, found } = await watched(connection, () => store.lastUses())
  const ours = found.filter(({ resource }) => resource.startsWith('used-'))
  expect(ours.map(({ entitlement, at: usedAt }) => [entitlement, usedAt]).sort()).toEqual([
    ['used-0', at(1_996)],
    ['used-1', at(1_997)],
    ['used-2', at(1_999)],
    ['used-3', at(1_999)],
  ])
  const open = await connection.collection('grants').countDocuments({ isOpen: true })
  const docs = looks.reduce((sum, { docsExamined }) => sum + docsExamined, 0)
  expect(docs).toBeLessThanOrEqual(open + 2 * found.length)
  const plans = looks.map(({ planSummary }) => planSummary)
  expect(plans.filter((plan) => !plan.includes('isOpen: 1'))).toEqual([])
  expect(plans.some((plan) => plan.startsWith('DISTINCT_SCAN'))).toBe(true)
  expect(Math.max(...looks.map(({ keysExamined }) => keysExamined))).toBeLessThan(old.length / 2)
})

test('the clock is never ahead of the database, and knows when it does not know', async () => {
  const clock = mongoClock(database.connection)
  expect(clock.isSure()).toBe(false)
  await clock.sample()
  expect(clock.isSure()).toBe(true)
  const before = clock.now().getTime()
  const hello = await database.connection.db!.command({ hello: 1 })
  expect((hello['localTime'] as Date).getTime()).toBeGreaterThanOrEqual(Math.floor(before))
})

test('one document that cannot be read hides no other, and is logged with its id', async () => {
  const { connection } = database
  const said: unknown[] = []
  const log = {
    ...noLog,
    error: (_message: string, fields?: Record<string, unknown>) => void said.push(fields?.['id']),
  }
  const grants = mongoGrants(connection, mongoClock(connection), log)
  const held = { ...anActiveGrant({ id: 'readable', requestId: 'readable' }), isStanding: true }
  await grants.insert(held)
  const collection = grantModel(connection).collection
  const stored = await collection.findOne({ _id: 'readable' as never })
  await collection.insertOne({ ...stored, _id: 'unreadable', requestId: 'unreadable', subject: 7 } as never)
  expect((await grants.held()).map(({ id }) => id)).toEqual(expect.arrayContaining(['readable']))
  expect((await grants.standing()).map(({ id }) => id)).toEqual(expect.arrayContaining(['readable']))

  await expect(grants.change('unreadable', (grant) => grant)).rejects.toThrow(UnknownRecord)

  const holds = mongoHolds(connection, log)
  const key = { system: 's', principal: 'p', canonical: 'watched', target: {} }
  await holds.lease(key, 0)
  await holds.watch(key, { gave: true, forMs: 1_000 })
  const due = { dueAt: new Date(0), system: 's' }
  await holdModel(connection).collection.insertOne({ _id: 'unreadable hold', ...due } as never)
  const found = await holds.due(new Date(Date.now() + 60_000), 10)
  expect(found.map(({ canonical }) => canonical)).toContain('watched')
  expect(said).toEqual(expect.arrayContaining(['unreadable', 'unreadable hold']))
})
