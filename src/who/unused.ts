import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import type { PersonRef } from '../domain/person.ts'
import { unusedSince, type GroupUse, type Unused, type UnusedEntitlement } from '../operations/unused.ts'
import { asking, sure, type Said } from './open.ts'
import { asJson, at, keyOf, named, onOneLine, several } from './words.ts'

/** `curfew unused`: what could be taken away without anybody missing it, as far as Curfew can know. */

export const unusedUsage = `curfew unused [--days 90]   entitlements that nobody held, and members of groups who used nothing of what those open
  --json                  as JSON, with every name`

const DAY_MS = 24 * 60 * 60_000
const mostNamed = 10

export function unused(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { values } = parseArgs({
    args: [...words],
    options: { days: { type: 'string', default: '90' }, json: { type: 'boolean', default: false } },
  })
  const days = Number(values.days)
  if (!Number.isInteger(days) || days < 1 || days > 3660)
    throw new ConfigError('--days is a number from 1 to 3660')
  return asking(environment, async (asked) => {
    const since = new Date(asked.clock.now().getTime() - days * DAY_MS)
    const found = sure(await unusedSince(asked, since))
    const text = values.json ? JSON.stringify(unusedAsJson(days, found), null, 2) : asText(days, found)
    return { text, exitCode: 0 }
  })
}

function asText(days: number, found: Unused): string {
  const { entitlements, groups, since, isSomebodyUnread } = found
  return [
    `Not used in the last ${days} days, since ${at(since)}`,
    ...recordLines(days, found),
    '',
    ...(entitlements.length === 0
      ? ['Every entitlement was held.']
      : [
          'Entitlements that nobody held who asked for them',
          table(['ENTITLEMENT', 'LAST HELD', ''], entitlements.map(entitlementRow)),
        ]),
    '',
    ...(groups.length === 0
      ? ['No rule names a group.']
      : [
          'Groups that a rule names',
          table(['GROUP', 'MEMBERS', 'USED IT', 'DID NOT', ''], groups.map(groupRow)),
        ]),
    ...groups.flatMap(groupLines),
    ...(isSomebodyUnread ? ['', 'Somebody is missing here: their record in Slack cannot be read.'] : []),
  ].join('\n')
}

/** Nothing that was before the record began can be told from what never was. */
function recordLines(days: number, { recordedSince, since }: Unused): string[] {
  if (recordedSince === null) return ['Nothing was ever asked for here: the record is empty.']
  return recordedSince <= since
    ? []
    : [
        `The record began ${at(recordedSince)}, less than ${days} days ago: what was used before is not known.`,
      ]
}

function entitlementRow({ entitlement, byRule, lastHeldAt, firstAskedAt }: UnusedEntitlement): string[] {
  const past = byRule > 0 ? 'by rule' : lastHeldAt !== null ? at(lastHeldAt) : 'never'
  const note =
    byRule > 0
      ? `${byRule} held it by rule; whether it is used is not known to Curfew`
      : firstAskedAt === null
        ? 'nobody ever asked for it'
        : ''
  return [keyOf(entitlement), past, note]
}

function groupRow({ name, members, used, unused: not, entitlements }: GroupUse): string[] {
  const opens = `for ${several(entitlements.map(keyOf))}`
  if (members === 'unknown') return [onOneLine(name), '?', '?', '?', `cannot be read now; ${opens}`]
  if (members === 'unlisted') return [onOneLine(name), '', '', '', `there is no such group; ${opens}`]
  return [onOneLine(name), String(members), String(used), String(not.length), opens]
}

function groupLines({ name, unused: not, byRule, opensNothing, unknown }: GroupUse): string[] {
  const line = (what: string, people: readonly string[]): string[] =>
    people.length === 0 ? [] : [`  ${what}: ${several(people, mostNamed)}`]
  const names = (people: readonly PersonRef[]): string[] => people.map(named)
  const long = not.filter(({ joinedAt }) => joinedAt === null)
  const lately = not.flatMap(({ person, joinedAt }) =>
    joinedAt === null ? [] : [`${named(person)}, since ${at(joinedAt)}`],
  )
  const lines = [
    ...line('used nothing of it', names(long.map(({ person }) => person))),
    ...line('used nothing of it yet, members for less than that time', lately),
    ...line('held by rule; whether it is used is not known to Curfew', names(byRule)),
    ...line('opens nothing for them that they would not have without it', names(opensNothing)),
    ...line('cannot be said now', names(unknown)),
  ]
  return lines.length === 0 ? [] : ['', onOneLine(name), ...lines]
}

/** The shape that docs/least-privilege.md promises. */
function unusedAsJson(days: number, found: Unused) {
  const { since, recordedSince, entitlements, groups, isSomebodyUnread } = found
  return {
    days,
    since,
    recordedSince,
    isRecordWhole: recordedSince !== null && recordedSince <= since,
    entitlements: entitlements.map(({ entitlement, ...rest }) => ({
      resource: entitlement.resource.id,
      entitlement: entitlement.id,
      mode: entitlement.mode,
      ...rest,
    })),
    groups: groups.map(({ name, entitlements: opened, members, used, ...people }) => ({
      group: name,
      entitlements: opened.map(({ resource, id }) => ({ resource: resource.id, entitlement: id })),
      members: typeof members === 'number' ? members : null,
      isListed: members !== 'unlisted',
      used,
      unused: people.unused.map(({ person, joinedAt }) => ({ ...asJson(person), joinedAt })),
      byRule: people.byRule.map(asJson),
      opensNothing: people.opensNothing.map(asJson),
      unknown: people.unknown.map(asJson),
    })),
    isSomebodyUnread,
  }
}
