import type { Catalog } from '../../../src/domain/catalog.ts'
import type { Active } from '../../../src/domain/grant.ts'
import { postureOf } from '../../../src/operations/by-itself/posture-of.ts'
import { catalog as simulated } from '../../simulation/catalog.ts'
import { anActiveGrant, at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

const rule = aRule({ maxAgeMs: 60_000 })
const catalog = ((): Catalog => {
  const resource = simulated.resources.get('db')
  const entitlement = resource?.entitlements.get('one')
  if (!resource || !entitlement) throw new Error('the catalog has no such entitlement')
  const entitlements = new Map([['one', { ...entitlement, device: rule }]])
  return { ...simulated, resources: new Map([['db', { ...resource, entitlements }]]) }
})()

test('held through an outage on a device that was about to be too old, it is judged every few seconds, and not again at once', () => {
  // Two seconds were left as its source was heard of last.
  const device = aDevice({ lastSeenAt: at(0), said: saidAt(0, { firewall: true }) })
  const silent = { source: 'mdm', heardAt: at(58), losses: [], isTakenAnyway: false, gap: null }
  const still = new Map([['mdm', silent]])
  let grant: Active = anActiveGrant({
    resource: { id: 'db', name: 'Database' },
    entitlement: { id: 'one', name: 'one' },
  })
  const looks = (seconds: number): boolean => {
    const change = postureOf(catalog, grant, { devices: [device], still, now: at(seconds) })
    if (change === null) return false
    if (change.ends) throw new Error(change.why)
    grant = { ...grant, posture: change.posture }
    return true
  }
  expect(looks(100)).toBe(true)
  expect([looks(100), looks(100.02), looks(102), looks(104)]).toEqual([false, false, false, false])
  expect(looks(106)).toBe(true)
})
