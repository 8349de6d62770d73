import { MongoClient } from 'mongodb'
import { aStage, type Stage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { aReason, asks, eventually, patient } from './acts.ts'
import { curfew } from './app-process.ts'
import { aWrongClock } from './wrong-clock.ts'

const HOUR_MS = 3_600_000

/** Riley holds it for ten seconds; says when, by this test's clock, they are over. */
async function peeks({ riley, ada, orders, database }: Stage): Promise<{ overAtMs: number }> {
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  const card = await ada.sees(reason, orders, patient)
  await ada.clicks('Approve 10 s', card)
  const overAtMs = performance.now() + 10_000
  await eventually(
    () => database.holders('read'),
    (holders) => holders.length === 1,
  )
  return { overAtMs }
}

async function isShutInTime({ database }: Stage, { overAtMs }: { overAtMs: number }): Promise<void> {
  await eventually(
    () => database.holders('read'),
    (holders) => holders.length === 0,
    overAtMs - performance.now() + 5_000,
  )
  // Not early either: what was agreed is held.
  expect(performance.now()).toBeGreaterThan(overAtMs - 1_500)
}

test.each([
  ['fast and set right', HOUR_MS, 0],
  ['slow and set right', -HOUR_MS, 0],
  ['right and set an hour forward', 0, HOUR_MS],
  ['right and set an hour back', 0, -HOUR_MS],
])(
  'the end comes on time on a machine whose clock is %s',
  async (_how, from, to) => {
    const stage = await aStage({ started: false })
    const clock = await aWrongClock(from)
    const port = await freePort()
    const app = curfew(['start'], { ...stage.environment, ...clock.env, PORT: String(port) })
    await app.says('curfew is running', 40_000)
    const held = await peeks(stage)
    await clock.set(to)
    await isShutInTime(stage, held)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(await ready.json()).toMatchObject({ ready: true, sweep: true })
  },
  120_000,
)

test('a fast replica that dies leaves an end to the others, on time', async () => {
  const stage = await aStage({ started: false })
  const clock = await aWrongClock(HOUR_MS)
  const fast = curfew(['start'], { ...stage.environment, ...clock.env })
  await fast.says('curfew is running', 40_000)
  const right = curfew(['start'], stage.environment)
  await right.says('curfew is running', 40_000)
  const client = await new MongoClient(stage.environment['MONGODB_URI'] ?? '').connect()
  await eventually(
    () => client.db().collection('jobs').findOne({ name: 'sweep' }),
    (job) => job?.['lastRunAt'] instanceof Date && job['lastRunAt'].getTime() > Date.now() + HOUR_MS / 2,
  )
  await client.close()
  const held = await peeks(stage)
  fast.kill('SIGKILL')
  await fast.exited
  await isShutInTime(stage, held)
}, 120_000)
