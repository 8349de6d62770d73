import { mongoPeople, personModel } from '../../src/mongo/people.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

const slackOf = (i: number, teamId = 'T1') => ({ teamId, userId: `U${i}` })
const profileOf = (i: number) => ({ name: `Person ${i}`, email: `Person-${i}@acme.example` })
const company = Array.from({ length: 450 }, (_, i) => i)

test('a company that two processes meet at one moment has one record each, however many there are', async () => {
  const [one, other] = [mongoPeople(database.connection), mongoPeople(database.connection)]
  const [here, there] = await Promise.all(
    [one, other].map((people) => Promise.all(company.map((i) => people.seen(slackOf(i), profileOf(i))))),
  )
  expect(here).toEqual(there)
  expect(new Set(here?.map(({ id }) => id)).size).toBe(450)
  expect(here?.[7]).toMatchObject({ slack: slackOf(7), ...profileOf(7) })
  expect(await one.called(['person-7@acme.example'])).toEqual([here?.[7]])
  expect(await personModel(database.connection).countDocuments({ 'slack.teamId': 'T1' })).toBe(450)
})

test('whoever is as they were is not written again; what is said of the others follows', async () => {
  const people = mongoPeople(database.connection)
  const model = personModel(database.connection)
  const before = await Promise.all(company.map((i) => people.seen(slackOf(i, 'T2'), profileOf(i))))
  // MongoDB notes what is asked of this database alone.
  await database.connection.db?.command({ profile: 2 })
  const after = await Promise.all(
    company.map((i) =>
      people.seen(slackOf(i, 'T2'), i === 3 ? { ...profileOf(i), name: 'Ada' } : profileOf(i)),
    ),
  )
  await database.connection.db?.command({ profile: 0 })
  const noted = database.connection.collection('system.profile')
  const isWrite = [{ op: 'update' }, { 'command.findAndModify': { $exists: true } }]
  expect(await noted.countDocuments({ ns: /people$/, $or: isWrite })).toBe(1)
  expect(after[3]).toEqual({ ...before[3], name: 'Ada' })
  expect(after.slice(4)).toEqual(before.slice(4))
  expect(await model.findOne({ 'slack.teamId': 'T2', 'slack.userId': 'U3' }).lean()).toMatchObject({
    name: 'Ada',
    emailKey: 'person-3@acme.example',
  })
})

test('somebody whose record cannot be read keeps nobody else who is met with them from being known', async () => {
  const people = mongoPeople(database.connection)
  const three = [11, 12, 13]
  await Promise.all(three.map((i) => people.seen(slackOf(i, 'T5'), profileOf(i))))
  const model = personModel(database.connection)
  // One that is healed by being written, and one that is not.
  await model.collection.updateOne({ 'slack.teamId': 'T5', 'slack.userId': 'U11' }, { $set: { name: 7 } })
  await model.collection.updateOne(
    { 'slack.teamId': 'T5', 'slack.userId': 'U12' },
    { $set: { 'slack.more': 1 } },
  )
  await model.collection.deleteOne({ 'slack.teamId': 'T5', 'slack.userId': 'U13' })
  await model.collection.insertOne({ slack: slackOf(13, 'T5'), name: 'No id of ours' })
  const [healed, other, broken] = await Promise.allSettled(
    three.map((i) => people.seen(slackOf(i, 'T5'), profileOf(i))),
  )
  expect([healed, other]).toMatchObject([{ value: profileOf(11) }, { value: profileOf(12) }])
  expect(broken?.status).toBe('rejected')
})

test('an e-mail of which nothing is said stays, one that is said to be none goes, and the same id of another workspace is another person', async () => {
  const people = mongoPeople(database.connection)
  const riley = await people.seen(slackOf(1, 'T3'), { name: 'Riley', email: 'riley@acme.example' })
  const [unread, kim, sam] = await Promise.all([
    people.seen(slackOf(1, 'T3'), { name: 'Riley' }),
    people.seen(slackOf(1, 'T4'), { name: 'Kim', email: null }),
    people.seen(slackOf(2, 'T3'), { name: 'Sam' }),
  ])
  expect(unread).toEqual(riley)
  expect(kim).toMatchObject({ name: 'Kim', email: null })
  expect(kim.id).not.toBe(riley.id)
  expect(sam).toMatchObject({ name: 'Sam', email: null })
  const gone = await people.seen(slackOf(1, 'T3'), { name: 'Riley', email: null })
  expect(gone).toEqual({ ...riley, email: null })
  expect(await people.called(['riley@acme.example'])).toEqual([])
})
