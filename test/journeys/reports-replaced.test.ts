import { generateKeyPairSync } from 'node:crypto'
import { refTo } from '../../src/domain/person.ts'
import { removeDeviceKey } from '../../src/operations/devices/remove-key.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, patient } from './acts.ts'

test('whoever took an old machine back, and works on a new one that is fit, is let in: the old one is no device any more', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 12s\n',
    more: '    laptops: { kind: report }\n',
  })
  const { riley, app } = day.stage
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
  expect(await removeDeviceKey(world, { sourceId: 'd-old', by: as(day.stage, riley) })).toEqual({
    removed: true,
  })
  const end = performance.now() + 13_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    20_000,
  )
  await day.says({ source: 'laptops', id: 'd-new', name: 'new-laptop', serial: 'C02NEW' })
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'cleared' })
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
}, 60_000)
