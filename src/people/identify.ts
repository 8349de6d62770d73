import { emailKey } from '../domain/email.ts'
import type { Person } from '../domain/person.ts'
import { pairId, type Doubt, type IdentityStore } from '../domain/ports/identities.ts'
import type { LinkedUser, UnlinkedUser } from '../domain/ports/provisioning.ts'

/** Whose Users are: what is known before anybody is asked. */
export interface Sides {
  /** Users that have these people's e-mails, and were not deleted. */
  readonly called: readonly UnlinkedUser[]
  /** Which Users are these people's already. */
  readonly linked: readonly LinkedUser[]
  /** Whose Users are, of those that are anybody's; read last, so that what was matched meanwhile is seen. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Matches people with the Users that have their verified e-mail: by itself where that is plain, else an admin is asked.
 * True where anything was written: what was read of them is of before.
 */
export async function identify(
  identities: IdentityStore,
  people: readonly Person[],
  { called, linked, owners }: Sides,
): Promise<boolean> {
  const byEmail = new Map<string, Person[]>()
  for (const person of people) {
    const email = person.email === null ? null : emailKey(person.email)
    if (email !== null) byEmail.set(email, [...(byEmail.get(email) ?? []), person])
  }
  const isTheirs = new Set(linked.map(({ id, personId }) => pairId({ userId: id, personId })))
  const pairs = called.flatMap((user) =>
    (byEmail.get(user.email ?? '') ?? [])
      .map((person) => ({ user, person, id: pairId({ userId: user.id, personId: person.id }) }))
      .filter(({ id }) => !isTheirs.has(id)),
  )
  if (pairs.length === 0) return false
  const apart = await identities.apart([...new Set(pairs.map(({ user }) => user.id))])
  let isWritten = false
  for (const { user, person, id } of pairs) {
    if (apart.has(id)) continue
    // By another look, a moment ago.
    if (owners.get(user.id)?.has(person.id)) {
      isWritten = true
      continue
    }
    // What is known to be somebody else's says nothing of this person.
    const perhaps = called.filter(
      (one) =>
        !apart.has(pairId({ userId: one.id, personId: person.id })) &&
        (owners.get(one.id)?.has(person.id) ?? true),
    )
    if (isOfBefore(user, person, { called: perhaps, linked })) continue
    const identity = { source: user.source, userId: user.id, personId: person.id }
    const doubt = doubtAbout(user, person, { called: perhaps, linked, owners })
    const isMatched = doubt === null && (await identities.match(identity, user.email ?? ''))
    if (!isMatched)
      await identities.ask(identity, doubt ?? 'used-email', { isAgain: !isOneNow(user, person, linked) })
    isWritten = true
  }
  return isWritten
}

/** An active User of this source with that e-mail is this person's. */
const isOneNow = (user: UnlinkedUser, person: Person, linked: Sides['linked']): boolean =>
  linked.some(
    ({ source, personId, email, isActive }) =>
      source === user.source && personId === person.id && email === user.email && isActive,
  )

/**
 * One that is inactive, and was never theirs, says nothing where another one of its source is theirs or is active. Of
 * several that are all inactive one says it: whichever is theirs, they left.
 */
function isOfBefore(user: UnlinkedUser, person: Person, { called, linked }: Omit<Sides, 'owners'>): boolean {
  if (user.isActive) return false
  const isInstead = (other: UnlinkedUser): boolean =>
    other.source === user.source && other.email === user.email && (other.isActive || other.id < user.id)
  return (
    called.some(isInstead) || linked.some((one) => one.source === user.source && one.personId === person.id)
  )
}

function doubtAbout(user: UnlinkedUser, person: Person, { called, linked, owners }: Sides): Doubt | null {
  if (owners.has(user.id)) return 'of-another-person'
  const ofSource = linked.filter(({ source, personId }) => source === user.source && personId === person.id)
  if (ofSource.length > 0) return 'another-user'
  const alike = called.filter(
    ({ source, email, isActive }) => source === user.source && email === user.email && isActive,
  )
  return alike.length > 1 ? 'used-email' : null
}
