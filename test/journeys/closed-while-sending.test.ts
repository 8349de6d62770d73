import type { Log } from '../../src/domain/ports/log.ts'
import { aStage } from '../support/curfew.ts'
import { aReason, eventually, patient } from './acts.ts'
import { aBreakableMongod, databaseOf } from './own-mongod.ts'

test('whoever closes the form while it is still being sent has asked all the same, and nothing is called a failure', async () => {
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
  const { riley, ada, orders } = stage
  const reason = aReason()
  await riley.runs(`/request-access orders-db peek 10s ${reason}`)
  await riley.modal('What do you need it for?', patient)
  await mongod.failPoint('alwaysOn', {
    failCommands: ['insert'],
    namespace: `${databaseOf(stage)}.grants`,
    blockConnection: true,
    blockTimeMS: 2_800,
  })
  expect((await riley.submits()).outcome).toBe('updated')
  await riley.closesModal({ everything: true })
  await mongod.failPoint('off', {})

  await ada.sees(reason, orders, patient)
  await eventually(
    async () => said,
    (lines) => lines.includes('debug: a modal was closed before it was filled'),
  )
  expect(said.filter((line) => !line.startsWith('debug'))).toEqual([])
}, 60_000)
