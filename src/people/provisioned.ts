import type { PeopleRules } from '../domain/catalog.ts'
import type { Leaving, Person, Provisioned, ProvisionedUser } from '../domain/person.ts'
import type { IdentityQuestion } from '../domain/ports/identities.ts'
import type { LinkedUser, PersonLink } from '../domain/ports/provisioning.ts'

/** What SCIM sources say of people, put together for each of them. Pure: what is asked of the database is in `reading`. */

export interface Read {
  readonly users: readonly LinkedUser[]
  readonly names: ReadonlyMap<string, readonly string[]>
  readonly managers: ReadonlyMap<string, readonly PersonLink[]>
  readonly questions: readonly IdentityQuestion[]
  /** By the database's clock. */
  readonly now: Date
}

/** Of one person, whose Users these are. */
export function provisionedBy(
  { id }: Person,
  users: readonly LinkedUser[],
  { names, managers, questions, now }: Read,
  { isScimRequired, graceMs }: PeopleRules,
): Provisioned {
  const active = users.filter(({ isActive }) => isActive)
  const namesOf = (groups: readonly string[]) => groups.flatMap((group) => names.get(group) ?? [])
  const groups = new Set(namesOf(active.flatMap((user) => user.groups)))
  const left = active
    .flatMap((user) => user.left)
    .filter(({ at }) => now.getTime() - at.getTime() < graceMs)
    .map(({ group }) => group)
  const theirs = new Set(users.map((user) => user.id))
  const isAsked = ({ personId, userId }: IdentityQuestion): boolean => personId === id || theirs.has(userId)
  const manager = active
    .flatMap((user) =>
      (managers.get(user.manager ?? '') ?? []).filter(({ source }) => source === user.source),
    )
    .find(({ personId }) => personId !== id)
  return {
    users: users.map(asUser),
    groups,
    leftLately: new Set(namesOf(left).filter((name) => !groups.has(name))),
    listed: listedBy(names),
    managerUserId: manager?.slack.userId ?? null,
    accounts: [...new Set(users.flatMap((user) => user.people))],
    isInQuestion: questions.some(isAsked),
    isStranger: isScimRequired && active.length === 0,
  }
}

/** By whose word they are gone: the earliest. Null while every User of theirs is active. */
export function leavingOf(
  { users }: { users: readonly Pick<ProvisionedUser, 'isActive' | 'source' | 'inactiveSince'>[] },
  now: Date,
): Leaving | null {
  const gone = users
    .filter(({ isActive }) => !isActive)
    .map(({ source, inactiveSince }) => ({ source, at: inactiveSince ?? now }))
  return gone.sort((a, b) => a.at.getTime() - b.at.getTime())[0] ?? null
}

const asUser = ({ id, source, userName, isActive, inactiveSince }: LinkedUser): ProvisionedUser => ({
  id,
  source,
  userName,
  isActive,
  inactiveSince,
})

/** One set for all who are looked at by the same names. */
const listed = new WeakMap<object, ReadonlySet<string>>()
function listedBy(names: Read['names']): ReadonlySet<string> {
  const known = listed.get(names) ?? new Set([...names.values()].flat())
  listed.set(names, known)
  return known
}
