import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { resumeFor } from '../../src/operations/by-itself/resume.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, grantsOf, onlyGrantOf } from './acts.ts'

test('who was deactivated and is back has nothing again that was cut before, as nothing else that they had', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      resume: true\n' })
  const { riley, workspace } = day.stage
  const { world } = day.stage.app
  const isHere = (here: boolean) =>
    eventually(
      () => world.directory.freshFacts(as(day.stage, riley)),
      (facts) => facts !== 'unknown' && facts.isHere === here,
    )
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active',
  )
  await day.says({ attributes: { firewall: false } })
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'ended',
  )
  workspace.deactivate(riley)
  await isHere(false)
  await lookAtHeld(world, { maxAgeMs: 0 })
  riley.account.isDeleted = false
  workspace.personChanged(riley)
  await isHere(true)
  await day.says()
  await resumeFor(world)
  expect(await grantsOf(day.stage, riley)).toHaveLength(1)
}, 60_000)
