import { aDeviceDay } from './a-device.ts'
import { eventually, patient } from './acts.ts'

test('held by rule on a device that changes to and fro there is one grace and one cut: it is not had again before the device stayed fit', async () => {
  const entitlement = `        device: managed-laptop
      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        device: managed-laptop
        who: '"@dba" in groups'
`
  const day = await aDeviceDay({ asks: false, rule: '      grace: 4s\n', entitlement })
  const sams = { id: 'sams', name: 'sams-mac', owner: { email: 'sam@acme.example', isProven: true } }
  const isHeld = (names: string) =>
    eventually(
      async () => [...day.gate.holders].join(),
      (now) => now === names,
      patient.withinMs,
    )
  await day.says(sams)
  await isHeld('sam')
  const fromMs = performance.now()
  // Each second it is the other way round, for 16 s: longer than three graces.
  for (let n = 1; n <= 16; n++) {
    await day.says({ ...sams, attributes: { firewall: n % 2 === 0 } })
    await eventually(
      async () => performance.now(),
      (now) => now > fromMs + n * 1_000,
    )
  }
  const takes = day.gate.calls.filter(({ action, principal }) => action === 'take' && principal === 'sam')
  const gives = day.gate.calls.filter(({ action, principal }) => action === 'give' && principal === 'sam')
  expect([gives.length, takes.length]).toEqual([1, 1])
}, 60_000)
