import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { answerDevice, deviceTerms } from '../../src/operations/devices/answer-device.ts'
import { as, asks, changeCatalog, eventually, grantsOf, onlyGrantOf, patient, wrongWith } from './acts.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** Only from machines that are fit: asked for, given, cut, and given again. */

const isHeld = ({ gate }: DeviceDay, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    patient.withinMs,
  )

const isApproved = async (day: DeviceDay): Promise<void> => {
  const { kim, orders } = day.stage
  const card = await kim.sees('New device', orders, patient)
  await kim.clicks('Approve', card)
  await kim.sees('Kim (kim@acme.example) approved riley-laptop', orders, patient)
}

test('a new device is asked about, and counts once an admin said so; not fit any more, what is held ends within five seconds', async () => {
  const day = await aDeviceDay()
  const { riley, kim, orders, workspace } = day.stage
  const none = await asks(riley, 'gate open')
  expect(none).toMatchObject({ outcome: 'errors' })
  expect(JSON.stringify(none)).toContain('no device of theirs is known that counts')
  await riley.closesModal()

  await day.says()
  await kim.sees(
    /riley-laptop.*macOS 15\.1, encrypted, firewall on, managed, serial C02FAKE/s,
    orders,
    patient,
  )
  await isApproved(day)
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')

  const atMs = performance.now()
  await day.says({ attributes: { firewall: false } })
  await isHeld(day, '')
  expect(performance.now() - atMs).toBeLessThan(5_000)
  await riley.sees(/ended .*firewall off.*Turn on the firewall.*checked, it is gone/s, 'dm', patient)
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'ended', cause: 'unfit', left: 'gone' })
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('silent for longer than the rule lets it be, it is cut within five seconds, though nothing happens', async () => {
  const day = await aDeviceDay({ rule: '      maxAge: 8s\n', asks: false })
  const { riley } = day.stage
  const saidAtMs = performance.now()
  await day.says()
  const heardAtMs = performance.now()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await isHeld(day, '')
  const cutAtMs = performance.now()
  expect(cutAtMs - saidAtMs).toBeGreaterThan(7_900)
  expect(cutAtMs - heardAtMs).toBeLessThan(13_000)
  await riley.sees(
    /ended .*riley-laptop was last heard of .*for at most 8 s that counts.*Switch riley-laptop on/s,
    'dm',
    patient,
  )
}, 60_000)

test('heard of again and again, it is held for longer than the rule lets it be silent', async () => {
  const day = await aDeviceDay({ rule: '      maxAge: 6s\n', asks: false })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  for (let time = 0; time < 4; time++) {
    const { calls } = day.gate
    await day.says()
    const untilMs = performance.now() + 3_000
    await eventually(
      async () => performance.now() > untilMs || calls.some(({ action }) => action === 'take'),
      (is) => is,
    )
  }
  expect([...day.gate.holders]).toEqual(['riley'])
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
}, 60_000)

test('with a grace the holder is told what to mend and until when; mended in time, nothing ends; a device that changes to and fro has one grace', async () => {
  const day = await aDeviceDay({ rule: '      grace: 4s\n', asks: false })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await day.says({ attributes: { diskEncrypted: false } })
  await riley.sees(/ends .* unless this is mended: .*disk encryption off.*Turn on FileVault/s, 'dm', patient)
  await day.says()
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit === null,
  )
  await riley.sees(/was not fit for a while, and is again/, 'dm', patient)

  for (let time = 0; time < 20 && day.gate.holders.size > 0; time++) {
    await day.says({ attributes: { firewall: time % 2 === 1 } })
    const untilMs = performance.now() + 600
    await eventually(
      async () => performance.now() > untilMs || day.gate.holders.size === 0,
      (is) => is,
    )
  }
  await isHeld(day, '')
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ cause: 'unfit' })
  const told = riley.dms.filter(({ text }) => /ends soon: your device/.test(text))
  expect(told.length).toBeLessThanOrEqual(1)
}, 60_000)

test('an admin revokes it, and whatever stands on it ends at once; its owner does not answer for it', async () => {
  const day = await aDeviceDay()
  const { riley, kim } = day.stage
  const acts = hearsActs(day.stage.app.world)
  await day.says()
  await isApproved(day)
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', riley.id)
  await kim.submits()
  await kim.modal(/riley-laptop.*Fit for managed-laptop/s, patient)
  const atMs = performance.now()
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await isHeld(day, '')
  expect(performance.now() - atMs).toBeLessThan(5_000)
  await riley.sees(/ended .*riley-laptop.*an admin revoked it/s, 'dm', patient)
  expect(acts).toContain('device-revoked: done')
}, 60_000)

test('named as somebody else’s, it counts for nobody until an admin says whose it is', async () => {
  const day = await aDeviceDay()
  const { riley, kim, orders } = day.stage
  await day.says()
  await isApproved(day)
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  const acts = hearsActs(day.stage.app.world)
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  await isHeld(day, '')
  const card = await kim.sees(
    /riley-laptop.* is .*riley@contractor.example.*says that it is .*sam@acme.example/s,
    orders,
    patient,
  )
  expect(card.text).toBe('Whose is riley-laptop?')
  await kim.clicks('It stays as it was', card)
  await eventually(
    async () => day.stage.app.world.devices.get('mdm/laptop-1'),
    (device) => device?.isInQuestion === false && device.owner?.email === 'riley@contractor.example',
  )
  expect(acts).toEqual(expect.arrayContaining(['device-questioned: done', 'device-kept: done']))
  // The same once more asks nothing: it was answered.
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  expect(await day.stage.app.world.devices.get('mdm/laptop-1')).toMatchObject({ isInQuestion: false })
  const grants = await grantsOf(day.stage, riley)
  expect(grants.map(({ status }) => status)).toEqual(['ended'])
}, 60_000)

