import { findEntitlement } from '../../src/domain/catalog.ts'
import { sessionGrant } from '../../src/domain/new-grant.ts'
import { renewSession } from '../../src/operations/confirm/session-acts.ts'
import { aDeviceDay } from './a-device.ts'
import { as, eventually, onlyGrantOf } from './acts.ts'

test('whoever confirms to go on with a session while their device is not fit reads that, and not that rules changed', async () => {
  const entitlement = `      daily:
        name: The gate, daily
        target: { gate: main }
        mode: session
        session: { length: 30s, renew: 29s, max: 10m }
        device: managed-laptop
        who: '"@contractors" in groups'
`
  const day = await aDeviceDay({ asks: false, rule: '      grace: 1h\n', entitlement })
  const { riley } = day.stage
  const { world } = day.stage.app
  await day.says()
  const facts = await world.directory.facts(as(day.stage, riley))
  const daily = findEntitlement(world.catalog(), 'gate', 'daily')
  if (facts === 'unknown' || daily?.session == null) throw new Error('there is no such session')
  const now = world.clock.now()
  const confirmation = { method: 'passkey', at: now, shown: 'a session', ticket: 't-1' } as const
  const place = { principal: 'riley', target: daily.target, canonical: daily.canonical }
  const begun = { id: world.newId(), requestId: 'r-1', device: null, confirmation, place }
  await world.grants.insert(sessionGrant({ ...begun, facts, entitlement: daily, rules: daily.session }, now))
  const held = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active',
  )
  await day.says({ attributes: { firewall: false } })
  const seen = await world.directory.freshFacts(as(day.stage, riley))
  if (seen === 'unknown') throw new Error('nobody knows')
  await eventually(
    async () => world.clock.now().getTime() - now.getTime(),
    (ms) => ms > 1_500,
  )
  const refused = await renewSession(world, seen, {
    kind: 'renew-session',
    grantId: held.id,
    seenEndsAt: held.endsAt,
  })
  // It can be renewed by now.
  expect(refused).toHaveProperty('refused', 'unfit')
}, 60_000)
