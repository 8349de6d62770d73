import { devices } from '../../src/who/devices.ts'
import { aDeviceDay } from './a-device.ts'
import { aReason, eventually, patient } from './acts.ts'

test('`curfew devices simulate` says who would lose what they hold on a device, also where no rule for fit ones is in force yet', async () => {
  const day = await aDeviceDay({
    asks: false,
    principal: 'device.attributes["netmaker_client"]',
    entitlement: `        auto: [{ because: on duty, when: 'true' }]\n`,
  })
  const { riley } = day.stage
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', 'riley-laptop')
  await riley.submits()
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley-mac',
    patient.withinMs,
  )
  const said = await devices(['simulate', 'device.osVersion >= version("15.2")'], {
    ...day.stage.environment,
  })
  expect(said.text).toMatch(/would lose 1 of 1/)
}, 60_000)
