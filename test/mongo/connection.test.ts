import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda } from 'agenda'
import { createServer } from 'node:net'
import { z } from 'zod'
import { mongoClock } from '../../src/mongo/clock.ts'
import { asUnusable, connect } from '../../src/mongo/connection.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { mongoQuotas } from '../../src/mongo/quotas.ts'
import { Unusable } from '../../src/mongo/unusable.ts'
import { aPendingGrant } from '../support/builders.ts'
import { uriOf } from '../support/curfew.ts'
import { aDatabase } from '../support/database.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** What the server itself noted of each command. */
const noted = z.object({
  op: z.string(),
  ns: z.string(),
  command: z.looseObject({ $readPreference: z.object({ mode: z.string() }).optional() }),
  readConcern: z.object({ level: z.string().optional() }).optional(),
  writeConcern: z.object({ w: z.unknown(), j: z.boolean().optional(), wtimeout: z.number() }).optional(),
})

const weaker = [
  'readPreference=secondaryPreferred',
  'readPreference=nearest&readPreferenceTags=dc:east&maxStalenessSeconds=120',
  'READPREFERENCE=secondary',
  'readConcernLevel=available',
  'w=0',
  'w=1&journal=false&wtimeoutMS=1',
  'j=false&wtimeout=1&retryWrites=false&retryReads=false',
]

test.each(weaker)(
  'with %s in its address too, all that decides is read from the primary, and a write counts once the majority has it in its journal',
  async (option) => {
    const { uri, name, connection: beside, drop } = await aDatabase()
    afterThis(drop)
    await beside.db?.command({ profile: 2 })
    const place = uriOf(uri, name)
    const connection = await connect(`${place}${place.includes('?') ? '&' : '?'}${option}`)
    afterThis(() => connection.close())
    if (!connection.db) throw new Error('not open')

    await ensureIndexes(connection)
    const grants = mongoGrants(connection, mongoClock(connection))
    const grant = aPendingGrant({ id: 'one' })
    await grants.insert(grant)
    await grants.change('one', (one) => ({ ...one, unshown: false }))
    await grants.openOf(grant.subject.id)
    await grants.due(new Date(), 10)
    await mongoPeople(connection).seen({ teamId: 'T1', userId: 'U1' }, { name: 'Riley', email: null })
    await mongoQuotas(connection).use('a', 'one', { uses: 1, perMs: 1_000 })
    const agenda = new Agenda({ backend: new MongoBackend({ mongo: connection.db, collection: 'jobs' }) })
    await agenda.ready
    agenda.define('nothing', async () => undefined)
    await agenda.every(60_000, 'nothing')
    await agenda.start()
    await agenda.stop(false)
    await connection.db.collection('jobs').findOne({ name: 'nothing' })

    const rows = await beside.db
      ?.collection('system.profile')
      .find({
        op: { $in: ['query', 'command', 'insert', 'update', 'remove'] },
        ns: { $not: /system\.profile/ },
      })
      .toArray()
    const commands = z.array(noted).parse(rows)
    const reads = commands.filter(({ op }) => op === 'query')
    const writes = commands.filter(({ writeConcern }) => writeConcern !== undefined)
    const collectionsOf = (some: typeof commands) => new Set(some.map(({ ns }) => ns.split('.').at(-1)))
    expect(collectionsOf(reads)).toEqual(new Set(['grants', 'jobs', 'people']))
    expect([...collectionsOf(writes)]).toEqual(expect.arrayContaining(['grants', 'people', 'quotas', 'jobs']))
    for (const { command, readConcern } of commands) {
      expect(command.$readPreference?.mode ?? 'primary').toBe('primary')
      expect(readConcern?.level ?? 'local').toBe('local')
    }
    for (const { writeConcern } of writes)
      expect(writeConcern).toEqual({ w: 'majority', j: true, wtimeout: 0 })
  },
  60_000,
)

const secret = 'hunter2hunter2'

test.each([
  ['mongodb://', 'Protocol and host list are required'],
  ['mongodb://h/curfew?colour=red', 'option colour is not supported'],
  ['mongodb://h:99999/curfew', 'Unable to parse'],
  [`mongodb://curfew:${secret}@x@h/curfew`, 'Invalid connection string'],
  [`mongodb://curfew:${secret}%zz@h/curfew`, 'URI malformed'],
  [`mongodb://curfew:${secret}/x@h:1/curfew`, ''],
  [`mongodb://curfew:${secret}@h/curfew?authMechanism=HANDSHAKE`, 'authMechanism'],
  ['mongodb://h/curfew?authMechanism=GSSAPI', 'Username required'],
  ['mongodb+srv://cluster.example.com:27017/curfew', 'cannot have port number'],
  ['mongodb://h/curfew?tls=true&tlsCAFile=/nowhere/ca.pem', 'names a file that cannot be read'],
  ['mongodb://h/curfew?w=1&compressors=bzip', 'bzip'],
])('an address that can never work is told from an outage, without its password: %s', async (uri, words) => {
  const failure: unknown = await connect(uri).catch((error: unknown) => error)
  if (!(failure instanceof Error)) throw new Error('it connected')
  if (words === '') {
    expect(failure.message).not.toContain(secret)
    return
  }
  expect(failure).toBeInstanceOf(Unusable)
  expect(failure.message).toContain(words)
  expect(failure.message).not.toContain(secret)
})

test('neither a server that speaks no TLS nor one of another replica set is waited for', async () => {
  const { uri } = await aDatabase()
  const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(async () => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const other = new URL(uri)
  other.searchParams.set('replicaSet', 'another')

  await expect(connect(`mongodb://127.0.0.1:${port}/curfew?tls=true`)).rejects.toThrow(
    /^No TLS connection to MongoDB can be made with MONGODB_URI/,
  )
  await expect(connect(other.toString())).rejects.toThrow(/is a member of its replicaSet/)
}, 30_000)

test('a login that may not use the database is told from an outage, at the connection or at the first write', async () => {
  const root = { user: 'root', password: secret }
  const mongod = await startMongod({ replicaSet: true, auth: root, cacheGB: 0.25 })
  afterThis(() => mongod.stop())
  const admin = await connect(mongod.uri)
  afterThis(() => admin.close())
  await admin
    .getClient()
    .db('admin')
    .command({ createUser: 'reader', pwd: secret, roles: ['readAnyDatabase'] })
  const wrong = new URL(mongod.uri)
  wrong.password = 'wrong-secret'
  const reader = new URL(mongod.uri)
  reader.username = 'reader'

  await expect(connect(wrong.toString())).rejects.toThrow('MongoDB does not accept the login in MONGODB_URI')
  const reading = await connect(reader.toString())
  afterThis(() => reading.close())
  const refused: unknown = await ensureIndexes(reading).catch((error: unknown) => error)
  expect(asUnusable(reader.toString(), refused)).toEqual(
    new Unusable('The login in MONGODB_URI may not use its database: it needs the role readWrite there'),
  )
}, 60_000)

test('a server that is away, or a name that nobody knows now, is an outage', async () => {
  for (const uri of ['mongodb://127.0.0.1:1/curfew', 'mongodb://nobody.invalid/curfew']) {
    const failure: unknown = await connect(uri).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(Unusable)
  }
}, 30_000)
