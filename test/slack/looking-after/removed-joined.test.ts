import { ownDeviceRows } from '../../../src/slack/home/own-devices.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule } from '../../support/known-devices.ts'

test('whoever takes the key of a machine back of which another source tells as well is not told that what is held on it ends', () => {
  const rows = ownDeviceRows({
    mayAdd: false,
    // By an admin's word it is the machine that reports itself, too; Fleet goes on telling of it.
    devices: [aDevice({ id: 'fleet/7', source: 'fleet' })],
    rules: [aRule()],
    needsApproval: true,
    now: at(0),
    reporters: new Map([['fleet/7', 'd-1']]),
  })
  expect(JSON.stringify(rows.map((row) => row()))).not.toContain('ends as its last word grows old')
})
