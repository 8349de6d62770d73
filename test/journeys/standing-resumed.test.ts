import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { aDeviceDay } from './a-device.ts'
import { eventually, patient } from './acts.ts'

test('held by rule again after a cut, lost with the group and had again with it: nothing of the cut is in the way', async () => {
  const entitlement = `        device: managed-laptop
      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        device: managed-laptop
        who: '"@dba" in groups'
`
  const day = await aDeviceDay({
    asks: false,
    rule: '      grace: 3s\n      resume: true\n',
    entitlement,
  })
  const { dba, ada, sam } = day.stage
  const { world } = day.stage.app
  const sams = { id: 'sams', name: 'sams-mac', owner: { email: 'sam@acme.example', isProven: true } }
  const isHeld = (names: string) =>
    eventually(
      async () => {
        await lookAtHeld(world, { maxAgeMs: 0 })
        return [...day.gate.holders].join()
      },
      (now) => now === names,
      patient.withinMs,
    )
  await day.says(sams)
  await isHeld('sam')
  await day.says({ ...sams, attributes: { firewall: false } })
  await isHeld('')
  await eventually(
    async () => (await world.grants.standing()).length,
    (count) => count === 0,
  )
  await day.says(sams)
  await isHeld('sam')
  dba.members = [ada]
  await isHeld('')
  await eventually(
    async () => (await world.grants.standing()).length,
    (count) => count === 0,
  )
  // The look of each minute, a little later.
  const sinceMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > sinceMs + 4_000,
  )
  await resumeFor(world)
  await eventually(
    async () => (await world.grants.standing()).length,
    (count) => count === 0,
  )
  dba.members = [ada, sam]
  await isHeld('sam')
}, 90_000)
