import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, grantsOf, listenToLog, onlyGrantOf, patient } from './acts.ts'
import { aBreakableMongod, databaseOf } from './own-mongod.ts'

/** A stage whose MongoDB refuses these commands on this collection from `breaks` to what that returns. */
async function aBreakableStage(more = ''): Promise<{ stage: Stage; breaks: Breaks }> {
  const mongod = await aBreakableMongod()
  const gate = await aGate()
  const stage = await aStage({
    mongodb: mongod.uri,
    catalog: (cast) => gateCatalog(cast, { duration: '10m', more }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const breaks: Breaks = async (command, collection) => {
    const namespace = `${databaseOf(stage)}.${collection}`
    // 50 is MaxTimeMSExpired, which the driver does not try again.
    await mongod.failPoint('alwaysOn', { failCommands: [command], namespace, errorCode: 50 })
    return () => mongod.failPoint('off', {})
  }
  return { stage, breaks }
}

type Breaks = (command: string, collection: string) => Promise<() => Promise<void>>

const unsure = /I could not confirm this; the card will show the truth/
const nothing = /Nothing was changed\. Try again in a minute/

test('an approval that was written is never "nothing was changed", though what was to follow it failed', async () => {
  const { stage, breaks } = await aBreakableStage('        preApprove: { until: 30d }\n')
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Change…', await ada.sees(reason, orders, patient))
  await ada.modal("And don't ask me again for this person until", patient)
  const inThreeDays = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  await ada.chooses("And don't ask me again for this person until", inThreeDays)
  await breaks('update', 'preapprovals')

  await ada.submits()

  await ada.modal(unsure, patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'active',
  )
}, 90_000)

test('a newer request that could not be written takes the place of the older one all the same, and nobody hears "nothing" before that is sure', async () => {
  const { stage, breaks } = await aBreakableStage()
  const { riley } = stage
  await asks(riley, 'gate open', aReason())
  const mend = await breaks('insert', 'grants')

  const reason = aReason()
  await riley.runs(`/request-access gate open ${reason}`)
  await riley.modal('For how long?', patient)
  await riley.submits()

  await riley.modal(unsure, patient)
  await mend()
  await stage.ada.sees(reason, stage.orders, patient)
  const made = await grantsOf(stage, riley)
  expect(made.map(({ status }) => status).sort()).toEqual(['pending', 'withdrawn'])
}, 90_000)

test('what failed before anything was written is said to have changed nothing', async () => {
  const { stage, breaks } = await aBreakableStage()
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  const mend = await breaks('find', 'grants')

  await ada.clicks('Approve 10 min', card)

  await ada.sees(nothing, 'ephemeral', patient)
  await mend()
  expect((await onlyGrantOf(stage, riley)).status).toBe('pending')
}, 90_000)
