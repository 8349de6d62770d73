import { answerExtension } from '../../src/operations/answer-extension.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, onlyGrantOf } from './acts.ts'

test('more time that somebody asked for is not given by an approver’s yes while the device is not fit', async () => {
  const entitlement = `        device: managed-laptop\n        auto: [{ because: on duty, when: 'true' }]\n        extend: { by: 10m, total: 40m, after: 0%, review: true }\n`
  const day = await aDeviceDay({ asks: false, rule: '      grace: 1h\n', entitlement })
  const { riley, ada } = day.stage
  const { world } = day.stage.app
  await day.says()
  await asks(riley, 'gate open')
  const held = await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )
  if (held.status !== 'active') throw new Error('not held')
  const asked = await extendGrant(world, { grantId: held.id, by: held.subject, seenEndsAt: held.endsAt })
  if (isRefusal(asked) || asked.status !== 'active') throw new Error('it was not asked for')
  const [extension] = asked.extensions
  if (extension === undefined) throw new Error('nothing waits')
  await day.says({ attributes: { firewall: false } })
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
  )
  const answered = await answerExtension(world, {
    grantId: held.id,
    by: as(day.stage, ada),
    askedAt: extension.askedAt,
    verdict: 'approve',
  })
  expect(answered).toHaveProperty('refused', 'unfit')
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ endsAt: held.endsAt })
}, 60_000)
