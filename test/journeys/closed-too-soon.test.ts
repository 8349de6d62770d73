import type { Log } from '../../src/domain/ports/log.ts'
import { aStage } from '../support/curfew.ts'
import { aCard, aReason, eventually, onlyGrantOf, patient } from './acts.ts'
import { aBreakableMongod, databaseOf } from './own-mongod.ts'

/** A stage whose MongoDB can be slow, and what the app says of it. */
async function aSlowStage() {
  const said: string[] = []
  const hears = (level: string) => (message: string) => void said.push(`${level}: ${message}`)
  const log: Log = {
    error: hears('error'),
    warn: hears('warn'),
    info: () => undefined,
    debug: hears('debug'),
  }
  const mongod = await aBreakableMongod()
  const stage = await aStage({ mongodb: mongod.uri, log })
  const slow = (command: string, blockTimeMS: number) =>
    mongod.failPoint('alwaysOn', {
      failCommands: [command],
      namespace: `${databaseOf(stage)}.grants`,
      blockConnection: true,
      blockTimeMS,
    })
  const isClosed = () =>
    eventually(
      async () => said,
      (lines) => lines.includes('debug: a modal was closed before it was filled'),
    )
  const isWell = () => expect(said.filter((line) => !line.startsWith('debug'))).toEqual([])
  return { stage, slow, quick: () => mongod.failPoint('off', {}), isClosed, isWell }
}

test('whoever closes the form while it is still being sent has asked all the same, and nothing is called a failure', async () => {
  const { stage, slow, quick, isClosed, isWell } = await aSlowStage()
  const { riley, ada, orders } = stage
  const reason = aReason()
  await riley.runs(`/request-access orders-db peek 10s ${reason}`)
  await riley.modal('What do you need it for?', patient)
  await slow('insert', 2_800)
  expect((await riley.submits()).outcome).toBe('updated')
  await riley.closesModal({ everything: true })
  await quick()

  await ada.sees(reason, orders, patient)
  await isClosed()
  isWell()
}, 60_000)

test('whoever closes “Approve with changes” while it is still loading is not told that it failed', async () => {
  const { stage, slow, quick, isClosed, isWell } = await aSlowStage()
  const { ada, workspace, orders } = stage
  const card = await aCard(stage)
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ unshown }) => !unshown,
  )
  await slow('find', 1_500)
  await ada.clicks('Change…', card)
  await ada.modal('Loading…', patient)
  await ada.closesModal({ everything: true })
  await isClosed()
  await quick()
  expect(workspace.everyMessage(orders).filter(({ onlyFor }) => onlyFor === ada.id)).toEqual([])
  isWell()
}, 60_000)
