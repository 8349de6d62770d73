import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, patient } from './acts.ts'

test('without a word from Slack whoever left loses it within 70 s', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '10m' }), env: gate.env })
  listenToLog(stage.app.world.log)
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  // Slack's word is lost: no event of any person arrives any more.
  riley.account.isDeleted = true
  // 70 s, and 5 s for the rest.
  await eventually(
    async () => [...gate.holders].join(),
    (now) => now === '',
    75_000,
  )
}, 150_000)
