import { Timestamp } from 'mongodb'
import { createConnection } from 'mongoose'
import { deviceTerms, answerDevice } from '../../src/operations/devices/answer-device.ts'
import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { revokeGrant } from '../../src/operations/revoke.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { areIn, kimLooksUp } from './devices-at-hand.ts'
import {
  aReason,
  as,
  asks,
  asksForSeveral,
  changeCatalog,
  eventually,
  grantsOf,
  onlyGrantOf,
  patient,
} from './acts.ts'

/** What is held on devices, and what is to become of it. */

async function asksOn({ stage }: DeviceDay, device: string) {
  const { riley } = stage
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', device)
  return riley.submits()
}

const principal = 'device.attributes["netmaker_client"]'
const byDuty = `        auto: [{ because: on duty, when: 'true' }]\n`
const onOffice = { attributes: { netmaker_client: 'riley-mac' } }

/** Something is held by rule: then people are read all at once, as in a company with many holders. */
const somethingByRule = (text: string): string =>
  text.replace(
    "        who: '!guest'\n",
    `        who: '!guest'
      always:
        name: Read reports any time
        target: { database: reports, role: read }
        mode: standing
        who: 'email == "nobody@acme.example"'
`,
  )

const withRule = (day: DeviceDay) => changeCatalog(day.stage, somethingByRule)

const rileysOn = ({ gate }: DeviceDay): string => [...gate.holders].join()

const looks = async (day: DeviceDay, isIt: (held: string) => boolean) =>
  eventually(
    async () => {
      await lookAtHeld(day.stage.app.world, { maxAgeMs: 0 })
      return rileysOn(day)
    },
    isIt,
    10_000,
  )

test('what is given on a device ends where the catalog gives something else now, also where many are looked at', async () => {
  const day = await aDeviceDay({ asks: false, principal })
  await withRule(day)
  await day.says(onOffice)
  await asksOn(day, 'riley-laptop')
  await eventually(
    async () => rileysOn(day),
    (now) => now === 'riley-mac',
  )
  await changeCatalog(day.stage, (text) => text.replace('target: { gate: main }', 'target: { gate: side }'))
  await looks(day, (held) => held === '')
}, 60_000)

test('what was given to a name of a device ends where the catalog makes names otherwise now, also where many are looked at', async () => {
  const day = await aDeviceDay({ asks: false, principal })
  await withRule(day)
  await day.says({ attributes: { netmaker_client: 'riley-mac', vpn: 'riley-vpn' } })
  await asksOn(day, 'riley-laptop')
  await eventually(
    async () => rileysOn(day),
    (now) => now === 'riley-mac',
  )
  await changeCatalog(day.stage, (text) => text.replace(principal, 'device.attributes["vpn"]'))
  await looks(day, (held) => held === '')
}, 60_000)

test('what was given to a person ends where the catalog lets only devices in now, also where many are looked at', async () => {
  const day = await aDeviceDay({ asks: false, entitlement: byDuty })
  await withRule(day)
  await asks(day.stage.riley, 'gate open')
  await eventually(
    async () => rileysOn(day),
    (now) => now === 'riley',
  )
  await changeCatalog(day.stage, (text) =>
    text.replace('email.split("@")[0]\n    timeout', `${principal}\n    timeout`),
  )
  await looks(day, (held) => held === '')
}, 60_000)

test('on a device that an admin must let count from now on, nothing is held before one does, also without a rule for fit ones', async () => {
  const day = await aDeviceDay({ asks: true, principal, entitlement: byDuty })
  await changeCatalog(day.stage, (text) => text.replace('devices:\n', 'devices:\n  approval: none\n'))
  await withRule(day)
  await day.says({ ...onOffice, owner: { email: 'riley@contractor.example', isProven: true } })
  await asksOn(day, 'riley-laptop')
  await eventually(
    async () => rileysOn(day),
    (now) => now === 'riley-mac',
  )
  await changeCatalog(day.stage, (text) => text.replace('  approval: none\n', ''))
  await looks(day, (held) => held === '')
}, 60_000)

test('what an admin ended while it was being cut does not go on by itself when the device is fit again', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      resume: true\n' })
  const { riley, ada } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    ({ status }) => status === 'active',
  )
  day.gate.trouble = ({ action }) => (action === 'take' ? { status: 503 } : undefined)
  await day.says({ attributes: { firewall: false } })
  const { id } = await eventually(
    () => onlyGrantOf(day.stage, riley),
    ({ status }) => status === 'revoking',
  )
  // An admin has enough of it: what they are told is their business, that it stays ended is ours.
  expect(await revokeGrant(world, { grantId: id, by: as(day.stage, ada) })).toMatchObject({
    cause: 'revoked',
  })
  day.gate.trouble = () => undefined
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    ({ status }) => status === 'ended',
    30_000,
  )
  await day.says()
  await resumeFor(world)
  await eventually(
    () => grantsOf(day.stage, riley),
    (grants) => grants.length === 1 || grants.some(({ status }) => status === 'active'),
  )
  expect([...day.gate.holders]).toEqual([])
  expect(await grantsOf(day.stage, riley)).toHaveLength(1)
}, 90_000)

