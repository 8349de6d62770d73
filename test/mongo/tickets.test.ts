import { setTimeout as sleep } from 'node:timers/promises'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoTickets, ticketModel } from '../../src/mongo/tickets.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { ada, riley } from '../support/builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

const aTicket = { act: 'show-secret', grantId: 'g$1', by: riley } as const

test('of all who use a ticket at once one gets what it is for, and nobody after', async () => {
  const tickets = mongoTickets(database.connection)
  const token = await tickets.make(aTicket, 60_000)
  const looked = [await tickets.look(token), await tickets.look(token)]
  const used = await Promise.all(Array.from({ length: 30 }, () => tickets.use(token)))
  expect(looked).toEqual([aTicket, aTicket])
  expect(used.filter((one) => one !== null)).toEqual([aTicket])
  expect([await tickets.look(token), await tickets.use(token)]).toEqual([null, null])
  await tickets.giveBack(token)
  expect(await tickets.use(token)).toEqual(aTicket)
})

test('a ticket is good for its time, also one that was given back, and an unknown one never', async () => {
  const tickets = mongoTickets(database.connection)
  const token = await tickets.make(aTicket, 40)
  const other = await tickets.make({ ...aTicket, by: ada }, 60_000)
  await sleep(60)
  await tickets.giveBack(token)
  const unknown = [token.slice(1), `${token}=`, '', '$ne', '../x', 'é'.repeat(1_000)]
  const seen = await Promise.all([token, ...unknown].flatMap((one) => [tickets.look(one), tickets.use(one)]))
  expect(seen.filter((one) => one !== null)).toEqual([])
  expect((await tickets.look(other))?.by).toEqual(ada)
})

test('who reads the database has no link: what is kept is a hash, and goes by itself', async () => {
  const tickets = mongoTickets(database.connection)
  const token = await tickets.make(aTicket, 60_000)
  const model = ticketModel(database.connection)
  const all = JSON.stringify(await model.find().lean())
  const indexes = await model.collection.indexes()
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(all).not.toContain(token)
  expect(indexes).toContainEqual(expect.objectContaining({ key: { until: 1 }, expireAfterSeconds: 3_600 }))
})

test('five wrong answers to a ticket end it, however many come at once', async () => {
  const tickets = mongoTickets(database.connection)
  const token = await tickets.make({ act: 'enrol', by: riley, isProven: false }, 60_000)
  const left = await Promise.all([1, 2, 3, 4].map(() => tickets.miss(token)))
  expect([...left].sort()).toEqual([1, 2, 3, 4])
  expect(await tickets.look(token)).toMatchObject({ act: 'enrol', isProven: false })
  expect(await tickets.miss(token)).toBe(0)
  expect([await tickets.look(token), await tickets.use(token)]).toEqual([null, null])
})

test('whoever left to sign in elsewhere comes back once, and with the latest attempt alone', async () => {
  const tickets = mongoTickets(database.connection)
  const token = await tickets.make({ act: 'enrol', by: riley, isProven: false }, 60_000)
  const attempt = { state: 's', nonce: 'n', verifier: 'v', browser: 'b' }
  expect(await tickets.comeBack(token)).toBeNull()
  await tickets.leave(token, { ...attempt, state: 'earlier' })
  await tickets.leave(token, attempt)
  const back = await Promise.all([tickets.comeBack(token), tickets.comeBack(token)])
  expect(back.filter((one) => one !== null)).toEqual([attempt])
})
