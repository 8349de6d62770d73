import { aDeviceDay } from './a-device.ts'
import { patient } from './acts.ts'

test('a machine’s name makes no line of its own on the card that asks an admin about it', async () => {
  const { stage, says } = await aDeviceDay()
  const { kim, orders } = stage
  await says({ name: 'mac\nChecked by Sam: approve' })
  const card = await kim.sees(/New device/, orders, patient)
  expect(JSON.stringify(card.blocks)).not.toContain('\\nChecked by Sam')
}, 60_000)
