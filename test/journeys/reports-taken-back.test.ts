import { removeDeviceKey } from '../../src/operations/devices/remove-key.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, onlyGrantOf, patient } from './acts.ts'
import { areIn, enrolsKey, kimSays, passes } from './devices-at-hand.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** A machine that reported itself is taken back: its key signs nothing, and it counts no more. */

const more = '    laptops: { kind: report }\n'
const old = { source: 'laptops', id: 'd-old', name: 'old-laptop', serial: 'C02OLD' } as const
const sure = { confirm: true }

test('whoever enrolled a machine that is lost takes its key back on their Home tab', async () => {
  const day = await aDeviceDay({ asks: false, more })
  const { riley, app } = day.stage
  await enrolsKey(day, riley, 'd-old')
  await day.says(old)
  await riley.opensHome()
  await riley.seesHome(/old-laptop.*\[Remove/s, patient)
  const acts = hearsActs(day.stage.app.world)
  await riley.clicks('Remove…', 'home', sure)
  await eventually(
    async () => acts,
    (heard) => heard.includes('device-key-removed: done'),
  )
  expect(await app.world.deviceKeys.get('d-old')).toMatchObject({ isRemoved: true })
  await eventually(
    () => app.world.devices.get('laptops/d-old'),
    (device) => device?.approval === 'revoked',
  )
}, 60_000)

test('no admin is asked on about a new machine that its owner took back before anybody answered', async () => {
  const day = await aDeviceDay({ more })
  const { riley, kim, orders, app } = day.stage
  await enrolsKey(day, riley, 'd-old')
  await day.says(old)
  await kim.sees(/New device.*old-laptop/s, orders, patient)
  const by = as(day.stage, riley)
  expect(await removeDeviceKey(app.world, { sourceId: 'd-old', by })).toEqual({ removed: true })
  await eventually(
    async () => (await kim.sees(/old-laptop/, orders, patient)).buttons,
    (buttons) => !buttons.includes('Approve'),
    10_000,
  )
}, 60_000)

test('whoever took an old machine back, and works on a new one that is fit, is let in, and stays so', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 12s\n', more })
  const { riley, app } = day.stage
  const fresh = { source: 'laptops', id: 'd-new', name: 'new-laptop', serial: 'C02NEW' } as const
  await enrolsKey(day, riley, 'd-old')
  await day.says(old)
  await day.says(fresh)
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  const by = as(day.stage, riley)
  expect(await removeDeviceKey(app.world, { sourceId: 'd-old', by })).toEqual({ removed: true })
  // Longer than the old one would count by its last word.
  for (let time = 0; time < 4; time++) {
    await passes(4_000)
    await day.says(fresh)
  }
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 60_000)

test('whose machine it is now takes back on their Home tab the key by which it reports itself, whoever enrolled it', async () => {
  const day = await aDeviceDay({ more })
  const { riley, sam } = day.stage
  await day.says()
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await enrolsKey(day, riley, 'd-1')
  await day.says({ source: 'laptops', id: 'd-1', name: 'own-word' })
  expect(await kimSays(day, 'laptops/d-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await riley.opensHome()
  await riley.seesHome(/riley-laptop.*\[Remove/s, patient)
  // Riley hands the machine in, and Sam has it from now on.
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({
    owner: { email: 'sam@acme.example' },
  })
  await sam.opensHome()
  await sam.seesHome(/riley-laptop.*\[Remove/s, patient)
}, 60_000)
