import { lookAt, watchDevices } from '../../src/operations/by-itself/device-watch.ts'
import { answerDevice, deviceTerms } from '../../src/operations/devices/answer-device.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { takeAnyway } from '../../src/operations/devices/take-anyway.ts'
import type { World } from '../../src/operations/world.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { as, asks, changeCatalog, eventually, onlyGrantOf } from './acts.ts'

/** The catalog is put right in the very moment in which something is judged of devices: what is wrong in it decides no more. */

const proper = "approve: 'device.managed'"
const mistaken = "approve: 'device.managed == false'"
const becomes = (day: DeviceDay, from: string, to: string) =>
  changeCatalog(day.stage, (text) => text.replace(from, to))

/** Answers as before; when it was asked for the first time, something happens before its answer is there. */
function meanwhile<A extends unknown[], R>(ask: (...of: A) => Promise<R>, happens: () => Promise<void>) {
  let has = false
  return {
    has: () => has,
    ask: async (...of: A): Promise<R> => {
      const answer = await ask(...of)
      if (!has) {
        has = true
        await happens()
      }
      return answer
    },
  }
}

function mdmOf(world: World) {
  const source = world.catalog().devices.sources.get('mdm')
  if (source === undefined) throw new Error('there is no such source')
  return source
}

const unmanaged = (world: World, name: string) => ({
  sourceId: name,
  name,
  owner: { email: 'sam@acme.example', isProven: true },
  at: world.clock.now(),
  attributes: { managed: { value: false } },
})

test('a rule that approved by mistake approves none of those that wait', async () => {
  const day = await aDeviceDay({ asks: false })
  const { world } = day.stage.app
  const names = ['one', 'two', 'three']
  await hearReports(
    world,
    mdmOf(world),
    names.map((name) => unmanaged(world, name)),
  )
  await becomes(day, proper, mistaken)
  const pending = meanwhile(world.devices.pending, () => becomes(day, mistaken, proper))
  const devices = { ...world.devices, pending: pending.ask }
  const watch = watchDevices({ ...world, devices }, { changed: () => undefined })
  await watch.minute()
  await watch.stop()
  expect(pending.has()).toBe(true)
  for (const name of names)
    expect(await world.devices.get(`mdm/${name}`)).toMatchObject({ approval: 'pending' })
}, 60_000)

test('nor one that is just heard of', async () => {
  const day = await aDeviceDay({ asks: false })
  const { world } = day.stage.app
  await becomes(day, proper, mistaken)
  const named = meanwhile(world.directory.named, () => becomes(day, mistaken, proper))
  const directory = { ...world.directory, named: named.ask }
  await hearReports({ ...world, directory }, mdmOf(world), [unmanaged(world, 'new')])
  expect(named.has()).toBe(true)
  expect(await world.devices.get('mdm/new')).toMatchObject({ approval: 'pending' })
}, 60_000)

test('a device that is asked for no more cuts nobody', async () => {
  const day = await aDeviceDay({ asks: false })
  const { world } = day.stage.app
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  const held = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active',
  )
  const ofPeople = meanwhile(world.devices.ofPeople, () =>
    becomes(day, '        device: managed-laptop\n', ''),
  )
  const off = { value: false, at: new Date() }
  const devices = {
    ...world.devices,
    ofPeople: async (ids: readonly string[]) => {
      const isFirst = !ofPeople.has()
      const found = await ofPeople.ask(ids)
      return isFirst ? found.map((device) => ({ ...device, said: { ...device.said, firewall: off } })) : found
    },
  }
  await lookAt({ ...world, devices }, [held.subject.id])
  expect(ofPeople.has()).toBe(true)
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
}, 60_000)

const [kims, adas] = ['admins: [kim@acme.example]', 'admins: [ada@acme.example]']

test('who is no admin of devices any more lets no silent source take what is held', async () => {
  const day = await aDeviceDay()
  const { world } = day.stage.app
  await day.says()
  const freshFacts = meanwhile(world.directory.freshFacts, () => becomes(day, kims, adas))
  const directory = { ...world.directory, freshFacts: freshFacts.ask }
  let taken = 0
  const deviceSources = { ...world.deviceSources, takeAnyway: async () => (taken += 1) > 0 }
  const asked = { by: as(day.stage, day.stage.kim), source: 'mdm', heardAt: new Date() }
  expect(await takeAnyway({ ...world, directory, deviceSources }, asked)).toMatchObject({
    refused: 'rules-changed',
  })
  expect([freshFacts.has(), taken]).toEqual([true, 0])
}, 60_000)

test('nor answers whether a device counts', async () => {
  const day = await aDeviceDay()
  const { world } = day.stage.app
  await day.says({ owner: { email: 'riley@contractor.example', isProven: true } })
  const device = await world.devices.get('mdm/laptop-1')
  if (device === null) throw new Error('there is no device')
  const ofPeople = meanwhile(world.devices.ofPeople, () => becomes(day, kims, adas))
  const devices = { ...world.devices, ofPeople: ofPeople.ask }
  const by = as(day.stage, day.stage.kim)
  const answer = { by, id: device.id, answer: 'approve' as const, terms: deviceTerms(device, null) }
  expect(await answerDevice({ ...world, devices }, answer)).toMatchObject({ refused: 'rules-changed' })
  expect(ofPeople.has()).toBe(true)
}, 60_000)
