import { z } from 'zod'
import { startMongod, type Mongod } from '../../support/mongod.ts'
import { freePort } from '../../support/free-port.ts'
import { aDatabase } from '../../support/database.ts'
import { noLog } from '../../support/no-log.ts'
import { connect } from '../../../src/mongo/connection.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { mongoScim } from '../../../src/mongo/scim/store.ts'
import { mongoScimTokenDesk, mongoScimTokens } from '../../../src/mongo/scim/tokens.ts'
import { scimPath } from '../../../src/web/scim/path.ts'
import { scimRoutes } from '../../../src/web/scim/routes.ts'
import { serveWeb } from '../../../src/web/server.ts'

/** The server as it runs: connected as the app connects. */
async function start(server: string) {
  const database = await aDatabase(server)
  const connection = await connect(database.uri)
  await ensureIndexes(connection)
  const made = await mongoScimTokenDesk(connection).create('okta', 'ada', undefined)
  if (!('token' in made)) throw new Error('there are two already')
  const changes: (readonly string[])[] = []
  const port = await freePort()
  const room = scimRoutes({
    store: mongoScim(connection, noLog),
    tokens: mongoScimTokens(connection, noLog),
    publicUrl: `http://127.0.0.1:${port}`,
    log: noLog,
    changed: ({ users }) => changes.push(users),
  })
  const web = await serveWeb({ port, slack: null, rooms: { [scimPath]: room } })
  return {
    database,
    changes,
    ask: async (method: string, path: string, body?: object) => {
      const response = await fetch(`http://127.0.0.1:${port}${scimPath}${path}`, {
        method,
        headers: { authorization: `Bearer ${made.token}`, 'content-type': 'application/scim+json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, json: told.parse(text === '' ? {} : JSON.parse(text)) }
    },
    close: async () => {
      await web.close()
      await connection.close()
      await database.drop()
    },
  }
}

const told = z.looseObject({
  id: z.string().default(''),
  active: z.boolean().optional(),
  members: z.array(z.object({ value: z.string() })).default([]),
})

let mongod: Mongod
let scim: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  mongod = await startMongod({ replicaSet: true, failPoints: true })
  scim = await start(mongod.uri)
}, 60_000)
afterAll(async () => {
  await scim.close()
  await mongod.stop()
})

let made = 0
const aUser = () => scim.ask('POST', '/Users', { userName: `sam-${made++}@acme.example` })
const patch = (path: string, ...Operations: object[]) => scim.ask('PATCH', path, { Operations })
const failing = async (mode: object | 'off', data: object = {}) =>
  scim.database.connection.db?.admin().command({ configureFailPoint: 'failCommand', mode, data })

const underWay = z.object({ inprog: z.array(z.unknown()) })
/** Those that MongoDB has begun, and transactions that are open. */
const writesUnderWay = async (): Promise<number> => {
  const asked = {
    currentOp: 1,
    $or: [{ 'command.update': { $exists: true } }, { transaction: { $exists: true } }],
  }
  return underWay.parse(await scim.database.connection.db?.admin().command(asked)).inprog.length
}

// Sent again it changes nothing, so nobody is looked at: they keep what they hold until the look of each minute.
test('a deactivation that was written though it was answered 503 is heard of at once when it is sent again', async () => {
  const { json: sam } = await aUser()
  scim.changes.length = 0
  const off = { op: 'replace', value: { active: false } }
  await failing(
    { times: 2 },
    {
      failCommands: ['findAndModify'],
      writeConcernError: { code: 91, errmsg: 'shutting down', errorLabels: ['RetryableWriteError'] },
    },
  )
  const first = await patch(`/Users/${sam.id}`, off)
  await failing('off')
  expect(first.status).toBe(503)
  const again = await patch(`/Users/${sam.id}`, off)
  expect([again.status, again.json.active]).toEqual([200, false])
  expect(scim.changes.flat()).toEqual([sam.id])
})

test('a deletion that was written though it was answered 503 is heard of at once when it is sent again', async () => {
  const { json: sam } = await aUser()
  scim.changes.length = 0
  await failing(
    { times: 100_000 },
    {
      failCommands: ['commitTransaction'],
      writeConcernError: { code: 91, errmsg: 'shutting down', errorLabels: ['RetryableWriteError'] },
    },
  )
  const first = await scim.ask('DELETE', `/Users/${sam.id}`)
  await failing('off')
  expect(first.status).toBe(503)
  await scim.ask('DELETE', `/Users/${sam.id}`)
  expect(scim.changes.flat()).toContain(sam.id)
}, 40_000)

// The provider was told that it is not done; what it asks next is of later.
test('an add that was answered 503 is not written after the remove that followed it', async () => {
  const [{ json: sam }, { json: group }] = [
    await aUser(),
    await scim.ask('POST', '/Groups', { displayName: 'dba' }),
  ]
  const members = () => scim.ask('GET', `/Groups/${group.id}`).then(({ json }) => json.members)
  const isLate = { failCommands: ['update'], blockConnection: true, blockTimeMS: 11_500 }
  await failing({ times: 1 }, isLate)
  const added = await patch(
    `/Groups/${group.id}`,
    { op: 'add', path: 'members', value: [{ value: sam.id }] },
    { op: 'replace', path: 'displayName', value: 'db admins' },
  )
  expect(added.status).toBe(503)
  const removed = await patch(`/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${sam.id}"]` })
  expect(removed.status).toBeLessThan(300)
  while ((await writesUnderWay()) > 0);
  expect(await members()).toEqual([])
}, 40_000)
