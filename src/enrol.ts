import type { Connection } from 'mongoose'
import { parseArgs } from 'node:util'
import { ConfigError, readRingPlaces } from './config.ts'
import { deviceCodes } from './confirming/device-codes.ts'
import { enrolmentCodes } from './confirming/enrolment-codes.ts'
import { keyRing } from './confirming/key-ring.ts'
import { emailKey } from './domain/email.ts'
import { plainlyNamed, refTo, type Person } from './domain/person.ts'
import { hide } from './log.ts'
import { mongoDeviceCodes } from './mongo/confirming/device-codes.ts'
import { mongoEnrolmentCodes } from './mongo/confirming/enrolment-codes.ts'
import { mongoPasskeys } from './mongo/confirming/passkeys.ts'
import { mongoProofs } from './mongo/confirming/proofs.ts'
import { mongoTotp } from './mongo/confirming/totp.ts'
import { connect } from './mongo/connection.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { mongoTickets } from './mongo/tickets.ts'
import { mongoPeople } from './mongo/people.ts'
import { asAct } from './operations/as-act.ts'
import { personAct } from './operations/person-act.ts'
import { operator, recordingOf } from './operator.ts'

export const enrolUsage = `curfew enrol <person>     a one-time code with which they add a way to confirm; give it in person (e-mail or Slack id)
  --device                a one-time code with which a machine reports itself as theirs
  --remove                all their passkeys and their authenticator app confirm nothing any more`

/** The code, once. Whoever may run this may enrol anybody. Throws `ConfigError` for what cannot be. */
export async function enrol(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { name, isDevice, isRemoved } = asked(words)
  const { mongodbUri, keys } = readRingPlaces(environment)
  for (const secret of [mongodbUri, ...keys.map(({ base64 }) => base64)]) hide(secret)
  const connection = await connect(mongodbUri)
  try {
    await ensureIndexes(connection)
    const people = mongoPeople(connection)
    const person = only(
      name,
      name.includes('@') ? await people.called([emailKey(name)]) : [await people.bySlackUser(name)],
    )
    const by = operator()
    const parts = await recordingOf(connection, environment)
    if (isRemoved)
      return await asAct(parts, personAct('ways-removed', person, { by }), () => removed(connection, person))
    if (isDevice) {
      const codes = deviceCodes(mongoDeviceCodes(connection), keyRing(keys))
      const { code, until } = await asAct(parts, personAct('device-code-made', person, { by }), () =>
        codes.make({ person: refTo(person), by }),
      )
      return deviceCodeWords(person, code, until)
    }
    const codes = enrolmentCodes(mongoEnrolmentCodes(connection), keyRing(keys))
    const made = await asAct(
      parts,
      personAct('way-code-made', person, { by }),
      () => codes.make(person, by),
      (one) => ('refused' in one ? 'refused' : 'done'),
    )
    if ('refused' in made) throw new ConfigError('that code cannot be made')
    const until = `${made.until.toISOString().slice(11, 16)} UTC`
    return [
      `One-time code for ${plainlyNamed(person)}: ${made.code}`,
      `Good until ${until}, once. Give it to them in person, and to nobody for them.`,
      'On Curfew’s Home tab in Slack they press “Add a way to confirm”, and type it there.',
    ].join('\n')
  } finally {
    await connection.close()
  }
}

/** What is mistyped would be given another code than was meant. */
function asked(words: readonly string[]): { name: string; isDevice: boolean; isRemoved: boolean } {
  const options = {
    device: { type: 'boolean', default: false },
    remove: { type: 'boolean', default: false },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options })
    const [name, ...more] = positionals
    if (name !== undefined && more.length === 0 && !(values.device && values.remove))
      return { name, isDevice: values.device, isRemoved: values.remove }
  } catch {
    // Said below.
  }
  throw new ConfigError(enrolUsage)
}

const deviceCodeWords = (person: Person, code: string, until: Date): string =>
  [
    `One-time code for a machine of ${plainlyNamed(person)}: ${code}`,
    `Good until ${until.toISOString().slice(11, 16)} UTC, once, and for theirs alone.`,
    'On that machine: npx -p curfew curfew-report enrol <address of Curfew>',
  ].join('\n')

/**
 * All they have, a code that was made for them, and pages on which they would just add another. Nobody is told in Slack by
 * a command: whoever runs it tells them.
 */
async function removed(connection: Connection, person: Person): Promise<string> {
  await mongoEnrolmentCodes(connection).cancel(person.id)
  await mongoTickets(connection).endEnrolling(person.id)
  const keys = await mongoPasskeys(connection).removeAll(person.id)
  const hadApp = await mongoTotp(connection).remove(person.id)
  const proofs = mongoProofs(connection)
  for (const method of ['passkey', 'totp'] as const) await proofs.forget(person.id, method)
  const app = hadApp ? ', and their authenticator app' : ''
  return `${plainlyNamed(person)}: removed ${keys.length} passkeys${app}. Tell them.`
}

function only(name: string, found: readonly (Person | null)[]): Person {
  const people = found.filter((one) => one !== null)
  const [person] = people
  if (person === undefined)
    throw new ConfigError(`${name} was never seen in Slack by Curfew: they must have opened it once`)
  if (people.length > 1)
    throw new ConfigError(
      `several have ${name}: say which by Slack id, ${people.map(({ slack }) => slack.userId).join(', ')}`,
    )
  return person
}
