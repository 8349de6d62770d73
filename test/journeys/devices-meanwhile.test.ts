import { settlePosture } from '../../src/operations/by-itself/posture-of.ts'
import { lookAt } from '../../src/operations/by-itself/device-watch.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf, patient } from './acts.ts'

/** A device becomes otherwise in the very moment in which it is judged. */

const isHeld = ({ gate }: DeviceDay, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    patient.withinMs,
  )

test('not fit any more between the last question and the call, it is not given', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley } = day.stage
  const { directory } = day.stage.app.world
  await day.says()
  const freshFacts = directory.freshFacts.bind(directory)
  Object.assign(directory, {
    freshFacts: async (person: Parameters<typeof freshFacts>[0]) => {
      const facts = await freshFacts(person)
      Object.assign(directory, { freshFacts })
      await day.says({ attributes: { firewall: false } })
      return facts
    },
  })
  await asks(riley, 'gate open')
  await riley.sees(/will not be given: .*firewall off/s, 'dm', patient)
  expect(day.gate.calls.filter(({ action }) => action === 'give')).toEqual([])
}, 60_000)

test('a slower look that saw it fit does not undo a later one that saw it unfit', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      grace: 5m\n' })
  const { riley } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await day.says({ attributes: { firewall: false } })
  const unfit = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit?.steadyAt === null,
  )
  if (unfit.status !== 'active') throw new Error('it is not held')
  let isFirst = true
  const slower = {
    ...world,
    devices: {
      ...world.devices,
      ofPeople: async (ids: readonly string[]) => {
        if (!isFirst) return world.devices.ofPeople(ids)
        isFirst = false
        await day.says()
        const seen = await world.devices.ofPeople(ids)
        await day.says({ attributes: { firewall: false } })
        await lookAt(world, ids)
        return seen
      },
    },
  }
  await settlePosture(slower, unfit)
  const grant = await onlyGrantOf(day.stage, riley)
  expect(grant.status === 'active' ? grant.posture?.unfit : null).toMatchObject({ steadyAt: null })
}, 60_000)
