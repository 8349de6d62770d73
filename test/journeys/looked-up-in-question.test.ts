import { aDeviceDay } from './a-device.ts'
import { asks, eventually, patient } from './acts.ts'

test('looked up, a device of which it is in question whose it is does not become another’s by "Approve all the same"', async () => {
  const day = await aDeviceDay({ asks: false })
  const { kim, riley } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
  )
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', riley.id)
  await kim.submits()
  // Of Riley's devices: nothing here says that it would be Sam's.
  const shown = await kim.modal(/riley-laptop.*an admin is to say first whose it is/s, patient)
  expect(JSON.stringify(shown)).not.toContain('sam@acme.example')
  await kim.clicks('Approve all the same', 'modal').catch(() => undefined)
  const fromMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > fromMs + 2_000,
  )
  const device = await world.devices.get('mdm/laptop-1')
  expect(device?.owner?.email).toBe('riley@contractor.example')
}, 60_000)
