import { generateKeyPairSync } from 'node:crypto'
import { refTo } from '../../src/domain/person.ts'
import { removeDeviceKey } from '../../src/operations/devices/remove-key.ts'
import { aDeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

test('no admin is asked on about a new machine that its owner took back before anybody answered', async () => {
  const day = await aDeviceDay({ more: '    laptops: { kind: report }\n' })
  const { riley, kim, orders, app } = day.stage
  const { world } = app
  const facts = await eventually(
    () => world.directory.facts(as(day.stage, riley)),
    (seen) => seen !== 'unknown',
  )
  const { publicKey } = generateKeyPairSync('ed25519')
  await world.deviceKeys.add({
    sourceId: 'd-old',
    publicKey: String(publicKey.export({ format: 'jwk' }).x),
    person: refTo(facts.person),
  })
  await day.says({ source: 'laptops', id: 'd-old', name: 'old-laptop', serial: 'C02OLD' })
  await kim.sees(/New device.*old-laptop/s, orders, patient)
  expect(await removeDeviceKey(world, { sourceId: 'd-old', by: as(day.stage, riley) })).toEqual({
    removed: true,
  })
  await eventually(
    async () => (await kim.sees(/old-laptop/, orders, patient)).buttons,
    (buttons) => !buttons.includes('Approve'),
    10_000,
  )
}, 60_000)
