import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { aReason, changeCatalog, eventually, grantsOf, patient, wrongWith } from './acts.ts'

/** On a network the device is the principal: the form asks on which, and the grant stands and falls with that one. */

const isHeld = ({ gate }: DeviceDay, names: string) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
    patient.withinMs,
  )

async function asksOn({ stage }: DeviceDay, device: string) {
  const { riley } = stage
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', device)
  return riley.submits()
}

test('two devices are two grants, each with a name of its own there; one that is not fit takes only what stands on it', async () => {
  const day = await aDeviceDay({ asks: false, principal: 'device.attributes["netmaker_client"]' })
  const { riley, workspace } = day.stage
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  await day.says({ id: 'laptop-2', name: 'riley-desktop', attributes: { netmaker_client: 'riley-pc' } })
  await asksOn(day, 'riley-laptop')
  await isHeld(day, 'riley-mac')
  await riley.sees(/You have .*Open the gate.* \(riley-laptop\) until/s, 'dm', patient)
  await asksOn(day, 'riley-desktop')
  await isHeld(day, 'riley-mac,riley-pc')
  await day.says({ attributes: { netmaker_client: 'riley-mac', firewall: false } })
  await isHeld(day, 'riley-pc')
  await eventually(
    async () =>
      (await grantsOf(day.stage, riley))
        .map(({ device, status }) => `${device?.name ?? ''} ${status}`)
        .join(),
    (now) => now === 'riley-desktop active,riley-laptop ended',
  )
  const refused = await asksOn(day, 'riley-laptop (not fit now)')
  expect(JSON.stringify(refused)).toContain('firewall off')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a device that is another one there, or is somebody else’s, loses what was given to it', async () => {
  const day = await aDeviceDay({ asks: false, principal: 'device.attributes["netmaker_client"]' })
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  await asksOn(day, 'riley-laptop')
  await isHeld(day, 'riley-mac')
  await day.says({ attributes: { netmaker_client: 'sams-mac' } })
  await isHeld(day, '')
  await asksOn(day, 'riley-laptop')
  await isHeld(day, 'sams-mac')
  await changeCatalog(day.stage, (text) => text.replace('        device: managed-laptop\n', ''))
  await day.says({
    owner: { email: 'sam@acme.example', isProven: true },
    attributes: { netmaker_client: 'sams-mac' },
  })
  await isHeld(day, '')
}, 60_000)
