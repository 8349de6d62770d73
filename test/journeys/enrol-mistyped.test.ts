import { enrol } from '../../src/enrol.ts'
import { aStage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import { asks } from './acts.ts'

test('an operator who mistypes `--device` is not given a code by which somebody confirms who they are', async () => {
  const stage = await aStage({ confirming: { keys: [aKey('k1')], publicUrl: 'https://curfew.acme.example' } })
  await asks(stage.riley, 'orders-db peek 10s')
  const email = stage.riley.account.email ?? ''
  await expect(enrol(['--devices', email], stage.environment)).rejects.toThrow(/--device/)
}, 60_000)

test('`curfew enrol --device --remove` takes no ways to confirm from anybody', async () => {
  const stage = await aStage({ confirming: { keys: [aKey('k1')], publicUrl: 'https://curfew.acme.example' } })
  await asks(stage.riley, 'orders-db peek 10s')
  const email = stage.riley.account.email ?? ''
  await expect(enrol(['--device', '--remove', email], stage.environment)).rejects.toThrow()
}, 60_000)
