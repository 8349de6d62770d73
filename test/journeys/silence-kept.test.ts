import { deviceTerms, answerDevice, sameMachine } from '../../src/operations/devices/answer-device.ts'
import { foreseeOutages } from '../../src/operations/by-itself/outage.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { as, asks, changeCatalog, eventually, onlyGrantOf, patient } from './acts.ts'

/** A source of devices is silent, while others are not, rules change, or it is heard of again in part. */

const fleet = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'

const isHeld = ({ gate }: DeviceDay, names: string, withinMs = 30_000) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    withinMs,
  )

const until = (atMs: number) =>
  eventually(
    async () => performance.now(),
    (now) => now > atMs,
    120_000,
  )

const rileysGrant = ({ stage }: DeviceDay) => onlyGrantOf(stage, stage.riley)

async function lossesOf({ stage }: DeviceDay, name: string) {
  const { world } = stage.app
  await foreseeOutages(world)
  return (await world.deviceSources.all()).flatMap(({ source, losses }) =>
    source === name ? [...losses] : [],
  )
}

test('with outage: hold a laptop that says it is not fit ends what is held on it, though an old one of a silent source lies in a drawer', async () => {
  const day = await aDeviceDay({
    asks: false,
    more: fleet,
    rule: '      maxAge: 24s\n      which: any\n  outage: hold\n',
  })
  const { world } = day.stage.app
  // Not heard of for long before its source fell silent: it counted for nothing then.
  const drawer = { source: 'fleet', id: 'f-1', name: 'old-laptop', serial: 'C02OTHER' } as const
  await day.says({ ...drawer, at: new Date(world.clock.now().getTime() - 120_000) })
  const heardAtMs = performance.now()
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 13_000)
  await day.says({ attributes: { firewall: false } })
  await isHeld(day, '', 5_000)
}, 90_000)

test('with outage: hold nobody loses anything by the silence of a source, though one of another that answers lies in a drawer', async () => {
  const day = await aDeviceDay({
    asks: false,
    more: fleet,
    rule: '      maxAge: 1h\n      seenWithin: 1m\n  outage: hold\n',
  })
  const { world } = day.stage.app
  const drawer = { source: 'fleet', id: 'f-1', name: 'old-laptop', serial: 'C02OTHER' } as const
  const sams = { email: 'sam@acme.example', isProven: true }
  const others = { source: 'fleet', id: 'f-2', name: 'sam-mac', serial: 'C02SAM', owner: sams } as const
  await day.says({ ...drawer, at: new Date(world.clock.now().getTime() - 600_000) })
  const heardAtMs = performance.now()
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  for (const afterMs of [15_000, 30_000, 45_000, 60_000]) {
    await until(heardAtMs + afterMs)
    await day.says(others)
  }
  await until(heardAtMs + 70_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 120_000)

test('with outage: hold nobody loses anything by the silence of a source, where the catalog asks for a fit device from now on', async () => {
  const entitlement = `        auto: [{ because: on duty, when: 'true' }]\n`
  const day = await aDeviceDay({ asks: false, entitlement, rule: '      maxAge: 12s\n  outage: hold\n' })
  const heardAtMs = performance.now()
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 14_000)
  await changeCatalog(day.stage, (text) =>
    text.replace('        auto:', '        device: managed-laptop\n        auto:'),
  )
  const judged = await eventually(
    () => rileysGrant(day),
    (grant) => grant.status !== 'active' || grant.posture !== null,
    patient.withinMs,
  )
  expect(judged).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 90_000)

test('what was held through an outage has its time to be mended, once the source says what is wrong', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 10s\n  outage: hold\n',
  })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 36_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  await day.says({ attributes: { firewall: false } })
  const told = await eventually(
    () => rileysGrant(day),
    (grant) => grant.status !== 'active' || /firewall/.test(grant.posture?.unfit?.why ?? ''),
  )
  expect(told).toMatchObject({ status: 'active' })
  await riley.sees(/[Tt]urn on the firewall/, 'dm', { withinMs: 5_000 })
  await day.says()
  await until(performance.now() + 3_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
}, 90_000)

