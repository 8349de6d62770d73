import { ConnectorError, type Connector, type ConnectorKind, type Target } from '../../domain/connector.ts'
import { givenBy } from '../given.ts'
import { lacksOf } from './check.ts'
import { dnOf, isSameDn, isWithin, writtenDn } from './dn.ts'
import { codeOf, codes } from './failure.ts'
import { groupAt, membersOf, type Group } from './group.ts'
import { hasAny, having, nameIn, noneAt, personCalled, refused, type Person } from './people.ts'
import { serverAt, type Session } from './server.ts'
import { ldapSettings, ldapTarget, placeOf, type LdapSettings } from './settings.ts'
import { failIfTheyMayBeThere, inParts, leftBehind, valueOf, type Sought } from './traces.ts'

const pageSize = 500
/** Within so long after a take it is looked whether they are out. */
const readBackMs = 600_000

/**
 * Membership of a group in a directory: OpenLDAP, Active Directory and their like.
 *
 * - People are looked up before anything is written: the server takes any name as a member, and it need not exist.
 * - Adding and removing repeat as the codes 20 and 16. Whether somebody is a member the server compares, never we.
 * - Whoever was put into a group since this process began is asked for as that member too until they are taken: the name
 *   that they were looked up by may be another's meanwhile.
 * - The last member of a group that must have one is replaced by `placeholder`, in one change.
 * - A change that we gave up is done later all the same (`late`): LDAP knows no limit for it.
 * - Least rights: `check` prints them.
 *
 * Source: RFC 4511 to 4519; the tests run it against OpenLDAP 2.5.
 */
export const ldap: ConnectorKind<LdapSettings> = {
  kind: 'ldap',
  settings: ldapSettings,
  target: ldapTarget,
  canonical,
  connect: (settings, surroundings): Connector => {
    const server = serverAt(settings, surroundings)
    const { people, placeholder } = settings
    const { lag, late } = settings
    const given = givenBy({ keptMs: lag + late + readBackMs, folded: (name) => name.toLowerCase() })
    const isPlaceholder = (dn: string) => placeholder !== undefined && isSameDn(dn, placeholder)

    /** The group, or null where there is none: nothing was changed then. Fails for good where it cannot be understood. */
    async function group(session: Session, target: Target, doing: string): Promise<Group | null> {
      const found = await groupAt(session, groupOf(target), settings.member)
      if (found === 'hidden') throw refused(doing, 'the class of the group may not be seen')
      if (found !== null && 'unclear' in found)
        throw refused(doing, `${found.unclear}: write member: ${found.couldBe} where that is right`)
      return found
    }

    /** Both are asked for at once. */
    async function both(session: Session, principal: string, target: Target, doing: string) {
      const [person, found] = await Promise.all([
        personCalled(session, people, principal, doing),
        group(session, target, doing),
      ])
      return { person, found }
    }

    /** As what else they may be a member: as what they were made one, where they are called otherwise now. */
    const otherwise = ({ principal, group: { dn } }: Sought, value: string | null) =>
      given.under(principal, keyOf(dn)).filter((member) => member !== value)

    const isKnown = ({ principal, group: { dn } }: Sought) => given.knows(principal, keyOf(dn))

    async function takeFrom(sought: Sought, person: Person | null): Promise<void> {
      const value = valueOf(sought, person)
      const group = keyOf(sought.group.dn)
      let isDone = false
      for (const member of otherwise(sought, value))
        if (!given.isAnothers(sought.principal, group, member))
          isDone = (await removed(sought, member)) || isDone
      if (value === null || !(await removed(sought, value))) {
        const left = await leftBehind(sought, person)
        for (const member of left) await removed(sought, member)
        if (value === null && left.length === 0 && !isDone)
          await failIfTheyMayBeThere(sought, isKnown(sought))
      }
      given.taken(sought.principal, group)
    }

    /** False: it was no member. Where it is the last, the placeholder comes in by the same change. */
    async function removed({ session, group, doing }: Sought, value: string) {
      const { dn, attribute } = group
      const removal = { operation: 'delete', attribute, value } as const
      const addition = { operation: 'add', attribute, value: placeholder ?? '' } as const
      // The placeholder may come in by another's hand meanwhile: then the first is right after all.
      for (const changes of [[removal], [addition, removal], [removal]]) {
        const refusal = await refusalOf(session.modify(dn, changes), async () =>
          isMember(session, group, value),
        )
        if (refusal === null) return true
        if (refusal === codes.noSuchAttribute || refusal === codes.noSuchObject) return false
        if (refusal === codes.objectClassViolation && placeholder === undefined)
          throw refused(doing, 'they are the last member, and the group must have one: set placeholder')
      }
      throw new ConnectorError(`LDAP could not ${doing}: others change the group at the same time`, {
        retryable: true,
        happened: 'no',
      })
    }

    return {
      async has({ principal, target, signal }) {
        const doing = `look up ${principal} in ${groupOf(target)}`
        return server.on(doing, signal, async (session) => {
          const { person, found } = await both(session, principal, target, doing)
          if (found === null || (person !== null && isPlaceholder(person.dn))) return false
          const sought: Sought = { session, settings, group: found, principal, doing }
          const value = valueOf(sought, person)
          if (value !== null && (await isMember(session, found, value))) return true
          for (const member of otherwise(sought, value)) {
            if (await isMember(session, found, member)) return true
            // The name is somebody's, and whoever had it is out: they do not come in again by it.
            if (value !== null && settings.lag === 0) given.remove(principal, keyOf(found.dn), member)
          }
          if ((await leftBehind(sought, person)).length > 0) return true
          if (value === null) await failIfTheyMayBeThere(sought, isKnown(sought))
          return false
        })
      },

      async give({ principal, target, signal }) {
        const doing = `give ${groupOf(target)} to ${principal}`
        const noted: string[] = []
        const work = server.on(doing, signal, async (session) => {
          const { person, found } = await both(session, principal, target, doing)
          if (person === null)
            throw refused(doing, `nobody below ${people.base} has it as ${people.attribute}`)
          if (person.name !== principal)
            throw refused(doing, `their ${people.attribute} is ${person.name}: the catalog must write it so`)
          if (found === null) throw refused(doing, 'the group does not exist, or may not be seen')
          if (isPlaceholder(person.dn)) throw refused(doing, 'that is the placeholder itself')
          const value = valueOf({ session, settings, group: found, principal, doing }, person)
          if (value === null) return
          const { dn, attribute } = found
          if (!given.under(principal, keyOf(dn)).includes(value)) noted.push(value)
          given.add(principal, keyOf(dn), value)
          try {
            await session.modify(dn, [{ operation: 'add', attribute, value }])
          } catch (error) {
            const code = codeOf(error)
            if (code === codes.valueExists) return
            // How Active Directory says that they are a member already.
            if (code === codes.entryExists && (await isMember(session, found, value))) return
            throw error
          }
        })
        await work.catch((error: unknown) => {
          const isNothing = error instanceof ConnectorError && error.happened === 'no'
          for (const value of isNothing ? noted : []) given.remove(principal, canonical(target), value)
          throw error
        })
      },

      async take({ principal, target, signal }) {
        const doing = `take ${groupOf(target)} from ${principal}`
        await server.on(doing, signal, async (session) => {
          const { person, found } = await both(session, principal, target, doing)
          // Whoever was given what is gone holds nothing.
          if (found === null || (person !== null && isPlaceholder(person.dn))) return
          await takeFrom({ session, settings, group: found, principal, doing }, person)
        })
      },

      /** Members who are nobody below `people.base` are told by their DN. */
      async list({ target, after, signal }) {
        const doing = `list who is in ${groupOf(target)}`
        return server.on(doing, signal, async (session) => {
          const found = await group(session, target, doing)
          if (found === null) throw refused(doing, 'the group does not exist, or may not be seen')
          const all = await membersOf(session, found)
          if (found.mustHaveOne && all.length === 0) throw refused(doing, 'its members may not be seen')
          const rest = all
            .filter((member) => !isPlaceholder(member) && (after === null || member > after))
            .sort((one, other) => (one < other ? -1 : 1))
          const members = rest.slice(0, pageSize)
          const principals = await inParts(members, async (member) => [
            await principalOf(session, people, found, member),
          ])
          return { principals, next: rest.length > pageSize ? (members.at(-1) ?? null) : null }
        })
      },

      check: ({ targets, signal }) =>
        server.on('be checked', signal, (session) =>
          lacksOf(session, settings, [
            ...new Map(targets.map((one) => [canonical(one), groupOf(one)])).values(),
          ]),
        ),
      canonical,
      where: placeOf(settings.url),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => server.close(),
    }
  },
}

