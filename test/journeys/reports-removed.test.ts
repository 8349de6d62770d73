import { generateKeyPairSync } from 'node:crypto'
import { refTo } from '../../src/domain/person.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

test('whoever enrolled a machine that is lost takes its key back on their Home tab', async () => {
  const day = await aDeviceDay({ asks: false, more: '    laptops: { kind: report }\n' })
  const { riley, app } = day.stage
  const { world } = app
  const facts = await eventually(
    () => world.directory.facts(as(day.stage, riley)),
    (seen) => seen !== 'unknown',
  )
  const { publicKey } = generateKeyPairSync('ed25519')
  await world.deviceKeys.add({
    sourceId: 'd-1',
    publicKey: String(publicKey.export({ format: 'jwk' }).x),
    person: refTo(facts.person),
  })
  const source = world.catalog().devices.sources.get('laptops')
  if (source === undefined) throw new Error('no such source')
  await hearReports(world, source, [{ sourceId: 'd-1', name: 'lost-laptop', at: world.clock.now() }])
  await world.devices.change('laptops/d-1', (known) =>
    known === null ? null : { device: { ...known, owner: refTo(facts.person) }, isChanged: true },
  )
  await riley.opensHome()
  await riley.seesHome('lost-laptop', patient)
  await riley.seesHome(/\[(?:Remove|Take back|Take it back|Forget)[^\]]*\]/, { withinMs: 2_000 })
}, 60_000)