test('what an admin said of a device is not undone by another who answers the card as it was before', async () => {
  const day = await aDeviceDay()
  const { kim } = day.stage
  const { world } = day.stage.app
  await day.says()
  const seen = await world.devices.get('mdm/laptop-1')
  if (seen === null) throw new Error('it is not known')
  const answer = { by: as(day.stage, kim), id: seen.id, terms: deviceTerms(seen) } as const
  expect(await answerDevice(world, { ...answer, answer: 'reject' })).toMatchObject({ approval: 'rejected' })
  await answerDevice(world, { ...answer, answer: 'approve' })
  expect(await world.devices.get('mdm/laptop-1')).toMatchObject({ approval: 'rejected' })
}, 60_000)

test('where no admin need say that a device counts, an admin can revoke it all the same', async () => {
  const day = await aDeviceDay()
  const { kim, riley } = day.stage
  await changeCatalog(day.stage, (text) => text.replace('devices:\n', 'devices:\n  approval: none\n'))
  await day.says({ owner: { email: 'riley@contractor.example', isProven: true } })
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await kimLooksUp(day, riley, /riley-laptop.*Fit for managed-laptop/s)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await areIn(day, '')
}, 60_000)

test('on a network where devices are let in, everybody sees theirs and an admin revokes one, also without a rule for fit ones', async () => {
  const day = await aDeviceDay({ asks: false, principal, entitlement: byDuty })
  const { kim, riley } = day.stage
  await day.says(onOffice)
  await asksOn(day, 'riley-laptop')
  await areIn(day, 'riley-mac')
  await kimLooksUp(day, riley, /riley-laptop/s)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await areIn(day, '')
}, 60_000)

test('more time is not given on a device that is not fit', async () => {
  const entitlement = `        device: managed-laptop\n        auto: [{ because: on duty, when: 'true' }]\n        extend: { by: 10m, total: 40m, after: 0%, review: false }\n`
  const day = await aDeviceDay({ asks: false, rule: '      grace: 1h\n', entitlement })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await day.says({ attributes: { firewall: false } })
  const held = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
  )
  if (held.status !== 'active') throw new Error('not held')
  const more = await extendGrant(day.stage.app.world, {
    grantId: held.id,
    by: held.subject,
    seenEndsAt: held.endsAt,
  })
  expect(more).toHaveProperty('refused')
}, 60_000)

test('revoked right before a crash, a device holds nothing after the start, though others changed since', async () => {
  const day = await aDeviceDay({ asks: false, principal, entitlement: byDuty })
  await withRule(day)
  await day.says(onOffice)
  await asksOn(day, 'riley-laptop')
  await eventually(
    async () => rileysOn(day),
    (now) => now === 'riley-mac',
  )
  await eventually(
    () => onlyGrantOf(day.stage, day.stage.riley),
    ({ status }) => status === 'active',
  )
  await day.stage.stopApp()
  const connection = await createConnection(day.stage.environment['MONGODB_URI'] ?? '').asPromise()
  // Written, and then the process was gone; a minute ago by now.
  await connection.collection<{ _id: string }>('devices').updateOne({ _id: 'mdm/laptop-1' }, [
    {
      $set: {
        approval: 'revoked',
        changedAt: { $literal: new Timestamp({ t: Math.floor(Date.now() / 1_000) - 60, i: 1 }) },
        revision: { $add: ['$revision', 1] },
      },
    },
  ])
  await connection.close()
  await day.stage.startApp()
  await day.says({
    id: 'laptop-2',
    name: 'sams-laptop',
    owner: { email: 'sam@acme.example', isProven: true },
  })
  await eventually(
    async () => rileysOn(day),
    (now) => now === '',
  )
}, 90_000)

test('an approver who answers while the device is not fit reads that, and not that rules changed', async () => {
  const day = await aDeviceDay({ asks: false, entitlement: '        device: managed-laptop\n' })
  const { riley, ada, orders } = day.stage
  await day.says()
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  await day.says({ attributes: { firewall: false } })
  await ada.clicks('Approve 10 min', card)
  const said = await ada.sees(/firewall off/, orders, patient)
  expect(JSON.stringify(said)).not.toContain('The rules changed')
}, 60_000)

test('several things at once, one of them on a device: it is asked on which, or the thing is not offered', async () => {
  const day = await aDeviceDay({ asks: false, principal })
  await day.says(onOffice)
  const { submitted } = await asksForSeveral(day.stage, [
    'Open the gate · The gate',
    'Read orders · Orders database',
  ])
  expect(submitted).toMatchObject({ outcome: 'cleared' })
}, 60_000)

test('an admin revokes a device, and what stands on it ends within five seconds, whatever grace there is to mend one that is not fit', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      grace: 10m\n' })
  const { riley, kim } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    ({ status }) => status === 'active',
  )
  const device = await world.devices.get('mdm/laptop-1')
  if (device === null) throw new Error('it is not known')
  const by = as(day.stage, kim)
  expect(
    await answerDevice(world, { by, id: device.id, answer: 'revoke', terms: deviceTerms(device) }),
  ).toMatchObject({ approval: 'revoked' })
  await eventually(
    async () => rileysOn(day),
    (now) => now === '',
    5_000,
  )
}, 60_000)

test('named as somebody else’s, a device counts for nobody and what stood on it ends within five seconds, whatever grace there is', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      grace: 10m\n' })
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await areIn(day, 'riley')
  await eventually(
    () => onlyGrantOf(day.stage, day.stage.riley),
    ({ status }) => status === 'active',
  )
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  await eventually(
    async () => rileysOn(day),
    (now) => now === '',
    5_000,
  )
}, 60_000)
