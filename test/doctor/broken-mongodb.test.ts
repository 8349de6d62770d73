import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { z } from 'zod'
import { setFound, versionFound } from '../../src/doctor/database.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { eventually } from '../journeys/acts.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { anInstallation, holding, like, type Looked, looked, notRight } from './looked-at.ts'

const about = ({ findings }: Looked, what: string) =>
  findings.find((finding) => finding.area === 'MongoDB' && finding.about === what)

async function connected(uri: string): Promise<MongoClient> {
  const client = await new MongoClient(uri).connect()
  afterThis(() => client.close())
  return client
}

test('away: it is named, what else would be asked of it could not be, and Slack and systems are looked at', async () => {
  const { environment } = await anInstallation()

  const report = await looked({ ...environment, MONGODB_URI: 'mongodb://127.0.0.1:1/curfew?replicaSet=rs0' })

  expect(about(report, 'reachable')).toMatchObject({
    verdict: 'wrong',
    says: holding('does not answer'),
    remedy: holding('MONGODB_URI'),
  })
  expect(about(report, 'indexes')).toMatchObject({ verdict: 'unknown', says: 'MongoDB cannot be reached' })
  expect(new Set(notRight(report).map((one) => one.split(':')[0]))).toEqual(
    // What directories wrote of people stands there too.
    new Set(['MongoDB', 'People']),
  )
  expect(report.findings).toContainEqual(
    expect.objectContaining({ about: 'ada@acme.example', verdict: 'right' }),
  )
}, 60_000)

test('an address that cannot be read is named without its password', async () => {
  const { environment } = await anInstallation()

  const report = await looked({
    ...environment,
    MONGODB_URI: 'mongodb://curfew:hunter2hunter2@127.0.0.1/curfew?colour=red',
  })

  expect(about(report, 'reachable')).toMatchObject({
    says: holding('colour is not supported'),
  })
}, 60_000)

test('no replica set', async () => {
  const mongod = await startMongod({ cacheGB: 0.25 })
  afterThis(() => mongod.stop())
  const { environment } = await anInstallation()

  const report = await looked({ ...environment, MONGODB_URI: `${mongod.uri}curfew` })

  expect(about(report, 'replica set')).toMatchObject({
    verdict: 'wrong',
    remedy: holding('--replSet'),
  })
  expect(notRight(report)).toEqual(['MongoDB: replica set', 'MongoDB: write concern'])
}, 60_000)

test('a login that may only read', async () => {
  const root = { user: 'root', password: 'root-of-the-test' }
  const mongod = await startMongod({ auth: root, replicaSet: true, cacheGB: 0.25 })
  afterThis(() => mongod.stop())
  const client = await connected(mongod.uri)
  const make = (user: string, role: string) =>
    client.db('curfew').command({ createUser: user, pwd: 'of-the-login-alone', roles: [role] })
  await make('reader', 'read')
  await make('writer', 'readWrite')
  const { environment } = await anInstallation()
  const by = (user: string) =>
    mongod.uri.replace(/\/\/.*@/, `//${user}:of-the-login-alone@`).replace('/?', '/curfew?')

  const reader = await looked({ ...environment, MONGODB_URI: by('reader') })
  const writer = await looked({ ...environment, MONGODB_URI: by('writer') })

  expect(about(reader, 'login')).toMatchObject({
    verdict: 'wrong',
    says: like(/may not insert, update, remove/),
    remedy: holding('readWrite on curfew'),
  })
  expect(notRight(writer)).toEqual([])
}, 60_000)

test('an index that is missing is named; with all of them it is right', async () => {
  const { environment } = await anInstallation()
  const connection = await mongoose
    .createConnection(environment['MONGODB_URI'] ?? '', { autoIndex: false })
    .asPromise()
  afterThis(() => connection.close())
  await ensureIndexes(connection)
  const whole = await looked(environment)
  const indexes = z.array(z.object({ name: z.string(), key: z.record(z.string(), z.unknown()) }))
  const [, first] = indexes.parse(await connection.collection('passkeys').listIndexes().toArray())
  await connection.collection('passkeys').dropIndex(first?.name ?? '')

  const lacking = await looked(environment)

  expect(about(whole, 'indexes')).toMatchObject({ verdict: 'right', says: 'all are there' })
  expect(about(lacking, 'indexes')).toMatchObject({
    verdict: 'wrong',
    says: `one is missing, of passkeys: ${Object.keys(first?.key ?? {}).join(', ')}`,
    remedy: holding('Start Curfew anew'),
  })
  expect(notRight(lacking)).toEqual(['MongoDB: indexes'])
}, 60_000)

test('a clock an hour off is said with how far, and which way', async () => {
  const { environment } = await anInstallation()

  const report = await looked(environment, () => new Date(Date.now() + 3_600_000))

  expect(about(report, 'clock')).toMatchObject({
    verdict: 'wrong',
    says: like(/^3(600|599|601) s behind this machine's$/),
    remedy: holding('NTP'),
  })
}, 60_000)

const configuration = z.object({
  config: z.looseObject({ version: z.number(), members: z.array(z.unknown()) }),
})
const status = z.object({
  majorityVoteCount: z.number(),
  members: z.array(z.object({ stateStr: z.string() })),
})

test('a majority that does not keep up: no write of Curfew would be confirmed', async () => {
  const [first, second] = await Promise.all([
    startMongod({ replicaSet: true, failPoints: true, cacheGB: 0.25 }),
    startMongod({ joins: true, failPoints: true, cacheGB: 0.25 }),
  ])
  afterThis(() => first.stop())
  afterThis(() => second.stop())
  const { host } = new URL(second.uri)
  const primary = await connected(first.uri)
  const admin = primary.db('admin')
  const { config } = configuration.parse(await admin.command({ replSetGetConfig: 1 }))
  const members = [...config.members, { _id: 1, host, priority: 0 }]
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members } })
  await eventually(
    async () => status.parse(await admin.command({ replSetGetStatus: 1 })),
    ({ majorityVoteCount, members: all }) => majorityVoteCount === 2 && all.at(1)?.stateStr === 'SECONDARY',
    40_000,
  )
  const { environment } = await anInstallation()
  const MONGODB_URI = first.uri.replace('/?', '/curfew?')
  const well = await looked({ ...environment, MONGODB_URI })
  const lagging = await connected(`mongodb://${host}/?directConnection=true`)
  await lagging.db('admin').command({ configureFailPoint: 'rsSyncApplyStop', mode: 'alwaysOn' })
  await primary
    .db('elsewhere')
    .collection('x')
    .insertOne({}, { writeConcern: { w: 1 } })

  const report = await looked({ ...environment, MONGODB_URI })

  expect(about(well, 'write concern')).toMatchObject({ verdict: 'right' })
  expect(about(report, 'write concern')).toMatchObject({
    verdict: 'wrong',
    says: holding('no majority confirmed'),
    remedy: holding('rs.status()'),
  })
}, 90_000)

test('a server older than those that were tried, and a router of a sharded cluster, are said to be wrong', () => {
  expect(
    [versionFound('5.0.31'), versionFound('6.0.5'), versionFound('8.2.0')].map(({ verdict }) => verdict),
  ).toEqual(['wrong', 'right', 'right'])
  const server = { version: '8.0.0', members: 0, arbiters: 0, localTime: new Date(), roundTripMs: 1 }
  expect(setFound({ ...server, setName: null, isRouter: true })).toMatchObject({ verdict: 'wrong' })
})