function groupOf(target: Target): string {
  return ldapTarget.parse(target).group
}

const keyOf = (group: string) => canonical({ group })

function canonical(target: Target): string {
  const dn = dnOf(groupOf(target))
  if (dn === null) throw new Error('the target was not checked')
  return writtenDn(dn)
}

/** The code of a refusal that a removal may meet and that is dealt with; null: it was done. */
async function refusalOf(change: Promise<void>, isMember: () => Promise<boolean>): Promise<number | null> {
  try {
    await change
    return null
  } catch (error) {
    const code = codeOf(error)
    // How Active Directory says that there is no such member; much else it says so, too.
    if (code === codes.unwillingToPerform && !(await isMember())) return codes.noSuchAttribute
    if (code === null || !met.has(code)) throw error
    return code
  }
}

const met = new Set<number>([
  codes.noSuchAttribute,
  codes.noSuchObject,
  codes.objectClassViolation,
  codes.valueExists,
  codes.entryExists,
])

async function isMember(session: Session, { dn, attribute }: Group, value: string): Promise<boolean> {
  try {
    return await session.compare(dn, attribute, value)
  } catch (error) {
    const code = codeOf(error)
    if (code === codes.noSuchAttribute || code === codes.noSuchObject) return false
    throw error
  }
}

/** Whom a member is, as the catalog would write them; the member itself where it is none of the people. */
async function principalOf(
  session: Session,
  people: LdapSettings['people'],
  group: Group,
  member: string,
): Promise<string> {
  const { base, attribute } = people
  if (group.attribute === 'memberUid') {
    if (attribute.toLowerCase() === 'uid') return nameIn([member], people) ?? member
    const asked = { scope: 'sub', filter: having('uid', member), attributes: [attribute] } as const
    const [person, another] = (await session.search(base, asked)).entries
    return (another === undefined ? nameIn(person?.values(attribute) ?? [], people) : null) ?? member
  }
  const [dn, below] = [dnOf(member), dnOf(base)]
  if (dn === null || below === null || !isWithin(dn, below)) return member
  // Rights may reach this attribute alone.
  const asked = { scope: 'base', filter: hasAny(attribute), attributes: [attribute] } as const
  const found = await session.search(member, asked).catch(noneAt)
  return nameIn(found?.entries[0]?.values(attribute) ?? [], people) ?? member
}