test('with outage: hold one laptop of a thousand that is heard of again does not cut those that had no time to report yet', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 22s\n  outage: hold\n' })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 24_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  const sams = { email: 'sam@acme.example', isProven: true }
  const againAtMs = performance.now()
  // Less than `maxAge` after it is heard of again: Riley's laptop reports in time.
  for (const afterMs of [0, 6_000, 12_000, 18_000]) {
    await until(againAtMs + afterMs)
    await day.says({ id: 'sams', name: 'sam-mac', serial: 'C02SAM', owner: sams })
  }
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 90_000)

test('of a silent source it is not said that people lose what they hold on a machine of which another source tells all that is asked', async () => {
  const day = await aDeviceDay({ more: fleet, rule: '      maxAge: 24s\n' })
  const { riley, kim } = day.stage
  const { world } = day.stage.app
  const by = as(day.stage, kim)
  const says = async (id: string, answer: 'approve' | 'join') => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    return answerDevice(world, { by, id, answer, terms: deviceTerms(device, same) })
  }
  await day.says()
  await says('mdm/laptop-1', 'approve')
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE' })
  const heardAtMs = performance.now()
  await says('fleet/f-1', 'join')
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 8_000)
  await day.says()
  await until(heardAtMs + 14_000)
  expect(await lossesOf(day, 'fleet')).toEqual([])
}, 90_000)

test('of a silent source it is not said that people lose what one device of another is enough for, once that one is not seen lately', async () => {
  const day = await aDeviceDay({
    asks: false,
    more: fleet,
    rule: '      maxAge: 1h\n      seenWithin: 1m\n      which: every\n',
  })
  const heardAtMs = performance.now()
  await day.says()
  await day.says({ source: 'fleet', id: 'f-1', name: 'riley-desktop', serial: 'C02OTHER' })
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 20_000)
  await day.says()
  await until(heardAtMs + 33_000)
  expect(await lossesOf(day, 'fleet')).toEqual([])
}, 90_000)

test('with outage: hold an admin revokes the device that access stands on and it ends within five seconds, though a source of another is silent', async () => {
  const day = await aDeviceDay({
    asks: false,
    more: fleet,
    rule: '      maxAge: 24s\n      which: any\n  outage: hold\n',
  })
  const { world } = day.stage.app
  const heardAtMs = performance.now()
  await day.says({ source: 'fleet', id: 'f-1', name: 'riley-desktop', serial: 'C02OTHER' })
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 15_000)
  await day.says()
  await until(heardAtMs + 26_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active', posture: { on: 'mdm/laptop-1' } })
  const laptop = await world.devices.get('mdm/laptop-1')
  if (laptop === null) throw new Error('it is not known')
  const by = as(day.stage, day.stage.kim)
  await answerDevice(world, { by, id: laptop.id, answer: 'revoke', terms: deviceTerms(laptop) })
  await isHeld(day, '', 5_000)
}, 90_000)

test('with outage: hold what a source said before it fell silent is carried out: a device that was not mended in its time holds nothing', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 12s\n      grace: 16s\n  outage: hold\n',
  })
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await day.says({ attributes: { firewall: false } })
  const saidAtMs = performance.now()
  await eventually(
    () => rileysGrant(day),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
  )
  await until(saidAtMs + 16_000)
  await isHeld(day, '', 5_000)
}, 60_000)

test('with outage: hold a machine that its one source that answers hears no more is cut, though another that is silent had not heard of it for long', async () => {
  const day = await aDeviceDay({ more: fleet, rule: '      maxAge: 24s\n  outage: hold\n' })
  const { riley, kim } = day.stage
  const { world } = day.stage.app
  const by = as(day.stage, kim)
  const says = async (id: string, answer: 'approve' | 'join') => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    return answerDevice(world, { by, id, answer, terms: deviceTerms(device, same) })
  }
  await day.says()
  await says('mdm/laptop-1', 'approve')
  const longAgo = new Date(world.clock.now().getTime() - 120_000)
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE', at: longAgo })
  expect(await says('fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  // The source answers all the while: it is Riley's laptop that is silent.
  for (const afterMs of [6_000, 12_000, 18_000, 24_000]) {
    await until(heardAtMs + afterMs)
    const sams = { email: 'sam@acme.example', isProven: true }
    await day.says({ id: 'sams', name: 'sam-mac', serial: 'C02SAM', owner: sams })
  }
  await isHeld(day, '', 6_000)
}, 90_000)
