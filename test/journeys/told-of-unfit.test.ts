import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf, patient } from './acts.ts'

/** What a holder reads of a device that is not fit: until when, and no longer than that is so. */

const isHeld = ({ stage }: DeviceDay) =>
  eventually(
    () => onlyGrantOf(stage, stage.riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )

test('mended, the holder does not read on that it ends unless they mend it', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      grace: 1h\n' })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day)
  await day.says({ attributes: { firewall: false } })
  await riley.sees(/ends .* unless this is mended: .*firewall off/, 'dm', patient)
  await day.says()
  // Soon, and not an hour later: it was mended in time.
  await eventually(
    async () => riley.dms.map(({ plain }) => plain).join('\n'),
    (read) => !read.includes('unless this is mended'),
  )
}, 60_000)

test('where an outage lets it be held for longer, the holder does not read of an end that is over', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 3s\n  outage: hold\n',
  })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day)
  const first = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
    30_000,
  )
  const endMs = first.status === 'active' ? (first.posture?.unfit?.cutAt.getTime() ?? 0) : 0
  await riley.sees(/unless this is mended/, 'dm', patient)
  const { clock } = day.stage.app.world
  await eventually(
    async () => clock.now().getTime(),
    (now) => now > endMs + 6_000,
  )
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  const read = JSON.stringify(riley.dms.map(({ blocks }) => blocks))
  const instants = [...read.matchAll(/ends <!date\^(\d+)\^[^>]*> unless/g)].map(
    ([, at]) => Number(at) * 1_000,
  )
  expect(instants.filter((at) => at < clock.now().getTime())).toEqual([])
  expect(read).not.toContain('your device was not fit. It ended')
}, 90_000)
