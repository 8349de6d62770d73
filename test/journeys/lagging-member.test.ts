import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { aStage } from '../support/curfew.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReason, asks, eventually, patient, wrongWith } from './acts.ts'
import { curfew } from './app-process.ts'

const configuration = z.object({
  config: z.looseObject({ version: z.number(), members: z.array(z.unknown()) }),
})

/** Two members; the second has every document of now, and hears of no write until it is told to. */
async function aReplicaSet() {
  const [first, second] = await Promise.all([
    startMongod({ replicaSet: true, failPoints: true }),
    startMongod({ joins: true, failPoints: true }),
  ])
  afterThis(() => first.stop())
  afterThis(() => second.stop())
  const [one, other] = [first, second].map(({ uri }) => new URL(uri).host)
  const primary = await new MongoClient(first.uri).connect()
  afterThis(() => primary.close())
  const admin = primary.db('admin')
  const { config } = configuration.parse(await admin.command({ replSetGetConfig: 1 }))
  const members = [...config.members, { _id: 1, host: other, priority: 0, votes: 0 }]
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members } })
  await eventually(
    async () => (await admin.command({ replSetGetStatus: 1 }))['members'] as { stateStr: string }[],
    (states) => states.map(({ stateStr }) => stateStr).join() === 'PRIMARY,SECONDARY',
    40_000,
  )
  const lagging = await new MongoClient(`mongodb://${other}/?directConnection=true`).connect()
  afterThis(() => lagging.close())
  return {
    uri: `mongodb://${one},${other}/curfew?replicaSet=curfew`,
    lag: () => lagging.db('admin').command({ configureFailPoint: 'rsSyncApplyStop', mode: 'alwaysOn' }),
    isBehind: async () =>
      (await lagging.db('curfew').collection('grants').countDocuments()) <
      (await primary.db('curfew').collection('grants').countDocuments()),
  }
}

test('a request lives its whole life while a member lags, though the address asks to read from it', async () => {
  const set = await aReplicaSet()
  const stage = await aStage({ started: false })
  const { riley, ada, orders, database, workspace } = stage
  const MONGODB_URI = `${set.uri}&readPreference=secondaryPreferred&readConcernLevel=local`
  const app = curfew(['start'], { ...stage.environment, MONGODB_URI })
  await app.says('curfew is running', 40_000)
  await set.lag()

  const reason = aReason()
  expect((await asks(riley, 'orders-db peek 5s', reason)).outcome).toBe('cleared')
  await ada.clicks('Approve 5 s', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  expect(await database.tryDoor('riley')).toMatchObject({ isOpen: true })
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)

  expect(await database.holders('read')).toEqual([])
  expect(await set.isBehind()).toBe(true)
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)
