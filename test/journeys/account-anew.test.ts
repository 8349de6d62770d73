import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually } from './acts.ts'

test('a device whose owner left, and whose source names whoever has their address now, is theirs or an admin is asked whose it is', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley, workspace } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
  )
  workspace.deactivate(riley)
  riley.account.email = 'former-riley@contractor.example'
  workspace.personChanged(riley)
  await eventually(
    () => world.directory.freshFacts(as(day.stage, riley)),
    (facts) => facts !== 'unknown' && !facts.isHere,
  )
  workspace.addPerson({ name: 'Riley', email: 'riley@contractor.example' })
  await eventually(
    () => world.directory.everyone(0),
    (all) =>
      all !== 'unknown' &&
      all.people.some(({ person, isHere }) => isHere && person.email === 'riley@contractor.example'),
  )
  await day.says()
  const old = await world.people.bySlackUser(riley.id)
  const device = await world.devices.get('mdm/laptop-1')
  const isAsked = (await world.devices.waiting(10, { needsApproval: true })).some(
    ({ id }) => id === 'mdm/laptop-1',
  )
  expect(isAsked || device?.owner?.id !== old?.id).toBe(true)
}, 60_000)
