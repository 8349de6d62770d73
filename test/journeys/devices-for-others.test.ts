import { aDeviceDay } from './a-device.ts'
import { aReason, eventually, patient } from './acts.ts'

test('whoever asks for somebody else reads in the form what is missing on the devices of those, and not on their own', async () => {
  const day = await aDeviceDay({
    asks: false,
    entitlement: `        device: managed-laptop\n        onBehalf: 'email == "kim@acme.example"'\n        auto: [{ because: on duty, when: 'true' }]\n`,
  })
  const { riley, kim } = day.stage
  await day.says()
  await kim.runs(`/request-access gate open ${aReason()}`)
  await kim.modal('For whom?', patient)
  await kim.chooses('For whom?', riley.name)
  const end = performance.now() + 2_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
  )
  const { text } = await kim.modal('For whom?', patient)
  // Riley's laptop is fit, and nothing is refused.
  expect(text).not.toContain('no device of theirs')
  expect(await kim.submits()).toMatchObject({ outcome: 'cleared' })
}, 60_000)
