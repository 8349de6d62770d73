import { aDeviceDay } from './a-device.ts'
import { aReason, eventually, patient } from './acts.ts'

test('a device that is another one on its network for a while, and then the same, goes on by itself where the catalog says so', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      resume: true\n',
    principal: 'device.attributes["netmaker_client"]',
  })
  const { riley } = day.stage
  const isHeld = (names: string) =>
    eventually(
      async () => [...day.gate.holders].join(),
      (now) => now === names,
      patient.withinMs,
    )
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', 'riley-laptop')
  await riley.submits()
  await isHeld('riley-mac')
  await day.says({ attributes: { netmaker_client: 'riley-mac-2' } })
  await isHeld('')
  const fromMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > fromMs + 3_000,
  )
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  await isHeld('riley-mac')
}, 60_000)
