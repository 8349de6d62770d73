import { generateKeyPairSync } from 'node:crypto'
import { refTo } from '../../src/domain/person.ts'
import type { DeviceAnswer } from '../../src/domain/devices/device.ts'
import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

test('whose machine it is now takes back on their Home tab the key by which it reports itself, whoever enrolled it', async () => {
  const day = await aDeviceDay({ more: '    laptops: { kind: report }\n' })
  const { riley, sam, kim, app } = day.stage
  const { world } = app
  const says = async (id: string, answer: DeviceAnswer) => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    return answerDevice(world, { by: as(day.stage, kim), id, answer, terms: deviceTerms(device, same) })
  }
  await day.says()
  expect(await says('mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
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
  const owner = { email: 'riley@contractor.example', isProven: false }
  const own = { sourceId: 'd-1', name: 'own-word', serial: 'C02FAKE', owner, at: world.clock.now() }
  await hearReports(world, source, [own])
  expect(await says('laptops/d-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await riley.opensHome()
  await riley.seesHome(/riley-laptop.*\[Remove/s, patient)
  // Riley hands the machine in, and Sam has it from now on.
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  expect(await says('mdm/laptop-1', 'approve')).toMatchObject({ owner: { email: 'sam@acme.example' } })
  await sam.opensHome()
  await sam.seesHome('riley-laptop', patient)
  await sam.seesHome(/riley-laptop.*\[Remove/s, { withinMs: 4_000 })
}, 60_000)
