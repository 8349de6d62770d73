import type { Cast } from '../support/cast.ts'
import { aStage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, patient } from './acts.ts'

test.each([0, 1, 2, 3])(
  'Slack says that somebody left and then does not answer who they are, %d times: they lose what they hold within seconds',
  async (times) => {
    const gate = await aGate()
    const stage = await aStage({
      catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m' }),
      env: gate.env,
    })
    listenToLog(stage.app.world.log)
    const { riley, ada, orders, workspace } = stage
    const reason = aReason()
    await asks(riley, 'gate open', reason)
    await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
    await eventually(
      async () => gate.holders.size,
      (size) => size === 1,
    )
    if (times > 0) workspace.faults.next('users.info', { error: 'internal_error' }, times)
    workspace.deactivate(riley)
    const sinceMs = performance.now()
    await eventually(
      async () => gate.holders.size,
      (size) => size === 0,
      75_000,
    )
    expect(performance.now() - sinceMs).toBeLessThan(10_000)
  },
  100_000,
)

test.each([0, 1])(
  'so does whoever leaves a group, while %d look-ups fail',
  async (times) => {
    const gate = await aGate()
    const stage = await aStage({
      catalog: (cast: Cast) => gateCatalog(cast, { duration: '10m' }),
      env: gate.env,
    })
    listenToLog(stage.app.world.log)
    const { riley, ada, contractors, orders, workspace } = stage
    const reason = aReason()
    await asks(riley, 'gate open', reason)
    await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
    await eventually(
      async () => gate.holders.size,
      (size) => size === 1,
    )
    if (times > 0) workspace.faults.next('usergroups.list', { error: 'internal_error' }, times)
    contractors.members = []
    const sinceMs = performance.now()
    await eventually(
      async () => gate.holders.size,
      (size) => size === 0,
      75_000,
    )
    expect(performance.now() - sinceMs).toBeLessThan(10_000)
  },
  100_000,
)
