import { setTimeout as sleep } from 'node:timers/promises'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, onlyGrantOf, patient } from './acts.ts'

test('12: after a long outage all that the system takes is taken within 5 s, though it refuses one of them for good', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '16s' }), env: gate.env })
  listenToLog(stage.app.world.log)
  const { riley, kim, ada, orders, contractors } = stage
  contractors.members = [riley, kim]
  for (const person of [riley, kim]) {
    const reason = aReason()
    await asks(person, 'gate open', reason)
    await ada.clicks('Approve 16 s', await ada.sees(reason, orders, patient))
  }
  await eventually(
    async () => gate.holders.size,
    (size) => size === 2,
  )
  gate.trouble = () => ({ status: 503 })
  const dueOf = async (person: typeof riley) => {
    const grant = await onlyGrantOf(stage, person)
    return { principal: 'place' in grant ? grant.principal : '', status: grant.status, at: grant.dueAt?.getTime() ?? 0 }
  }
  // Long enough that each is tried seldom by itself.
  await sleep(50_000)
  const debts = await eventually(
    async () => {
      const both = await Promise.all([dueOf(riley), dueOf(kim)])
      const now = stage.app.world.clock.now().getTime()
      const [first, second] = both.sort((one, other) => one.at - other.at)
      return { first, second, waitMs: (second?.at ?? 0) - now, firstMs: (first?.at ?? 0) - now }
    },
    ({ waitMs, firstMs }) => waitMs > 12_000 && firstMs > 3_000,
    90_000,
  )
  const { first, second } = debts
  expect([first?.status, second?.status]).toEqual(['revoking', 'revoking'])
  // It is back, and refuses the one.
  gate.trouble = ({ action, principal }) =>
    action === 'take' && principal === first?.principal ? { status: 400 } : undefined
  const backAtMs = performance.now()
  await eventually(
    async () => gate.holders.has(second?.principal ?? ''),
    (is) => !is,
    70_000,
  )
  const tookMs = performance.now() - backAtMs
  console.log({ tookMs, debts }, gate.calls.slice(-8).map(({ action, principal, atMs }) => [action, principal, Math.round(atMs - backAtMs)]))
  expect(tookMs).toBeLessThan(5_000)
}, 240_000)
