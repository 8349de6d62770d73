import { asNeutral, signedEnrolment } from '../../domain/devices/own-report.ts'
import { plainlyNamed, refTo, type PersonRef } from '../../domain/person.ts'
import type { CodeMaker } from '../../domain/ports/enrolment-codes.ts'
import type { DeviceKey } from '../../domain/ports/device-keys.ts'
import { asAct } from '../as-act.ts'
import { personAct } from '../person-act.ts'
import type { World } from '../world.ts'
import { deviceAct } from './device-act.ts'
import { hearOfOwn, isAhead, reportSource } from './report-source.ts'
import { isSignedBy } from './signed.ts'

export type DeviceCodeAnswer =
  | { readonly code: string; readonly until: Date }
  /** Devices do not report themselves here, or there is no key to make codes by. */
  | { readonly refused: 'no-source' | 'no-keys' }

/** A one-time code: the machine that it is typed on is this person's. `by`: they themselves, or who may do it for them. */
export async function makeDeviceCode(
  world: Pick<World, 'acts' | 'catalog' | 'deviceCodes' | 'log'>,
  { person, by }: { readonly person: PersonRef; readonly by: CodeMaker },
): Promise<DeviceCodeAnswer> {
  if (reportSource(world.catalog()) === null) return { refused: 'no-source' }
  if (world.deviceCodes === null) return { refused: 'no-keys' }
  const { deviceCodes } = world
  const made = await asAct(world, personAct('device-code-made', person, { by }), () =>
    deviceCodes.make({ person: refTo(person), by }),
  )
  world.log.info('a code for a device was made', { person: person.id, by: 'id' in by ? by.id : by.operator })
  return made
}

export type Enrolled =
  | { readonly is: 'enrolled'; readonly device: string; readonly owner: string; readonly at: Date }
  | { readonly is: 'refused'; readonly why: 'no-source' | 'malformed' | 'not-signed' | 'code' }
  | { readonly is: 'refused'; readonly why: 'clock'; readonly at: Date }

/**
 * Makes the machine that sent this the device of whom its code was made for. Asked again with the same key, as the answer
 * may have been lost, it answers the same.
 */
export async function enrolDevice(
  world: World,
  sent: { readonly sent: Uint8Array; readonly json: unknown; readonly signature: string },
): Promise<Enrolled> {
  const source = reportSource(world.catalog())
  if (source === null) return { is: 'refused', why: 'no-source' }
  const parsed = signedEnrolment.safeParse(sent.json)
  if (!parsed.success) return { is: 'refused', why: 'malformed' }
  const { publicKey, code, at, body } = parsed.data
  // Who has the key: else one could claim another's device as one's own.
  if (!isSignedBy(publicKey, 'enrol', sent)) return { is: 'refused', why: 'not-signed' }
  const now = world.clock.now()
  if (isAhead(at, now)) return { is: 'refused', why: 'clock', at: now }
  const key = (await world.deviceKeys.ofPublicKey(publicKey)) ?? (await newKey(world, { publicKey, code }))
  if (key === null || key.isRemoved) return { is: 'refused', why: 'code' }
  const { sourceId, person } = key
  const report = asNeutral({ body, at }, sourceId)
  const heard = await hearOfOwn(world, source, { report, person })
  if (heard.is === 'refused')
    world.log.warn('what a new device said was refused', { sourceId, why: heard.why })
  return { is: 'enrolled', device: sourceId, owner: plainlyNamed(person), at: now }
}

/** By whose code. */
const codeBy = (by: CodeMaker): Record<string, string> => ({
  codeBy: 'id' in by ? plainlyNamed(by) : by.operator,
})

async function newKey(
  world: World,
  { publicKey, code }: { publicKey: string; code: string },
): Promise<DeviceKey | null> {
  const made = await world.deviceCodes?.use(code)
  // The same request once more, at the same time: the other one had the code.
  if (made == null) return world.deviceKeys.ofPublicKey(publicKey)
  const { person, by } = made
  const facts = await world.directory.facts(person)
  if (facts !== 'unknown' && !facts.isHere) return null
  const sourceId = `d-${world.newId()}`
  const act = deviceAct(
    'device-enrolled',
    { id: sourceId, name: sourceId },
    { by: person, details: codeBy(by) },
  )
  await asAct(
    world,
    act,
    () => world.deviceKeys.add({ sourceId, publicKey, person }),
    (isAdded) => (isAdded ? 'done' : null),
  )
  world.log.info('a device was enrolled', {
    device: sourceId,
    person: person.id,
    by: 'id' in by ? by.id : by.operator,
  })
  return world.deviceKeys.ofPublicKey(publicKey)
}
