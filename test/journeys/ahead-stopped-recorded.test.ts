import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { aStage } from '../support/curfew.ts'
import { aKey } from '../support/ring.ts'
import { as, eventually } from './acts.ts'
import { toldInRecord } from './in-the-record.ts'

test('what was approved ahead and stops as its approver left stands in the record as stopped', async () => {
  const stage = await aStage({ auditKeys: [aKey('k1')] })
  const { world } = stage.app
  const { ada, riley, workspace } = stage
  const now = world.clock.now()
  await world.preApprovals.insert({
    id: 'w1',
    approver: as(stage, ada),
    subject: as(stage, riley),
    resource: { id: 'orders-db', name: 'Orders database' },
    entitlement: { id: 'read', name: 'Read orders' },
    system: 'orders-cluster',
    canonical: 'read@orders',
    principal: 'riley',
    maxMs: 3_600_000,
    confirmation: null,
    until: new Date(now.getTime() + 86_400_000),
    madeAt: now,
    stoppedAt: null,
    stoppedBy: null,
  })
  workspace.deactivate(ada)
  await eventually(
    async () => {
      await lookAtHeld(world, { maxAgeMs: 0 })
      return world.preApprovals.get('w1')
    },
    (word) => word?.stoppedAt != null,
  )
  // It was to be written before it was done.
  expect(await toldInRecord(stage, 'approval-ahead-stopped')).toBeGreaterThan(0)
}, 60_000)
