import { foreseeing } from '../../src/operations/by-itself/outage.ts'
import { hearsActs } from '../support/heard-acts.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** A source of devices falls silent: who loses what is said beforehand, and where the catalog says so an admin says first. */

const isHeld = ({ gate }: DeviceDay, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    30_000,
  )

/** The look of each minute, as often as the test wants it. */
async function isForeseen({ stage }: DeviceDay): Promise<void> {
  const { world } = stage.app
  await eventually(
    async () => {
      await foreseeing(world)()
      return (await world.deviceSources.all()).some(({ losses }) => (losses ?? []).length > 0)
    },
    (is) => is,
    patient.withinMs,
  )
}

test('who loses what and when is said before they do; heard of again, it is over', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 24s\n' })
  const { riley, kim, orders, workspace } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await isForeseen(day)
  await kim.sees(
    /mdm.*was not heard of since.*It is taken then, unless mdm is heard of.*1 person: .*Open the gate/s,
    orders,
    patient,
  )
  expect([...day.gate.holders]).toEqual(['riley'])
  await day.says()
  await foreseeing(day.stage.app.world)()
  await kim.sees(/mdm was silent for a while/, orders, patient)
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('where the catalog lets it wait, nobody loses it before an admin says so; then they do', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 12s\n  outage: hold\n' })
  const { riley, kim, orders } = day.stage
  await day.says()
  const heardAtMs = performance.now()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await isForeseen(day)
  const asked = await kim.sees(/Nobody loses it before mdm is heard of/, orders, patient)
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => performance.now() - heardAtMs > 12_500 && grant.status === 'active' && grant.posture !== null,
  )
  expect([...day.gate.holders]).toEqual(['riley'])
  const acts = hearsActs(day.stage.app.world)
  await kim.clicks('Take it all the same', asked, { confirm: true })
  await isHeld(day, '')
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ cause: 'unfit' })
  expect(acts).toEqual(['silence-ends-held: done'])
}, 60_000)
