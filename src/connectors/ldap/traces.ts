import { dnOf, isCalled, isSameDn, isWithin, type Dn } from './dn.ts'
import { codeOf, codes } from './failure.ts'
import { membersOf, type Group } from './group.ts'
import { having, refused, type Person } from './people.ts'
import type { Session } from './server.ts'
import type { LdapSettings } from './settings.ts'

const atOnce = 500

/**
 * Attributes that change while an entry stays: at a wedding, or by a person's own hand. That nobody is called so any more
 * does not say that whoever was is gone. Source: RFC 4519, RFC 4524, Active Directory's schema.
 */
const changing = new Set([
  ...['mail', 'rfc822mailbox', 'mailnickname', 'proxyaddresses', 'othermailbox', 'userprincipalname'],
  ...['cn', 'commonname', 'sn', 'surname', 'gn', 'givenname', 'displayname', 'telephonenumber', 'mobile'],
])

/** Whose traces are looked for, and in which group. */
export interface Sought {
  readonly session: Session
  readonly settings: LdapSettings
  readonly group: Group
  readonly principal: string
  readonly doing: string
}

/** What a person is in a group as; null where it is not known any more, since nobody is called so. */
export function valueOf({ group, settings, principal, doing }: Sought, person: Person | null): string | null {
  const isByUid = settings.people.attribute.toLowerCase() === 'uid'
  if (group.attribute !== 'memberUid') return person?.dn ?? null
  if (person === null) return isByUid ? principal : null
  const uids = isByUid
    ? person.uids.filter((uid) => uid.toLowerCase() === principal.toLowerCase())
    : person.uids
  const [uid, another] = uids.length > 0 ? uids : person.uids
  if (uid === undefined) throw refused(doing, `${person.dn} has no uid, by which the group names its members`)
  if (another !== undefined) throw refused(doing, `${person.dn} has several uids`)
  return uid
}

/**
 * Members that are no entries any more and were called as the principal is: what a renaming, or a deletion, leaves behind
 * where the server keeps no order (`refint`). Theirs beyond doubt: nobody else is called so, and nobody has it now.
 */
export async function leftBehind(sought: Sought, person: Person | null): Promise<string[]> {
  const { group, settings, principal } = sought
  const { base, attribute } = settings.people
  if (group.attribute === 'memberUid') return []
  const own = person === null ? null : dnOf(person.dn)
  // Where entries are not called by this attribute nothing can be told from their names.
  if (own !== null && !isCalled(own, attribute, principal)) return []
  const below = dnOf(base)
  const suspects = (await membersOf(sought.session, group)).filter((member) => {
    const dn = dnOf(member)
    return dn !== null && below !== null && isWithin(dn, below) && isCalled(dn, attribute, principal)
  })
  return inParts(suspects, async (member) => ((await isThere(sought, member)) === 'gone' ? [member] : []))
}

/**
 * Nobody is called so any more: fails for good where one of the members may still be them, and only a person can tell.
 * Where people are looked up by what changes, that may be any of those who are there, by another name; but not where it is
 * known as whom they were put in.
 */
export async function failIfTheyMayBeThere(sought: Sought, isKnown: boolean): Promise<void> {
  const { session, group, settings, principal, doing } = sought
  const { base, attribute } = settings.people
  const below = dnOf(base)
  const mayBeAnother = !isKnown && changing.has(attribute.toLowerCase())
  const mayBe = await inParts(await membersOf(session, group), async (member) => {
    if (settings.placeholder !== undefined && isSameDn(member, settings.placeholder)) return []
    if (group.attribute === 'memberUid') {
      if (mayBeAnother) return [member]
      const asked = { scope: 'sub', filter: having('uid', member), attributes: ['1.1'], most: 1 } as const
      return (await session.search(base, asked)).entries.length === 0 ? [member] : []
    }
    const there = await isThere(sought, member)
    if (there === 'them') return [member]
    const dn = dnOf(member)
    const isPerson = dn !== null && below !== null && isWithin(dn, below)
    const isUnclear = isPerson && (there === 'gone' ? !isCalledBy(dn, attribute) : mayBeAnother)
    return isUnclear ? [member] : []
  })
  if (mayBe.length === 0) return
  throw refused(
    doing,
    `nobody below ${base} has ${principal} as ${attribute} any more, and they may be this member of the group: ${mayBe.slice(0, 3).join(' or ')}; remove it by hand, or find them again`,
  )
}

/** Whether a member is an entry still, and has the name of whoever is sought. */
async function isThere(
  { session, settings, principal }: Sought,
  member: string,
): Promise<'them' | 'another' | 'gone'> {
  const filter = having(settings.people.attribute, principal)
  try {
    const { entries } = await session.search(member, { scope: 'base', filter, attributes: ['1.1'] })
    return entries.length > 0 ? 'them' : 'another'
  } catch (error) {
    if (codeOf(error) === codes.noSuchObject) return 'gone'
    throw error
  }
}

const isCalledBy = (dn: Dn, attribute: string) =>
  (dn[0] ?? []).some(({ type }) => type === attribute.toLowerCase())

/** Asks about many on one connection, some hundreds at a time. */
export async function inParts<T, Result>(
  all: readonly T[],
  ask: (one: T) => Promise<Result[]>,
): Promise<Result[]> {
  const found: Result[] = []
  for (let from = 0; from < all.length; from += atOnce)
    found.push(...(await Promise.all(all.slice(from, from + atOnce).map(ask))).flat())
  return found
}
