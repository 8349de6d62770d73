import { aDeviceDay } from './a-device.ts'
import { aReason, patient } from './acts.ts'

test('whoever asks for several things at once reads in the form what is missing on their device', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley } = day.stage
  await day.says({ attributes: { firewall: false } })
  await riley.runs('/request-access')
  await riley.modal('What do you want to access?', patient)
  await riley.clicks('Several at once…')
  await riley.modal('Up to 10. Each is approved by itself.', patient)
  await riley.searches('What do you want to access?', '')
  await riley.chooses('What do you want to access?', [
    'Open the gate · The gate',
    'Read orders · Orders database',
  ])
  await riley.modal(/firewall off/, patient)
}, 60_000)

test('whoever asks on a device reads in the form what is missing on theirs', async () => {
  const day = await aDeviceDay({ asks: false, principal: 'device.attributes["netmaker_client"]' })
  const { riley } = day.stage
  await day.says({ attributes: { firewall: false, netmaker_client: 'riley-mac' } })
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.modal(/firewall off/, patient)
}, 60_000)
