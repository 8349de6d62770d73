import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { revokeGrant } from '../../src/operations/revoke.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, onlyGrantOf, grantsOf } from './acts.ts'

test('what somebody ended while it was cut does not go on by itself once the device is fit again', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      resume: true\n' })
  const { riley, ada } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active',
  )
  await day.says({ attributes: { firewall: false } })
  const cut = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'ended',
  )
  await revokeGrant(world, { grantId: cut.id, by: as(day.stage, ada) })
  await day.says()
  await resumeFor(world)
  expect(await grantsOf(day.stage, riley)).toHaveLength(1)
}, 60_000)
