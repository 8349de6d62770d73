import mongoose, { type Connection } from 'mongoose'
import { setTimeout as sleep } from 'node:timers/promises'
import { holdId, type HoldKey } from '../../src/domain/hold.ts'
import type { HoldStore } from '../../src/domain/ports/holds.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { startMongod, type Mongod } from '../support/mongod.ts'

const blockedMs = 1_500
let server: Mongod
let connection: Connection
let impatient: Connection

const connect = (options: object) =>
  mongoose.createConnection(server.uri, { dbName: 'holds', autoIndex: false, ...options }).asPromise()
beforeAll(async () => {
  server = await startMongod({ replicaSet: true, failPoints: true })
  connection = await connect({})
  impatient = await connect({ appName: 'impatient', retryWrites: true, socketTimeoutMS: 300 })
}, 60_000)
afterAll(async () => {
  await Promise.all([connection.close(true), impatient.close(true)])
  await server.stop()
})

const byG = { grantId: 'g', where: 'here' }
let made = 0
async function claimed(holds: HoldStore, { keepMs = 0 } = {}) {
  const key = { system: 's', principal: `p${++made}`, canonical: 'c', target: { role: 'read' } }
  const leased = await holds.lease(key, 10_000)
  if (!leased.taken) throw new Error('busy')
  const { token } = leased.hold
  await holds.write(key, token, { where: 'here', claim: { grantId: 'g', end: new Date(1_000) }, keepMs })
  return { key, token }
}
const stored = () => connection.collection<{ _id: string; call: unknown }>('holds')
const callOf = async (key: HoldKey) => (await stored().findOne({ _id: holdId(key) }))?.call

test.each<[string, object]>([
  ['an object where a place is', { where: { address: 'x' } }],
  ['a list where an intent is', { intent: [{ number: 1, of: 'give:g', isKnown: true }] }],
  ['a list where a token is', { token: [3] }],
  ['a watch that nobody here knows', { watch: { since: 'newer' } }],
])(
  'what another version wrote, %s, is not announced, and keeps no other of its batch from it',
  async (_what, odd) => {
    const holds = mongoHolds(connection)
    const [first, strange, last] = [await claimed(holds), await claimed(holds), await claimed(holds)]
    await stored().updateOne({ _id: holdId(strange.key) }, { $set: odd })
    const asked = await Promise.all(
      [first, strange, last].map(({ key }) => holds.leaseToTake(key, 10_000, byG)),
    )
    expect(asked.map((hold) => hold?.call)).toEqual(['take', undefined, 'take'])
    expect(await callOf(strange.key)).toBeNull()
  },
)

test('a command of which nobody hears any more leases nothing after its asker was told that it has nothing', async () => {
  const [ours, others] = [mongoHolds(impatient), mongoHolds(connection)]
  const { key, token } = await claimed(others, { keepMs: 60_000 })
  const free = await claimed(others)
  await connection.db?.admin().command({
    configureFailPoint: 'failCommand',
    mode: { times: 1 },
    data: { failCommands: ['update'], appName: 'impatient', blockConnection: true, blockTimeMS: blockedMs },
  })
  const asked = await Promise.all([key, free.key].map((one) => ours.leaseToTake(one, 10_000, byG)))
  expect(asked.map((hold) => hold?.call)).toEqual([undefined, 'take'])
  // Whoever had it gives it back; then the command that was given up is carried out.
  await others.write(key, token, { keepMs: 0 })
  await sleep(blockedMs + 500)
  expect(await others.get(key)).toMatchObject({ token, call: null })
  expect(await others.get(free.key)).toMatchObject({ token: free.token + 1, call: 'take' })
})

/** `g` claims alone; another process has leased it, was paused, and its lease is over: what it writes keeps the token. */
async function leasedBefore(holds: HoldStore) {
  const { key } = await claimed(holds)
  const leased = await holds.lease(key, 1)
  if (!leased.taken) throw new Error('busy')
  await sleep(50)
  return { key, hold: leased.hold }
}

async function askedMeanwhile(key: HoldKey, meanwhile: () => Promise<void>) {
  const held = await connect({ appName: 'held up' })
  try {
    await connection.db?.admin().command({
      configureFailPoint: 'failCommand',
      mode: { times: 1 },
      data: { failCommands: ['update'], appName: 'held up', blockConnection: true, blockTimeMS: 1_000 },
    })
    const asked = mongoHolds(held).leaseToTake(key, 10_000, byG)
    await sleep(300)
    await meanwhile()
    return await asked
  } finally {
    await held.close(true)
  }
}

test('what another grant claims meanwhile, under the same token, is not leased to be taken', async () => {
  const holds = mongoHolds(connection)
  const { key, hold } = await leasedBefore(holds)
  const intent = { number: hold.intent.number + 1, of: 'give:h', isKnown: false }
  const asked = await askedMeanwhile(key, async () => {
    const claim = { grantId: 'h', end: new Date('2100-01-01') }
    await holds.write(key, hold.token, { claim, call: 'give', intent, keepMs: 10_000 })
    await holds.write(key, hold.token, { call: null, intent: { ...intent, isKnown: true }, keepMs: 0 })
  })
  expect(asked).toBeNull()
  const now = await holds.get(key)
  expect(now).toMatchObject({ call: null, token: hold.token })
  expect(Object.keys(now?.claims ?? {})).toEqual(['g', 'h'])
})

test('a give that is announced meanwhile, under the same token, and of which nobody hears, is not forgotten', async () => {
  const holds = mongoHolds(connection)
  const { key, hold } = await leasedBefore(holds)
  const intent = { number: hold.intent.number + 1, of: 'give:g', isKnown: false }
  const asked = await askedMeanwhile(key, async () => {
    await holds.write(key, hold.token, { call: 'give', intent, keepMs: 100 })
  })
  expect(asked).toBeNull()
  expect(await callOf(key)).toBe('give')
})
