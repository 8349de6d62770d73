import { devices } from '../../src/who/devices.ts'
import { aDeviceDay } from './a-device.ts'
import { asks, changeCatalog, eventually, patient } from './acts.ts'

test('where no admin need say that a device counts, `curfew devices` does not say of one that counts that it is pending', async () => {
  const day = await aDeviceDay()
  await changeCatalog(day.stage, (text) => text.replace('devices:\n', 'devices:\n  approval: none\n'))
  await day.says({ owner: { email: 'riley@contractor.example', isProven: true } })
  await asks(day.stage.riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  const { text } = await devices(['riley-laptop'], { ...day.stage.environment })
  expect(text).toMatch(/managed-laptop: yes/)
  expect(text).not.toMatch(/pending/)
}, 60_000)
