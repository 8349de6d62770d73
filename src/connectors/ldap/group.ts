import { codeOf, codes } from './failure.ts'
import type { Session } from './server.ts'
import type { MemberAttribute } from './settings.ts'

/** Source: RFC 4519, RFC 2307, RFC 2307bis, Active Directory's schema. */
const classes = new Map<string, { attribute: MemberAttribute; mustHaveOne: boolean }>([
  ['groupofnames', { attribute: 'member', mustHaveOne: true }],
  ['groupofuniquenames', { attribute: 'uniqueMember', mustHaveOne: true }],
  ['groupofmembers', { attribute: 'member', mustHaveOne: false }],
  ['groupofentries', { attribute: 'member', mustHaveOne: false }],
  ['group', { attribute: 'member', mustHaveOne: false }],
  ['posixgroup', { attribute: 'memberUid', mustHaveOne: false }],
])

export interface Group {
  readonly dn: string
  readonly attribute: MemberAttribute
  /** It cannot be left without a member. */
  readonly mustHaveOne: boolean
}

/** A group of which it is not known where its members are written. */
export interface UnclearGroup {
  readonly unclear: string
  readonly couldBe: MemberAttribute
}

/**
 * How a group names its members, by its class or as the settings say. `hidden`: it is there and its class may not be seen;
 * null: there is none, as far as the server lets us know.
 */
export async function groupAt(
  session: Session,
  dn: string,
  attribute: MemberAttribute | undefined,
): Promise<Group | UnclearGroup | 'hidden' | null> {
  const asked = { scope: 'base', attributes: ['objectClass'] } as const
  const found = await session.search(dn, asked).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === codes.noSuchObject) return null
    if (code === codes.insufficientAccess) return { entries: [] }
    throw error
  })
  if (found === null) return null
  const [entry] = found.entries
  if (entry === undefined) return 'hidden'
  const written = entry.values('objectClass')
  const known = written.flatMap((name) => classes.get(name.toLowerCase()) ?? [])
  const attributes = new Set(attribute === undefined ? known.map((one) => one.attribute) : [attribute])
  const [only, another] = attributes
  if (only === undefined)
    return { unclear: `its class (${written.join(', ')}) is none that Curfew knows`, couldBe: 'member' }
  if (another !== undefined)
    return { unclear: `it may have members as ${[...attributes].join(' and as ')}`, couldBe: only }
  if (attribute !== undefined && known.length > 0 && !known.some((one) => one.attribute === attribute))
    return {
      unclear: `its class has no ${attribute}, which the system's member says`,
      couldBe: known[0]?.attribute ?? 'member',
    }
  return { dn, attribute: only, mustHaveOne: known.some((one) => one.mustHaveOne && one.attribute === only) }
}

/**
 * Every member as the server writes it. Active Directory sends 1,500 at once, under the name `member;range=0-1499`, and
 * the rest when asked for it by such a name.
 */
export async function membersOf(session: Session, { dn, attribute }: Group): Promise<string[]> {
  const range = new RegExp(`^${attribute};range=(\\d+)-(\\d+|\\*)$`, 'i')
  const members: string[] = []
  for (;;) {
    const asked = members.length === 0 ? attribute : `${attribute};range=${members.length}-*`
    const { entries } = await session.search(dn, { scope: 'base', attributes: [asked] })
    const [entry] = entries
    if (entry === undefined) return members
    const ranged = entry.attributes.find((name) => range.test(name) && entry.values(name).length > 0)
    if (ranged === undefined) return [...members, ...entry.values(attribute)]
    members.push(...entry.values(ranged))
    if (ranged.endsWith('-*')) return members
  }
}
