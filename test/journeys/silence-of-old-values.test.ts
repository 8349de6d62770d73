import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf } from './acts.ts'

test('with outage: hold nobody loses anything by the silence of a source, though one of its values was half of its time old when it fell silent', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 24s\n  outage: hold\n' })
  const { riley } = day.stage
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('mdm')
  if (source === undefined) throw new Error('no such source')
  const at = world.clock.now()
  const heardAtMs = performance.now()
  await hearReports(world, source, [
    {
      sourceId: 'laptop-1',
      name: 'riley-laptop',
      owner: { email: 'riley@contractor.example', isProven: true },
      at,
      attributes: {
        os: { value: 'macos' },
        osVersion: { value: '15.1' },
        diskEncrypted: { value: true },
        managed: { value: true },
        // As an agent looks at this seldomer than it says that it is there.
        firewall: { value: true, at: new Date(at.getTime() - 15_000) },
      },
    },
  ])
  await asks(riley, 'gate open')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )
  await eventually(
    async () => performance.now(),
    (now) => now > heardAtMs + 14_000,
    20_000,
  )
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
}, 60_000)
