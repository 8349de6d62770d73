import { EqualityFilter, PresenceFilter } from 'ldapts'
import { ConnectorError } from '../../domain/connector.ts'
import { codeOf, codes } from './failure.ts'
import type { Session } from './server.ts'
import type { LdapSettings } from './settings.ts'

export interface Person {
  readonly dn: string
  /** The principal that lists tell of them. */
  readonly name: string | null
  readonly uids: readonly string[]
}

/** A failure that no other try mends. */
export const refused = (doing: string, why: string) =>
  new ConnectorError(`LDAP could not ${doing}: ${why}`, { retryable: false, happened: 'no' })

/** Sent as a value of its own, never as a part of a filter's text. */
export const having = (attribute: string, value: string) => new EqualityFilter({ attribute, value })

export const hasAny = (attribute: string) => new PresenceFilter({ attribute })

/** The one entry of that name; null: nobody has it. Fails for good where several have it, or nobody can be seen. */
export async function personCalled(
  session: Session,
  people: LdapSettings['people'],
  principal: string,
  doing: string,
): Promise<Person | null> {
  const { base, attribute } = people
  // Without a limit of ours: under one the library does not tell that the server sent less than there is (4).
  const asked = {
    scope: 'sub',
    filter: having(attribute, principal),
    attributes: [attribute, 'uid'],
  } as const
  const found = await session.search(base, asked).catch(noneAt)
  const [person, another] = found?.entries ?? []
  if (another !== undefined) throw refused(doing, `several entries below ${base} have it as ${attribute}`)
  if (person !== undefined)
    return { dn: person.dn, name: nameIn(person.values(attribute), people), uids: person.values('uid') }
  if (found?.hasReferrals === true)
    throw refused(doing, `${base} refers to other servers, which is not followed`)
  if (!(await seesAnybody(session, people)))
    throw refused(doing, `Curfew's login sees nobody below ${base} who has ${attribute}`)
  return null
}

/** Of several names the first: one person is one principal, whoever tells it. */
export function nameIn(
  [first]: readonly string[],
  { case: letters }: Pick<LdapSettings['people'], 'case'>,
): string | null {
  if (first === undefined) return null
  return letters === 'lower' ? first.toLowerCase() : first
}

/** Without the right to see people each of them would look as if they had vanished. */
export async function seesAnybody(
  session: Session,
  { base, attribute }: LdapSettings['people'],
): Promise<boolean> {
  const asked = { scope: 'sub', filter: hasAny(attribute), attributes: ['1.1'], most: 1 } as const
  const found = await session.search(base, asked).catch(noneAt)
  return found !== null && found.entries.length > 0
}

/** There is no such entry, or it may not be seen. */
export function noneAt(error: unknown): null {
  const code = codeOf(error)
  if (code === codes.noSuchObject || code === codes.insufficientAccess) return null
  throw error
}
