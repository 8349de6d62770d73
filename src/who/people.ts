import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import { everyEntitlement } from '../domain/catalog.ts'
import type { PersonFacts } from '../domain/person.ts'
import type { UnlinkedUser } from '../domain/ports/provisioning.ts'
import { explainPerson } from '../operations/explain-person.ts'
import { asking, sure, type Asked, type Said } from './open.ts'
import { personAsJson, personAsText } from './person.ts'
import { shortNames } from '../domain/group-names.ts'
import { named, onOneLine, several, slackWords } from './words.ts'

/** `curfew people`: who there is, and of one of them everything. */

export const peopleUsage = `curfew people [name]      who there is; of one (an e-mail, a Slack id, a part of a name): who they are by each source,
                          what they hold, and what they may ask for, answer and look after, with the reasons
  --json                  as JSON`

export function people(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const name = positionals.join(' ').trim()
  return asking(environment, async (asked) => {
    const all = await everybody(asked)
    if (name === '') return listed(asked, all, values.json, 0)
    const found = called(all, name)
    const [one, ...others] = found.known
    const [stranger, ...strangers] = found.strangers
    if (one === undefined && stranger === undefined)
      throw new ConfigError(`Nobody is called ${onOneLine(name)}: see curfew people`)
    const isOne = others.length + strangers.length + (one && stranger ? 1 : 0) === 0
    if (!isOne) return listed(asked, { ...all, ...found }, values.json, 2)
    if (one === undefined) return listed(asked, { ...all, ...found }, values.json, 0)
    const explained = await explainPerson(asked, one, everyEntitlement(asked.catalog()))
    return {
      text: values.json ? JSON.stringify(personAsJson(explained), null, 2) : personAsText(explained),
      exitCode: 0,
    }
  })
}

interface All {
  readonly known: readonly PersonFacts[]
  /** Users of SCIM who are nobody in Slack. */
  readonly strangers: readonly UnlinkedUser[]
  readonly isSomebodyUnread: boolean
}

async function everybody({ directory, provisioning }: Asked): Promise<All> {
  const { people: known, isSomebodyUnread } = sure(await directory.everyone())
  return { known, strangers: await provisioning.usersOfNobody(), isSomebodyUnread }
}

/** Who is meant: exactly by e-mail or Slack id, else by a part of a name, an e-mail or a userName. */
function called({ known, strangers }: All, name: string): Pick<All, 'known' | 'strangers'> {
  const lower = name.toLowerCase()
  const exact = known.filter(
    ({ person }) => person.slack.userId === name || person.email?.toLowerCase() === lower,
  )
  if (exact.length > 0) return { known: exact, strangers: [] }
  const has = (...texts: readonly (string | null)[]): boolean =>
    texts.some((text) => text?.toLowerCase().includes(lower))
  return {
    known: known.filter(({ person, provisioned }) =>
      has(person.name, person.email, ...(provisioned?.users ?? []).map(({ userName }) => userName)),
    ),
    strangers: strangers.filter((user) => has(user.name, user.email, user.userName)),
  }
}

async function listed(
  { usage }: Asked,
  { known, strangers, isSomebodyUnread }: All,
  isJson: boolean,
  exitCode: number,
): Promise<Said> {
  const holds = await usage.holdsByPerson()
  const sorted = [...known].sort((one, other) => one.person.name.localeCompare(other.person.name))
  const holdsOf = ({ person }: PersonFacts): number => holds.get(person.id) ?? 0
  if (isJson) {
    const all = sorted.map((facts) => rowAsJson(facts, holdsOf(facts)))
    return {
      text: JSON.stringify(
        { people: all, notInSlack: strangers.map(strangerAsJson), isSomebodyUnread },
        null,
        2,
      ),
      exitCode,
    }
  }
  const rows = [
    ...sorted.map((facts) => row(facts, holdsOf(facts))),
    ...strangers.map((user) => [
      onOneLine(`${user.name} (${user.email ?? user.userName})`),
      'not seen in Slack: can hold nothing',
      sourceWords(user),
      '',
      '',
    ]),
  ]
  const unread = isSomebodyUnread
    ? ['', 'Somebody is missing here: their record in Slack cannot be read.']
    : []
  return {
    text: [table(['WHO', 'SLACK', 'SOURCES', 'GROUPS', 'HOLDS'], rows), ...unread].join('\n'),
    exitCode,
  }
}

const row = (facts: PersonFacts, holds: number): string[] => [
  named(facts.person),
  `${facts.person.slack.userId}${slackWords(facts)}`,
  several((facts.provisioned?.users ?? []).map(sourceWords)),
  facts.groups === 'unknown' ? '?' : String(facts.groups.size + shortNames(facts).length),
  String(holds),
]

const sourceWords = ({ source, isActive }: { source: string; isActive: boolean }): string =>
  `${source}: ${isActive ? 'active' : 'not active'}`

const rowAsJson = (facts: PersonFacts, holds: number) => ({
  name: facts.person.name,
  email: facts.person.email,
  slackUserId: facts.person.slack.userId,
  isHere: facts.isHere,
  isGuest: facts.isGuest,
  isExternal: facts.isExternal,
  users: (facts.provisioned?.users ?? []).map(({ source, userName, isActive }) => ({
    source,
    userName,
    isActive,
  })),
  groups: facts.groups === 'unknown' ? null : [...facts.groups, ...shortNames(facts)].sort(),
  holds,
})

const strangerAsJson = ({ source, userName, name, email, isActive }: UnlinkedUser) => ({
  source,
  userName,
  name,
  email,
  isActive,
})
