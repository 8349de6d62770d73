import { setTimeout as sleep } from 'node:timers/promises'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, editCatalog, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'

test('a watch that outlives a move of its system takes nothing from the new one that was there before', async () => {
  const [gate, other] = [await aGate(), await aGate()]
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '6s' }),
    env: { ...gate.env, GATE_NEW_URL: other.env.GATE_URL, GATE_NEW_SECRET: other.env.GATE_SECRET },
  })
  listenToLog(stage.app.world.log)
  const { riley, ada, orders } = stage
  // Riley is let in on the new gate by whoever runs it, long before Curfew comes to it.
  other.holders.add('riley')
  // The answer to the give is lost: it worked, and nobody knows. It is watched for 20 s at least.
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  let lost = 0
  gate.trouble = ({ action }) =>
    action === 'give' && lost++ === 0 ? { after: true, status: 503 } : undefined
  await ada.clicks('Approve 6 s', card)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'ended',
    40_000,
  )
  expect([...gate.holders]).toEqual([])
  await stage.stopApp()
  await editCatalog(stage, (text) =>
    text.replace('${GATE_URL}', '${GATE_NEW_URL}').replace('${GATE_SECRET}', '${GATE_NEW_SECRET}'),
  )
  await stage.startApp()
  await sleep(8_000)
  const takes = other.calls.filter(({ action }) => action === 'take').length
  expect({ takes, holders: [...other.holders] }).toEqual({ takes: 0, holders: ['riley'] })
}, 120_000)
