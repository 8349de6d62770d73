import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { withdrawRequest } from '../../src/operations/withdraw.ts'
import { aDeviceDay } from './a-device.ts'
import { aReason, as, asks, eventually, grantsOf, onlyGrantOf, patient } from './acts.ts'

test('what was cut goes on by itself to its agreed end, though its holder asked anew meanwhile and took that back', async () => {
  const entitlement = `        device: managed-laptop\n`
  const day = await aDeviceDay({
    asks: false,
    rule: '      grace: 3s\n      resume: true\n',
    entitlement,
  })
  const { riley, ada, orders } = day.stage
  const { world } = day.stage.app
  await day.says()
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )
  await day.says({ attributes: { firewall: false } })
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'ended',
    patient.withinMs,
  )
  await day.says()
  await asks(riley, 'gate open')
  const asked = await eventually(
    () => grantsOf(day.stage, riley),
    (grants) => grants.some(({ status }) => status === 'pending'),
  )
  for (const { id, status } of asked)
    if (status === 'pending') await withdrawRequest(world, { grantId: id, by: as(day.stage, riley) })
  const fromMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > fromMs + 4_000,
  )
  await resumeFor(world)
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    5_000,
  )
}, 60_000)
