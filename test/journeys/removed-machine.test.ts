import { hearReports } from '../../src/operations/devices/hear.ts'
import { removeDeviceKey } from '../../src/operations/devices/remove-key.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, onlyGrantOf } from './acts.ts'

test('who takes back the key of a machine that they have no more keeps what stands on the other one', async () => {
  const more = '    laptops: { kind: report }\n'
  const day = await aDeviceDay({ asks: false, more, rule: '      maxAge: 12s\n' })
  const { riley } = day.stage
  const { world } = day.stage.app
  const by = as(day.stage, riley)
  const source = world.catalog().devices.sources.get('laptops')
  const facts = await world.directory.facts(by)
  if (source === undefined || facts === 'unknown') throw new Error('there is nothing to begin with')
  const { id, name, slack, email } = facts.person
  const says = (sourceId: string) =>
    hearReports(world, source, [
      {
        sourceId,
        name: sourceId,
        owner: { email: 'riley@contractor.example', isProven: true },
        at: world.clock.now(),
        attributes: Object.fromEntries(
          Object.entries({
            os: 'macos',
            osVersion: '15.1',
            diskEncrypted: true,
            firewall: true,
            managed: true,
          }).map(([key, value]) => [key, { value }]),
        ),
      },
    ])
  for (const sourceId of ['d-old', 'd-new']) {
    await world.deviceKeys.add({
      sourceId,
      publicKey: `a key of ${sourceId}`,
      person: { id, name, slack, email },
    })
    await says(sourceId)
  }
  await asks(riley, 'gate open')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture !== null,
  )
  expect(await removeDeviceKey(world, { sourceId: 'd-old', by: facts.person })).toMatchObject({
    removed: true,
  })
  const fromMs = performance.now()
  for (const afterMs of [4_000, 8_000, 12_000, 16_000]) {
    await eventually(
      async () => performance.now(),
      (now) => now > fromMs + afterMs,
      20_000,
    )
    await says('d-new')
  }
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 60_000)
