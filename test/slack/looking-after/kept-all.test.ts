import { keptDeviceRows } from '../../../src/slack/home/own-devices.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule } from '../../support/known-devices.ts'

test('an admin who looks up somebody with thirty devices that count can revoke each of them, or reads that there are more', () => {
  const devices = Array.from({ length: 30 }, (_, n) => aDevice({ id: `mdm/laptop-${n}`, name: `mac-${n}` }))
  const rows = JSON.stringify(
    keptDeviceRows({
      mayAdd: false,
      devices,
      rules: [aRule()],
      needsApproval: true,
      now: at(0),
      reporters: new Map(),
    }),
  )
  expect(rows.includes('mdm/laptop-29') || /\d+ more/.test(rows)).toBe(true)
})
