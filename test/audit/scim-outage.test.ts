import { startMongod } from '../support/mongod.ts'
import { startScim } from '../support/scim-server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

test('a directory whose write cannot be recorded, as MongoDB is away, is told to come again and not that we are broken', async () => {
  const mongod = await startMongod({ replicaSet: true, failPoints: true })
  afterThis(() => mongod.stop())
  const scim = await startScim({ server: mongod.uri, isRecorded: true })
  afterThis(() => scim.close())
  const { connection } = scim.database
  const failing = (mode: object | string, data: object = {}) =>
    connection.db?.admin().command({ configureFailPoint: 'failCommand', mode, data })
  await failing('alwaysOn', {
    failCommands: ['update'],
    namespace: `${connection.name}.acts`,
    closeConnection: true,
  })
  const answer = await scim.ask('POST', '/Users', { userName: 'riley@acme.example', active: true })
  await failing('off')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
}, 60_000)
