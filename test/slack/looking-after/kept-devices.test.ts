import { keptDeviceRows } from '../../../src/slack/home/own-devices.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule } from '../../support/known-devices.ts'

test('an admin who looks somebody up can revoke the device that counts, however many others of theirs were rejected', () => {
  const rejected = Array.from({ length: 20 }, (_, n) => aDevice({ id: `mdm/${n}`, approval: 'rejected' }))
  const devices = [...rejected, aDevice({ id: 'mdm/counts' })]
  const rows = keptDeviceRows({
    mayAdd: false,
    devices,
    rules: [aRule()],
    needsApproval: true,
    now: at(0),
    reporters: new Map(),
  })
  expect(JSON.stringify(rows)).toContain('mdm/counts')
})
