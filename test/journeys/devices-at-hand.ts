import { generateKeyPairSync } from 'node:crypto'
import type { Device, DeviceAnswer } from '../../src/domain/devices/device.ts'
import { refTo, type PersonRef } from '../../src/domain/person.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import type { Person } from '../workspace/people/person.ts'
import type { DeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

/** What is done in a day of devices again and again. */

/** A second source of devices, as the catalog names it. */
export const alsoFleet = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'

/** Kim answers of a device as it is now. */
export async function kimSays(
  { stage }: DeviceDay,
  id: string,
  answer: DeviceAnswer,
): Promise<Device | Refusal> {
  const { world } = stage.app
  const device = await world.devices.get(id)
  if (device === null) throw new Error(`${id} is not known`)
  const same = answer === 'join' ? await sameMachine(world, device) : null
  return answerDevice(world, { by: as(stage, stage.kim), id, answer, terms: deviceTerms(device, same) })
}

/** Once exactly these are let in: their names there, sorted. */
export const areIn = ({ gate }: DeviceDay, names: string, withinMs = patient.withinMs) =>
  eventually(
    async () => [...gate.holders].sort().join(),
    (now) => now === names,
    withinMs,
  )

/** Kim looks them up on the Home tab: what is shown once it reads so. */
export async function kimLooksUp({ stage: { kim } }: DeviceDay, { id }: Person, expected: RegExp) {
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', id)
  await kim.submits()
  return kim.modal(expected, patient)
}

/** A machine of theirs that reports itself, by its key: whose it is. */
export async function enrolsKey({ stage }: DeviceDay, person: Person, sourceId: string): Promise<PersonRef> {
  const { world } = stage.app
  const facts = await eventually(
    () => world.directory.facts(as(stage, person)),
    (seen) => seen !== 'unknown',
  )
  const { publicKey } = generateKeyPairSync('ed25519')
  const key = { sourceId, publicKey: String(publicKey.export({ format: 'jwk' }).x) }
  await world.deviceKeys.add({ ...key, person: refTo(facts.person) })
  return refTo(facts.person)
}

/** So long nothing is to become otherwise. */
export const passes = (ms: number) => {
  const endMs = performance.now() + ms
  return eventually(
    async () => performance.now(),
    (now) => now > endMs,
    ms + 10_000,
  )
}
