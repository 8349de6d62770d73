import { userInfo } from 'node:os'
import { ConfigError, readRingPlaces } from './config.ts'
import { enrolmentCodes } from './confirming/enrolment-codes.ts'
import { keyRing } from './confirming/key-ring.ts'
import { emailKey } from './domain/email.ts'
import { plainlyNamed, type Person } from './domain/person.ts'
import { hide } from './log.ts'
import { mongoEnrolmentCodes } from './mongo/confirming/enrolment-codes.ts'
import { connect } from './mongo/connection.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { mongoPeople } from './mongo/people.ts'

export const enrolUsage = `curfew enrol <person>     a one-time code with which they add a way to confirm; give it in person (e-mail or Slack id)`

/** The code, once. Whoever may run this may enrol anybody. Throws `ConfigError` for what cannot be. */
export async function enrol(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const [name, ...more] = words
  if (name === undefined || more.length > 0) throw new ConfigError(enrolUsage)
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
    const codes = enrolmentCodes(mongoEnrolmentCodes(connection), keyRing(keys))
    const made = await codes.make(person, { operator: userInfo().username })
    if ('refused' in made) throw new ConfigError('that code cannot be made')
    const until = `${made.until.toISOString().slice(11, 16)} UTC`
    return [
      `One-time code for ${plainlyNamed(person)}: ${made.code}`,
      `Good until ${until}, once. Give it to them in person, and to nobody for them.`,
      'They choose what they want in /request-access, press “Add a way to confirm”, and type it there.',
    ].join('\n')
  } finally {
    await connection.close()
  }
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
