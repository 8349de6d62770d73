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
