import { setTimeout as sleep } from 'node:timers/promises'
import { findDifferences } from '../../src/operations/by-itself/find-differences.ts'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { changeCatalog, listenToLog, patient } from './acts.ts'

test('what was shown of one system is not taken from another that goes by its name since', async () => {
  const [gate, other] = [await aGate(), await aGate()]
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '10m' }),
    env: { ...gate.env, GATE_NEW_URL: other.env.GATE_URL, GATE_NEW_SECRET: other.env.GATE_SECRET },
  })
  listenToLog(stage.app.world.log)
  const { ada, orders } = stage
  // On the old gate somebody holds it whom nobody knows; on the new one, they were let in by whoever runs that.
  gate.holders.add('mallory')
  other.holders.add('mallory')
  await findDifferences(stage.app.world)
  const card = await ada.sees(/The gate.*1 held without a grant/s, orders, patient)
  await changeCatalog(stage, (text) =>
    text.replace('${GATE_URL}', '${GATE_NEW_URL}').replace('${GATE_SECRET}', '${GATE_NEW_SECRET}'),
  )
  await sleep(500)
  await ada.clicks('Take it back…', card)
  await ada.modal('From whom?', patient)
  await ada.chooses('From whom?', 'mallory: Open the gate')
  await ada.submits()
  await sleep(3_000)
  const takes = other.calls.filter(({ action }) => action === 'take').length
  expect({ takes, holders: [...other.holders] }).toEqual({ takes: 0, holders: ['mallory'] })
}, 60_000)
