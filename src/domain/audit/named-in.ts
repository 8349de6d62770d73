import type { Act } from './act.ts'
import { isOfGrant, type Recorded, type RecordedOfGrant } from './recorded.ts'
import type { Happened } from '../happened.ts'
import type { PersonRef } from '../person.ts'

/*
 * Whom an entry of the record concerns: whoever asked for a grant or was to hold it, whatever happens to it; whoever did
 * what it tells; whom an act is about.
 */

/** By what somebody is known in the record: one person may have several ids of ours, and one Slack user. */
export type Keys = ReadonlySet<string>

/** An e-mail may have been another's before: it counts only where no account of a directory (`userIds`) is known to be theirs. */
export const keysOf = ({ id, slack, email }: PersonRef, userIds: readonly string[]): Keys =>
  new Set([
    slack.userId,
    id,
    ...userIds,
    ...(userIds.length > 0 || email === null ? [] : [email.toLowerCase()]),
  ])

/** What the index knows each of them by: the Slack user; of whom an act is about, what the act calls them. */
export const namedIn = (entry: Recorded): Keys =>
  isOfGrant(entry) ? namedByGrant(entry, entry.happened) : namedByAct(entry)

export function namedByGrant(
  { subject, requester }: Pick<RecordedOfGrant, 'subject' | 'requester'>,
  happened: Happened,
): Keys {
  const actor = 'by' in happened ? happened.by : null
  return new Set([subject, requester, ...(actor === null ? [] : [actor])].map(({ slack }) => slack.userId))
}

export const namedByAct = ({ by, about, details }: Pick<Act, 'by' | 'about' | 'details'>): Keys =>
  new Set([...('slack' in by ? [by.slack.userId] : []), ...aboutOf({ about, details })])

/** As what they are named in it; none: it does not concern them. */
export function partsIn(entry: Recorded, keys: Keys): string[] {
  const is = (person: PersonRef | null): boolean =>
    person !== null && (keys.has(person.slack.userId) || keys.has(person.id))
  const didIt = is(actorOf(entry)) ? ['did it'] : []
  if (!isOfGrant(entry)) return [...didIt, ...(aboutOf(entry).some((key) => keys.has(key)) ? ['about'] : [])]
  return [
    ...(is(entry.subject) ? ['holder'] : []),
    ...(is(entry.requester) && !is(entry.subject) ? ['asked for it'] : []),
    ...didIt,
  ]
}

function actorOf(entry: Recorded): PersonRef | null {
  if (!isOfGrant(entry)) return 'slack' in entry.by ? entry.by : null
  const { happened } = entry
  return 'by' in happened ? happened.by : null
}

/** Where it is somebody of a directory, their e-mail may be all that tells who. */
function aboutOf({ about: { kind, id, name }, details }: Pick<Act, 'about' | 'details'>): string[] {
  // What was said ahead is about an entitlement, for somebody.
  if (kind !== 'person') return details['subject'] === undefined ? [] : [details['subject']]
  return [id, name].flatMap((one, i) => (one.includes('@') ? [one.toLowerCase()] : i === 0 ? [one] : []))
}
