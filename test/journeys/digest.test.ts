import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { nextNine } from './next-nine.ts'
import { aReason, asks, listenToLog, patient, wrongWith } from './acts.ts'

/** The gate: asked for a little, a rule approves it; asked for more, somebody must answer within 2 s. */
async function aDay(): Promise<Stage> {
  const gate = await aGate()
  const more = `        review: { within: 2s }\n        auto: [{ because: a little, when: "true", max: 6s }]\n`
  const stage = await aStage({ catalog: (cast: Cast) => gateCatalog(cast, { more }), env: gate.env })
  listenToLog(stage.app.world.log)
  return stage
}

const after = (at: Date, minutes: number): Date => new Date(at.getTime() + minutes * 60_000)

test('each morning an admin reads once what rules approved, what lapsed and who waited; nobody reads of an empty day', async () => {
  const stage = await aDay()
  const { riley, ada, sam, workspace, app } = stage
  const nine = nextNine()
  expect(await app.sendDigests(after(nine, -1))).toBe(0)
  expect(await app.sendDigests(after(nine, 10 - 24 * 60))).toBe(0)

  await asks(riley, 'gate open 6s')
  await riley.sees(/You have Open the gate/, 'dm', patient)
  await riley.sees(/checked, it is gone/, 'dm', { withinMs: 30_000 })
  await asks(riley, 'gate open 30m', aReason())
  await riley.sees(/Nobody answered Open the gate/, 'dm', patient)

  const sent = await Promise.all([1, 2, 3].map((minutes) => app.sendDigests(after(nine, minutes))))
  expect(sent.reduce((sum, one) => sum + one, 0)).toBe(1)
  const digest = await ada.sees(/Access where you are an admin, since yesterday/, 'dm', patient)
  expect(digest.plain).toMatch(/Approved by rules: 1\n• 1 × Open the gate on The gate: a little/)
  expect(digest.plain).toMatch(
    /Nobody answered in time: 1\n• Riley \(riley@contractor\.example\): Open the gate on The gate/,
  )
  expect(sam.dms).toEqual([])
  expect(await app.sendDigests(after(nine, 120))).toBe(0)

  await stage.stopApp()
  const again = await stage.startApp()
  expect(await again.sendDigests(after(nine, 180))).toBe(0)
  expect(await again.sendDigests(after(nine, 24 * 60 + 5))).toBe(0)
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('an admin sees on the Home tab how long requests wait, and by whom they are answered', async () => {
  const stage = await aStage()
  listenToLog(stage.app.world.log)
  const { riley, ada, orders, workspace } = stage
  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  await ada.clicks('Approve 10 s', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  await ada.opensHome()
  await ada.seesHome(
    /How long requests wait \(30 days\).*Orders database: half within a minute, nine of ten within a minute \(1\).*Usually: @Ada \(ada@acme\.example\) a minute \(1\)/s,
    patient,
  )
  await riley.opensHome()
  const own = await riley.seesHome(/Peek at orders/, patient)
  expect(own.text).not.toContain('How long requests wait')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
