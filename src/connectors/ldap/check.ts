import { randomUUID } from 'node:crypto'
import type { Lack } from '../../domain/connector.ts'
import { codeOf, codes } from './failure.ts'
import { groupAt, type Group } from './group.ts'
import { seesAnybody } from './people.ts'
import type { Session } from './server.ts'
import type { LdapSettings } from './settings.ts'

/** What is missing to look people up, and to change these groups. */
export async function lacksOf(
  session: Session,
  settings: LdapSettings,
  groups: readonly string[],
): Promise<Lack[]> {
  const people = await lackOfPeople(session, settings)
  const found = await Promise.all(groups.map((group) => lackOfGroup(session, settings, group)))
  return [people, ...found].flatMap((lack) => lack ?? [])
}

async function lackOfPeople(session: Session, { people, bind }: LdapSettings): Promise<Lack | null> {
  const { base, attribute } = people
  if (await seesAnybody(session, people)) return null
  return {
    what: `Curfew's login sees nobody below ${base} who has ${attribute}`,
    remedy: access(
      `dn.subtree=${quoted(base)} attrs=${[...new Set(['entry', 'uid', attribute])].join(',')}`,
      bind.dn,
      'read',
    ),
  }
}

async function lackOfGroup(session: Session, settings: LdapSettings, dn: string): Promise<Lack | null> {
  const { bind, people, placeholder } = settings
  const group = await groupAt(session, dn, settings.member)
  if (group === null || group === 'hidden')
    return {
      what: `the group ${dn} does not exist, or Curfew's login may not see it`,
      remedy: access(`dn.base=${quoted(dn)} attrs=entry,objectClass`, bind.dn, 'read'),
    }
  if ('unclear' in group)
    return {
      what: `Curfew does not know where the group ${dn} has its members: ${group.unclear}`,
      remedy: `member: ${group.couldBe}`,
    }
  if (group.mustHaveOne && placeholder === undefined)
    return {
      what: `the group ${dn} must have a member, so that its last one could not be taken from`,
      remedy: `placeholder: cn=nobody,${people.base}`,
    }
  if (await mayChange(session, group, people.base)) return null
  return {
    what: `Curfew's login may not change ${group.attribute} of the group ${dn}`,
    remedy: access(`dn.base=${quoted(dn)} attrs=${group.attribute}`, bind.dn, 'write'),
  }
}

/**
 * Asks for a change that is refused whole: one part adds a member and the other removes one that is not there. Rights are
 * looked at first, so that the code tells whether they are there; nothing is written either way.
 */
async function mayChange(session: Session, { dn, attribute }: Group, base: string): Promise<boolean> {
  const name = `curfew-check-${randomUUID()}`
  const isName = attribute === 'memberUid'
  try {
    await session.compare(dn, attribute, isName ? name : base)
  } catch (error) {
    if (isNo(error)) return false
    if (codeOf(error) !== codes.noSuchAttribute) throw error
  }
  try {
    await session.modify(dn, [
      { operation: 'add', attribute, value: isName ? name : base },
      { operation: 'delete', attribute, value: isName ? `${name}-too` : `cn=${name},${base}` },
    ])
  } catch (error) {
    if (isNo(error)) return false
    if (codeOf(error) === codes.noSuchAttribute) return true
    throw error
  }
  return true
}

const isNo = (error: unknown) => {
  const code = codeOf(error)
  return code === codes.insufficientAccess || code === codes.noSuchObject
}

/** As OpenLDAP writes rights in `olcAccess`; it reads no escape there but those of the DN. */
const access = (what: string, login: string, level: 'read' | 'write') =>
  `{0}to ${what} by dn.exact=${quoted(login)} ${level} by * break`

const quoted = (dn: string) => `"${dn.replaceAll('\\"', '\\22')}"`
