import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, onlyGrantOf } from './acts.ts'

test('whose address changed keeps what stands on their device, as its source names nobody else', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley, workspace } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )
  riley.account.email = 'riley@acme.example'
  workspace.personChanged(riley)
  await eventually(
    () => world.directory.freshFacts(as(day.stage, riley)),
    (facts) => facts !== 'unknown' && facts.person.email === 'riley@acme.example',
  )
  await day.says({ owner: { email: 'riley@acme.example', isProven: true } })
  expect(await world.devices.get('mdm/laptop-1')).toMatchObject({ isInQuestion: false })
  const fromMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > fromMs + 3_000,
  )
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
}, 60_000)
