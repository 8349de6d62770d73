import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aCard, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'

test('a system that answers with a secret of another has it shown to nobody, and kept nowhere', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast), env: gate.env })
  listenToLog(stage.app.world.log)
  const { ada, orders } = stage
  const { password } = new URL(stage.environment['ORDERS_MONGODB_URL'] ?? '')
  const error = `nobody signs in with ${password} here`
  gate.trouble = ({ action }) =>
    action === 'give' ? { status: 400, body: JSON.stringify({ error, retryable: false }) } : undefined

  await ada.clicks('Approve 6 s', await aCard(stage, 'gate open'))

  const card = await ada.sees(/Could not give: .*nobody signs in with .* here/, orders, patient)
  const grant = await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status === 'ended',
  )
  expect(password).not.toBe('')
  for (const shown of [card.plain, JSON.stringify(grant)]) {
    expect(shown).toContain('nobody signs in with')
    expect(shown).not.toContain(password)
  }
}, 60_000)
