import { aFolder } from '../init/a-folder.ts'
import { aTerminal, enter } from '../init/a-terminal.ts'
import { aStage } from '../support/curfew.ts'
import { aReason, asks, eventually, patient, wrongWith } from './acts.ts'
import { curfew } from './app-process.ts'

test('from an empty folder: five answers, a check that reaches the system, a start; somebody asks, is approved, and holds it', async () => {
  const { environment, workspace, database, kim, ada, access } = await aStage({ started: false })
  const folder = await aFolder()
  const given = { SLACK_API_URL: workspace.apiUrl }
  const terminal = aTerminal(folder, ['init'], given)
  const answers = [
    ['Bot token', workspace.botToken],
    ['App-level token', workspace.appToken],
    ['Address', environment['MONGODB_URI'] ?? ''],
    ['Channel', '#access'],
    ['E-mails', 'ada@acme.example'],
    ['Kind', 'mongodb'],
    ['What people call it', ''],
    ['Address', database.curfewUrl],
    ['Role to give', 'orders/read'],
  ] as const
  for (const [question, answer] of answers) {
    await terminal.sees(question)
    terminal.types(answer + enter)
  }
  expect(await terminal.exited).toBe(0)

  const checked = curfew(['check', '--reach', '--strict-env'], given, folder.path)
  expect(await checked.exited).toBe(0)
  expect(checked.lines.join('\n')).toContain('orders-database: reached, and nothing is missing')
  const app = curfew(['start'], given, folder.path)
  await app.says('curfew is running')
  const reason = aReason()
  await asks(kim, 'orders-database access 30m', reason)
  await ada.clicks('Approve 30 min', await ada.sees(reason, access, patient))
  await kim.sees(/You have Role read on orders/, 'dm', patient)
  await eventually(
    () => database.holders('read'),
    (holders) => holders.includes('kim'),
  )
  expect(wrongWith(workspace)).toEqual([])
  app.kill('SIGTERM')
  expect(await app.exited).toBe(0)
}, 120_000)