test('a stricter rule of the catalog ends what does not meet it, and one that is gone lets it be', async () => {
  const day = await aDeviceDay()
  const { riley, stage } = { ...day.stage, stage: day.stage }
  await day.says()
  await isApproved(day)
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await changeCatalog(stage, (text) => text.replace('version("14.5")', 'version("15.2")'))
  await isHeld(day, '')
  await riley.sees(/ended .*system version 15\.1.*Install the updates/s, 'dm', patient)
}, 60_000)

test('where the catalog says so, what was cut goes on by itself once the device is fit again, until its agreed end', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      resume: true\n' })
  const { riley, workspace } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await day.says({ attributes: { firewall: false } })
  await isHeld(day, '')
  await eventually(
    () => grantsOf(day.stage, riley),
    ([grant]) => grant?.status === 'ended',
  )
  await day.says()
  await isHeld(day, 'riley')
  const [cut, again] = await eventually(
    async () => (await grantsOf(day.stage, riley)).sort((one) => (one.resumes === null ? -1 : 1)),
    ([, other]) => other?.status === 'active',
  )
  expect(again?.resumes).toBe(cut?.id)
  expect(again && 'endsAt' in again ? again.endsAt : null).toEqual(cut && 'endsAt' in cut ? cut.endsAt : 0)
  await riley.clicks("I'm done", await riley.sees(/You have .*Open the gate/s, 'dm', patient), {
    confirm: true,
  })
  await isHeld(day, '')
  // Given back, it does not go on once more.
  await day.says({ attributes: { firewall: false } })
  await day.says()
  await resumeFor(day.stage.app.world)
  expect([...day.gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('two sources that tell of one machine are one only by an admin’s word; a serial number that many share is never offered', async () => {
  const other = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({ more: other })
  const { riley, kim, orders } = day.stage
  await day.says({ attributes: { firewall: null } })
  await isApproved(day)
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE' })
  const card = await kim.sees(/It may be .*riley-laptop.*which is no proof/s, orders, patient)
  const acts = hearsActs(day.stage.app.world)
  await kim.clicks('It is the same machine', card)
  await kim.sees('is a machine that was known already', orders, patient)
  expect(acts).toContain('device-joined: done')
  // What neither says alone they say together.
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE', attributes: { firewall: false } })
  await isHeld(day, '')

  await day.says({ id: 'vm-1', name: 'vm-1', serial: 'System Serial Number' })
  await day.says({ source: 'fleet', id: 'vm-2', name: 'vm-2', serial: 'System Serial Number' })
  const vm = await kim.sees(/New device.*vm-2/s, orders, patient)
  expect(vm.text).not.toContain('same')
  expect(JSON.stringify(vm.blocks)).not.toContain('It may be')
}, 60_000)

test('nobody lets a device of their own count, nor whoever is no admin of devices, nor by a card that changed since', async () => {
  const day = await aDeviceDay()
  const { kim, ada, orders } = day.stage
  await day.says({ id: 'kims', name: 'kims-mac', owner: { email: 'kim@acme.example', isProven: false } })
  const card = await kim.sees('New device', orders, patient)
  await kim.clicks('Approve', card)
  await kim.sees('It is your own: another admin must say that it counts.', orders, patient)
  await ada.clicks('Approve', card)
  await ada.sees('Only the admins of this resource can do that.', orders, patient)
  const { world } = day.stage.app
  const before = await world.devices.get('mdm/kims')
  await day.says({ id: 'kims', name: 'kims-mac', owner: { email: 'sam@acme.example', isProven: false } })
  const seen = {
    id: 'mdm/kims',
    answer: 'approve',
    terms: before === null ? '' : deviceTerms(before),
  } as const
  const late = await answerDevice(world, { by: as(day.stage, kim), ...seen })
  expect(late).toMatchObject({ refused: 'terms-changed' })
  expect(await world.devices.get('mdm/kims')).toMatchObject({ approval: 'pending', owner: null })
}, 60_000)

test('not fit when it is to open, it is not given, and goes on by itself once the device is mended', async () => {
  const entitlement = `        device: managed-laptop\n        ahead: 1h\n        auto: [{ because: on duty, when: 'true' }]\n`
  const day = await aDeviceDay({ asks: false, rule: '      resume: true\n', entitlement })
  const { riley } = day.stage
  const { world } = day.stage.app
  await day.says()
  const made = await requestAccess(world, {
    requestId: 'to come',
    by: as(day.stage, riley),
    resource: 'gate',
    entitlement: 'open',
    durationMs: 600_000,
    startsAt: new Date(world.clock.now().getTime() + 4_000),
    recurrence: null,
    reason: 'INC-1: a customer waits',
  })
  expect(made).toMatchObject({ status: 'waiting' })
  await day.says({ attributes: { firewall: false } })
  await riley.sees(/will not be given: .*firewall off/s, 'dm', patient)
  expect(day.gate.calls.filter(({ action }) => action === 'give')).toEqual([])
  await day.says()
  await isHeld(day, 'riley')
}, 60_000)

test('a device that was rejected by mistake is approved all the same, from the message that says so', async () => {
  const day = await aDeviceDay()
  const { riley, kim, orders, workspace } = day.stage
  const acts = hearsActs(day.stage.app.world)
  await day.says()
  await kim.clicks('Reject', await kim.sees('New device', orders, patient), { confirm: true })
  const rejected = await kim.sees('Kim (kim@acme.example) rejected riley-laptop', orders, patient)
  await kim.clicks('Approve all the same', rejected)
  await kim.sees('Kim (kim@acme.example) approved riley-laptop', orders, patient)
  expect(acts).toEqual(expect.arrayContaining(['device-rejected: done', 'device-approved: done']))
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
