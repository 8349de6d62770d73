import { findClaimants } from '../../src/operations/devices/claimant.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay } from './a-device.ts'
import { eventually } from './acts.ts'

test('whoever comes after their device was heard of is asked about, however many devices are of nobody here', async () => {
  const day = await aDeviceDay()
  const { workspace } = day.stage
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('mdm')
  if (source === undefined) throw new Error('no such source')
  const ofNobody = Array.from({ length: 2_000 }, (_, n) => ({
    sourceId: `vm-${n}`,
    name: `vm-${n}`,
    owner: { email: `former-${n}@acme.example`, isProven: false },
    at: world.clock.now(),
  }))
  for (let at = 0; at < ofNobody.length; at += 500)
    await hearReports(world, source, ofNobody.slice(at, at + 500))
  await day.says({ id: 'ninas', name: 'nina-mac', owner: { email: 'nina@acme.example', isProven: false } })
  workspace.addPerson({ name: 'Nina', email: 'nina@acme.example' })
  // The look of each minute, as often as it takes; Slack is read anew.
  const ninas = await eventually(
    async () => {
      await world.directory.everyone(0)
      await findClaimants(world)
      return world.devices.get('mdm/ninas')
    },
    (device) => device?.claimant != null,
    20_000,
  )
  expect(ninas?.claimant?.name).toBe('Nina')
}, 90_000)
