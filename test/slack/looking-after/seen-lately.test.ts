import { fitness } from '../../../src/domain/devices/fitness.ts'
import { keptDeviceRows } from '../../../src/slack/home/own-devices.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

test('a device that was not seen lately, by which nobody is let in, is not called fit on the Home tab', () => {
  const rule = aRule({ maxAgeMs: 3_600_000, seenWithinMs: 60_000 })
  const devices = [aDevice({ said: saidAt(0, { firewall: true }) })]
  const now = at(120)
  expect(fitness(rule, devices, { now, onDevice: null }).isFit).toBe(false)
  const own = { mayAdd: false, devices, rules: [rule], needsApproval: true, now, reporters: new Map() }
  expect(JSON.stringify(keptDeviceRows(own))).not.toContain('Fit for')
})
