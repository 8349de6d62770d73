import { EqualityFilter, PresenceFilter } from 'ldapts'
import { ConnectorError } from '../../domain/connector.ts'
import { codeOf, codes } from './failure.ts'
import type { Found, Session } from './server.ts'
import type { LdapSettings } from './settings.ts'

export interface Person {
  readonly dn: string
  readonly uids: readonly string[]
}

/** A failure that no other try mends. */
export const refused = (doing: string, why: string) =>
  new ConnectorError(`LDAP could not ${doing}: ${why}`, { retryable: false, happened: 'no' })

/** Sent as a value of its own, never as a part of a filter's text. */
export const having = (attribute: string, value: string) => new EqualityFilter({ attribute, value })

/** The one entry of that name; null: nobody has it. Fails for good where several have it, or nobody can be seen. */
export async function personCalled(
  session: Session,
  { base, attribute }: LdapSettings['people'],
  principal: string,
  doing: string,
): Promise<Person | null> {
  const filter = having(attribute, principal)
  const asked = { scope: 'sub', filter, attributes: [attribute, 'uid'], most: 2 } as const
  const { entries, hasReferrals } = await below(session, base, asked, doing)
  const [person, another] = entries
  if (another !== undefined) throw refused(doing, `several entries below ${base} have it as ${attribute}`)
  if (person !== undefined) return { dn: person.dn, uids: person.values('uid') }
  if (hasReferrals) throw refused(doing, `${base} refers to other servers, which is not followed`)
  if (!(await seesAnybody(session, { base, attribute }, doing)))
    throw refused(doing, `nobody below ${base} is seen to have ${attribute}`)
  return null
}

/** Without the right to see people each of them would look as if they had vanished. */
export async function seesAnybody(
  session: Session,
  { base, attribute }: LdapSettings['people'],
  doing: string,
): Promise<boolean> {
  const filter = new PresenceFilter({ attribute })
  const { entries } = await below(session, base, { scope: 'sub', filter, attributes: ['1.1'], most: 1 }, doing)
  return entries.length > 0
}

async function below(
  session: Session,
  base: string,
  search: Parameters<Session['search']>[1],
  doing: string,
): Promise<{ entries: Found[]; hasReferrals: boolean }> {
  try {
    return await session.search(base, search)
  } catch (error) {
    if (codeOf(error) !== codes.noSuchObject) throw error
    throw refused(doing, `${base}, below which people are, does not exist or may not be seen`)
  }
}
