import { fitness } from '../../../src/domain/devices/fitness.ts'
import { keptDeviceRows, ownDeviceRows } from '../../../src/slack/home/own-devices.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt, shownDevices } from '../../support/known-devices.ts'

test('an admin who looks up somebody with thirty devices that count reads that there are more than can be revoked there', () => {
  const devices = Array.from({ length: 30 }, (_, n) => aDevice({ id: `mdm/laptop-${n}`, name: `mac-${n}` }))
  const rows = JSON.stringify(keptDeviceRows(shownDevices(devices)))
  expect(rows).toContain('mdm/laptop-19')
  expect(rows).toContain('and 10 more')
})

test('an admin who looks somebody up can revoke the device that counts, however many others of theirs were rejected', () => {
  const rejected = Array.from({ length: 20 }, (_, n) => aDevice({ id: `mdm/${n}`, approval: 'rejected' }))
  const devices = [...rejected, aDevice({ id: 'mdm/counts' })]
  expect(JSON.stringify(keptDeviceRows(shownDevices(devices)))).toContain('mdm/counts')
})

test('whoever takes a key back is told that what is held by the machine’s own word ends, and not what Fleet tells of it', () => {
  // By an admin's word it is the machine that reports itself, too; Fleet goes on telling of it.
  const devices = [aDevice({ id: 'fleet/7', source: 'fleet' })]
  const rows = ownDeviceRows(shownDevices(devices, { reporters: new Map([['fleet/7', 'd-1']]) }))
  expect(JSON.stringify(rows.map((row) => row()))).toContain('as far as it counts by its own word')
})

test('a device that was not seen lately, by which nobody is let in, is not called fit on the Home tab', () => {
  const rule = aRule({ maxAgeMs: 3_600_000, seenWithinMs: 60_000 })
  const devices = [aDevice({ said: saidAt(0, { firewall: true }) })]
  const now = at(120)
  expect(fitness(rule, devices, { now, onDevice: null }).isFit).toBe(false)
  const rows = JSON.stringify(keptDeviceRows(shownDevices(devices, { rules: [rule], now })))
  expect(rows).toContain('It was not seen for 1 min')
  expect(rows).not.toContain('Fit for')
})

test('a device of a source that the catalog names no more is said to count no more', () => {
  const rows = JSON.stringify(keptDeviceRows(shownDevices([aDevice({ source: 'renamed' })])))
  expect(rows).toContain('nobody says anything of it any more')
})
