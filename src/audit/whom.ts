import type { Connection } from 'mongoose'
import { ConfigError } from '../config.ts'
import { keysOf, type Keys } from '../domain/audit/named-in.ts'
import { emailKey } from '../domain/email.ts'
import type { Person } from '../domain/person.ts'
import type { NamedStore } from '../domain/ports/audit.ts'
import { usersOf } from '../mongo/identities.ts'
import { mongoPeople } from '../mongo/people.ts'
import { peopleNamed } from '../mongo/people-by-name.ts'
import { named, onOneLine } from '../who/words.ts'

export interface Whom {
  readonly name: string
  readonly keys: Keys
}

const mostSaid = 10

/**
 * Who is meant: by e-mail, Slack id or id of ours, else by a part of a name; or whomever the record knows so, though no
 * directory does any more. Throws `ConfigError` for nobody and for several.
 */
export async function whomOf(
  connection: Connection,
  index: Pick<NamedStore, 'entriesOf'>,
  asked: string,
): Promise<Whom> {
  const people = mongoPeople(connection)
  const exact = asked.includes('@')
    ? await people.called([emailKey(asked)])
    : [await people.bySlackUser(asked), ...(await people.byIds([asked]))].filter((one) => one !== null)
  const found = exact.length > 0 ? exact : await peopleNamed(connection, asked, mostSaid + 1)
  const [first] = found
  if (first === undefined) {
    const key = asked.includes('@') ? asked.toLowerCase() : asked
    const [number] = await index.entriesOf([key], 0, 1)
    if (number === undefined)
      throw new ConfigError(`${onOneLine(asked)} is nobody Curfew ever saw, nor anybody of its record`)
    return { name: onOneLine(asked), keys: new Set([key]) }
  }
  // Through one workspace's token a Slack user means one person, under however many ids of ours.
  if (found.some(({ slack }) => slack.userId !== first.slack.userId))
    throw new ConfigError(`several are called so: say which by e-mail or Slack id\n${listed(found)}`)
  const accounts = await usersOf(
    connection,
    found.map(({ id }) => id),
  )
  return { name: named(first), keys: new Set(found.flatMap((one) => [...keysOf(one, accounts)])) }
}

const listed = (found: readonly Person[]): string =>
  [
    ...found.slice(0, mostSaid).map((one) => `  ${named(one)}, ${one.slack.userId}`),
    ...(found.length > mostSaid ? ['  and more'] : []),
  ].join('\n')
