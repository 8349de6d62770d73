import { MongoClient } from 'mongodb'
import { reportSchema } from '../../src/doctor/finding.ts'
import { curfew } from '../journeys/app-process.ts'
import { uriOf } from '../support/curfew.ts'
import { anInstallation, holding, looked, notRight, secretsIn } from './looked-at.ts'

/** All that stands in a database, and how: its collections, their indexes, and a sum over every document. */
async function standsIn(uri: string): Promise<unknown> {
  const client = await new MongoClient(uri).connect()
  try {
    const db = client.db()
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort()
    const indexes = await Promise.all(names.map((name) => db.collection(name).listIndexes().toArray()))
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
    const sums: unknown = (await db.command({ dbHash: 1 }))['collections']
    return { names, indexes, sums, isThere: databases.some(({ name }) => name === db.databaseName) }
  } finally {
    await client.close()
  }
}

const reads = [
  'auth.test',
  'apps.connections.open',
  'conversations.info',
  'users.info',
  'users.lookupByEmail',
  'usergroups.list',
]

test('where everything is right it says so by area and ends with 0, over HTTP with the app running', async () => {
  const { environment, startApp } = await anInstallation({ transport: 'http' })
  await startApp()
  const PUBLIC_URL = `http://127.0.0.1:${environment['PORT']}`

  const { exited, lines } = curfew(['doctor'], { ...environment, PUBLIC_URL })

  expect([await exited, lines.filter((line) => /WRONG|\? {2}/.test(line))]).toEqual([0, []])
  const said = lines.join('\n')
  for (const line of [
    /^Environment\n {2}ok {5}variables: /m,
    /^Catalog\n {2}ok {5}.*: 3 resources on 2 systems$/m,
    /^MongoDB\n {2}ok {5}reachable: /m,
    /^ {2}ok {5}replica set: curfew, members with data: 1$/m,
    /^ {2}ok {5}write concern: a majority confirms/m,
    /^ {2}ok {5}indexes: all are there$/m,
    /^ {2}ok {5}clock: within 1 s of ours$/m,
    /^ {2}ok {5}bot token: curfew in Example Works/m,
    /^ {2}ok {5}scopes: all 8 /m,
    /^ {2}ok {5}HTTP: requests of Slack arrive at /m,
    /^Channels\n.*#orders .*\n.*#access .*: the app is in it$/m,
    /^ {2}ok {5}ada@acme\.example: Ada$/m,
    /^ {2}ok {5}@dba: 2 in it$/m,
    /^ {2}ok {5}orders-cluster \(mongodb\): reached, and nothing is missing$/m,
    /^ {2}ok {5}gate \(webhook\): reached/m,
    /^PUBLIC_URL\n {2}ok {5}http:.*: Curfew answers there$/m,
    /^All is right: \d+ things were looked at\.$/m,
  ])
    expect(said).toMatch(line)
  for (const secret of secretsIn(environment)) expect(said).not.toContain(secret)
}, 60_000)

test('it changes nothing: neither in the database, nor in Slack, nor on a system', async () => {
  const { environment, workspace, gate, database, startApp, stopApp } = await anInstallation()
  await startApp()
  await stopApp()
  const before = await standsIn(environment['MONGODB_URI'] ?? '')
  const callsBefore = workspace.calls.length
  const gateBefore = gate.calls.length

  const report = await looked(environment)

  expect([notRight(report), report.verdict, report.exitCode]).toEqual([[], 'right', 0])
  expect(await standsIn(environment['MONGODB_URI'] ?? '')).toEqual(before)
  const called = new Set(workspace.calls.slice(callsBefore).map(({ method }) => method))
  expect([...called].filter((method) => !reads.includes(method))).toEqual([])
  expect(called).toContain('apps.connections.open')
  expect(workspace.sockets.open).toBe(0)
  expect(new Set(gate.calls.slice(gateBefore).map(({ action }) => action))).toEqual(new Set(['check']))
  expect(await database.holders('read')).toEqual([])
}, 60_000)

test('a database that is not there yet is not made by looking, and is right: the start makes it', async () => {
  const { environment } = await anInstallation()
  const MONGODB_URI = uriOf(environment['MONGODB_URI'] ?? '', 'curfew_test_not_there')

  const { findings, exitCode } = await looked({ ...environment, MONGODB_URI })

  expect(exitCode).toBe(0)
  expect(findings).toContainEqual(
    expect.objectContaining({
      area: 'MongoDB',
      about: 'indexes',
      says: holding('new database'),
    }),
  )
  expect(await standsIn(MONGODB_URI)).toMatchObject({ names: [], isThere: false })
}, 60_000)

test('with --json it prints one object and nothing else, and ends with 1 where anything is not right', async () => {
  const { environment } = await anInstallation()

  const { exited, lines } = curfew(['doctor', '--json'], { ...environment, LOG_LEVEL: 'loud' })

  expect(await exited).toBe(1)
  const report = reportSchema.parse(JSON.parse(lines.join('\n')))
  expect(report).toMatchObject({ verdict: 'wrong', counts: { wrong: 1, unknown: 0 } })
}, 60_000)

test('a word that it does not know ends with 2 and says how to call it', async () => {
  const { exited, lines } = curfew(['doctor', '--jsno'], {})

  expect(await exited).toBe(2)
  expect(lines.join('\n')).toMatch(/^curfew doctor .*\n.*--json/)
}, 60_000)
