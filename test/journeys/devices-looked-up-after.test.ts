import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, patient } from './acts.ts'

async function looksUp({ stage: { kim } }: DeviceDay, id: string): Promise<void> {
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', id)
  await kim.submits()
}

test('an admin who revoked a device where they looked its owner up does not read on that it is fit', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley, kim } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  await looksUp(day, riley.id)
  await kim.modal(/riley-laptop.*Fit for managed-laptop/s, patient)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === '',
    patient.withinMs,
  )
  await kim.modal(/revoked/, { withinMs: 5_000 })
}, 60_000)
