import { NotYet, resumeFor } from '../../src/operations/by-itself/resume.ts'
import type { World } from '../../src/operations/world.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, grantsOf } from './acts.ts'
import { areIn } from './devices-at-hand.ts'

/** What was cut is looked at each minute, by little work where nothing can have changed. */

/** Riley was cut, as their laptop is not fit. */
async function aCutDay(rule: string): Promise<DeviceDay> {
  const day = await aDeviceDay({ asks: false, rule })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  return day
}

async function isCut({ stage }: DeviceDay): Promise<void> {
  await eventually(
    () => grantsOf(stage, stage.riley),
    ([grant]) => grant?.status === 'ended' && grant.cause === 'unfit',
  )
}

/** The same world, and how often the devices of somebody were read by it. */
function counted(world: World): { world: World; reads: () => number } {
  let reads = 0
  const ofPeople: World['devices']['ofPeople'] = (ids) => {
    reads++
    return world.devices.ofPeople(ids)
  }
  return { world: { ...world, devices: { ...world.devices, ofPeople } }, reads: () => reads }
}

test('what was found not to go on reads no devices in the next minute; once theirs changed it goes on at once', async () => {
  const day = await aCutDay('      maxAge: 1h\n      resume: true\n')
  await day.says({ attributes: { firewall: false } })
  await isCut(day)
  const { world, reads } = counted(day.stage.app.world)
  const notYet = new NotYet()
  await resumeFor(world, undefined, notYet)
  expect(reads()).toBe(1)
  await resumeFor(world, undefined, notYet)
  expect(reads()).toBe(1)
  await day.says()
  await areIn(day, 'riley')
})

test('of two laptops the one that is not fit is not seen lately any more: the other is enough, though nothing was heard', async () => {
  const day = await aCutDay('      maxAge: 1h\n      seenWithin: 1m\n      resume: true\n')
  const { world } = day.stage.app
  const at = new Date(world.clock.now().getTime() - 45_000)
  await day.says({ id: 'laptop-2', name: 'old-laptop', at, attributes: { firewall: false } })
  await isCut(day)
  const notYet = new NotYet()
  await resumeFor(world, undefined, notYet)
  expect([...day.gate.holders]).toEqual([])
  await eventually(
    async () => {
      await resumeFor(world, undefined, notYet)
      return [...day.gate.holders].join()
    },
    (now) => now === 'riley',
    40_000,
  )
  expect(world.clock.now().getTime() - at.getTime()).toBeGreaterThanOrEqual(60_000)
}, 90_000)
