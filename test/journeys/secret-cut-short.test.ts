import { aStage } from '../support/curfew.ts'
import { curfew } from './app-process.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aCard } from './acts.ts'

/** A system's answer is kept shortened: what is cut off at its end may be the last letter of a secret. */
test('a system whose long answer is cut within a secret of another has no part of that secret in the log', async () => {
  const gate = await aGate()
  const stage = await aStage({ started: false, catalog: (cast) => gateCatalog(cast), env: gate.env })
  const { password } = new URL(stage.environment['ORDERS_MONGODB_URL'] ?? '')
  const nearlyAll = password.slice(0, -1)
  const before = 'nobody signs in here with '
  const error = `${'x'.repeat(300 - before.length - nearlyAll.length)}${before}${password} at all`
  gate.trouble = () => ({ status: 503, body: JSON.stringify({ error }) })
  const app = curfew(['start'], { ...stage.environment, LOG_LEVEL: 'debug' })
  await app.says('curfew is running', 60_000)

  await stage.ada.clicks('Approve 6 s', await aCard(stage, 'gate open'))
  await app.says('a system does not answer', 30_000)

  expect(nearlyAll.length).toBeGreaterThan(8)
  expect(app.lines.filter((line) => line.includes('nobody signs in here'))).not.toEqual([])
  expect(app.lines.filter((line) => line.includes(nearlyAll))).toEqual([])
}, 120_000)
