import type { DeviceAnswer } from '../../src/domain/devices/device.ts'
import { answerDevice, deviceTerms } from '../../src/operations/devices/answer-device.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { areIn, kimLooksUp } from './devices-at-hand.ts'
import { aReason, as, asks, patient, wrongWith } from './acts.ts'

/** Devices by the dozen, at odd moments, and by whom it is not theirs to say. */

const ofRiley = { email: 'riley@contractor.example', isProven: true }
const answers = ({ stage }: DeviceDay, answer: DeviceAnswer, terms: string) =>
  answerDevice(stage.app.world, { by: as(stage, stage.kim), id: 'mdm/laptop-1', answer, terms })

test.each(['reject', 'revoke'] as const)(
  'what an admin said no to (%s) does not count by a click on the card of before',
  async (no) => {
    const day = await aDeviceDay()
    await day.says({ owner: ofRiley })
    const { devices } = day.stage.app.world
    const asked = await devices.get('mdm/laptop-1')
    const terms = asked === null ? '' : deviceTerms(asked)
    if (no === 'revoke') expect(await answers(day, 'approve', terms)).toMatchObject({ approval: 'approved' })
    expect(await answers(day, no, terms)).toMatchObject({ owner: { email: ofRiley.email } })
    await answers(day, 'approve', terms)
    expect((await devices.get('mdm/laptop-1'))?.approval).not.toBe('approved')
  },
  60_000,
)

test('an admin revokes a machine that two sources tell of, and whatever stands on it ends', async () => {
  const other = '    agents: { kind: report }\n'
  const day = await aDeviceDay({ more: other })
  const { riley, kim, orders } = day.stage
  await day.says()
  await kim.clicks('Approve', await kim.sees('New device', orders, patient))
  await kim.sees('approved riley-laptop', orders, patient)
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('agents')
  if (source === undefined) throw new Error('no such source')
  await hearReports(world, source, [
    {
      sourceId: 'd-1',
      name: 'rileys own word',
      serial: 'C02FAKE',
      uuid: 'A1B2-C3D4',
      owner: { email: ofRiley.email, isProven: false },
      at: world.clock.now(),
    },
  ])
  const card = await kim.sees(/It may be .*riley-laptop/s, orders, patient)
  await kim.clicks('It is the same machine', card)
  await kim.sees('is a machine that was known already', orders, patient)
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await kimLooksUp(day, riley, /riley-laptop/s)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await areIn(day, '')
}, 60_000)

test('where devices count without an admin’s yes, an admin revokes one all the same', async () => {
  const day = await aDeviceDay({ rule: '      maxAge: 1h\n  approval: none\n' })
  const { riley, kim } = day.stage
  await day.says({ owner: ofRiley })
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await kimLooksUp(day, riley, /riley-laptop/s)
  await kim.clicks('Revoke', 'modal', { confirm: true })
  await areIn(day, '')
}, 60_000)

test('where devices count without an admin’s yes, nobody reads that one waits for it', async () => {
  const day = await aDeviceDay({ rule: '      maxAge: 1h\n  approval: none\n' })
  const { riley, kim, orders } = day.stage
  await day.says({ owner: ofRiley })
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  await expect(kim.sees(/waits for an admin|New device/, orders, { withinMs: 5_000 })).rejects.toThrow()
}, 60_000)

test('a card of a device that still waits is not said to be over as an older one is in question', async () => {
  const day = await aDeviceDay()
  const { kim, orders, workspace } = day.stage
  await day.says({ owner: ofRiley })
  await kim.clicks('Approve', await kim.sees('New device', orders, patient))
  await kim.sees('approved riley-laptop', orders, patient)
  for (let n = 1; n <= 20; n++) await day.says({ id: `new-${n}`, name: `new-${n}-mac`, serial: `SER${n}-A` })
  await kim.sees(/New device.*new-20-mac/s, orders, { withinMs: 40_000 })
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  await kim.sees(/says that it is .*sam@acme.example/s, orders, { withinMs: 40_000 })
  expect(await day.stage.app.world.devices.get('mdm/new-20')).toMatchObject({ approval: 'pending' })
  await expect(
    kim.sees(/new-20-mac.*changed since this was asked/s, orders, { withinMs: 8_000 }),
  ).rejects.toThrow()
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)

test('access on a device can be asked for whatever its source calls it', async () => {
  const day = await aDeviceDay({ asks: false, principal: 'device.attributes["netmaker_client"]' })
  const { riley, workspace } = day.stage
  await day.says({ id: `urn:uuid:${'7'.repeat(190)}`, attributes: { netmaker_client: 'riley-mac' } })
  await riley.runs(`/request-access gate open ${aReason()}`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', 'riley-laptop')
  await riley.submits()
  await areIn(day, 'riley-mac')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
