import { emailKey } from '../domain/email.ts'
import type { Provisioning, UnlinkedUser } from '../domain/ports/provisioning.ts'
import { namesOfGroups } from '../domain/provisioned-groups.ts'
import { mongoProvisioning } from '../mongo/provisioning.ts'
import type { Check } from './check.ts'
import { right, wrong, type Found } from './finding.ts'
import { namedGroups, namedPeople, type Named } from './named.ts'

const connectOne =
  'Connect it: curfew scim token create okta prints the address and the token for it (docs/scim/).'

/** What company directories that write to Curfew by SCIM say of the people whom the catalog names. */
export const directoryPeopleCheck: Check = {
  area: 'People',
  about: 'people in the company directory',
  withinMs: 15_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    const { isScimRequired } = catalog.people
    const provisioning = mongoProvisioning(await installation.database())
    const sources = await provisioning.sources()
    if (sources.length === 0) {
      if (!isScimRequired) return []
      return [
        wrong(
          'company directory',
          'none is connected, and the catalog lets only its people hold anything',
          connectOne,
        ),
      ]
    }
    const emails = new Map([...namedPeople(catalog)].filter(([person]) => person.includes('@')))
    const users = byEmail(await provisioning.usersCalled([...emails.keys()].map(emailKey)))
    return [...emails].flatMap(([email, where]) => said(email, where, { users, isScimRequired }))
  },
}

type Users = ReadonlyMap<string, readonly UnlinkedUser[]>

function byEmail(users: readonly UnlinkedUser[]): Users {
  const found = new Map<string, UnlinkedUser[]>()
  for (const user of users)
    if (user.email !== null) found.set(user.email, [...(found.get(user.email) ?? []), user])
  return found
}

/** Whom no source knows is said only where one must. */
function said(
  email: string,
  where: string,
  { users, isScimRequired }: { users: Users; isScimRequired: boolean },
): Found[] {
  const theirs = users.get(emailKey(email)) ?? []
  const gone = theirs.find(({ isActive }) => !isActive)
  if (gone !== undefined) return [wrong(email, `is not active in ${gone.source}; named at ${where}`, another)]
  if (theirs.length > 0) return [right(email, `active in ${theirs.map(({ source }) => source).join(', ')}`)]
  if (!isScimRequired) return []
  return [wrong(email, `is in no company directory, and can hold nothing; named at ${where}`, assign)]
}

const another = 'Name somebody else in the catalog; they hold and answer nothing.'
const assign = 'Assign them to Curfew in the directory, or name somebody else.'

/** Whether a directory has the groups that rules and lists name without an @. */
export const directoryGroupsCheck: Check = {
  area: 'Groups',
  about: 'groups of the company directory',
  withinMs: 15_000,
  ask: async (installation) => {
    const all = [...namedGroups(await installation.catalog())]
    const named = new Map(all.filter(([name]) => !name.startsWith('@')))
    if (named.size === 0) return []
    return groupsFound(named, mongoProvisioning(await installation.database()))
  },
}

async function groupsFound(
  named: Named,
  provisioning: Pick<Provisioning, 'groups' | 'sources'>,
): Promise<Found[]> {
  const [groups, sources] = await Promise.all([provisioning.groups(), provisioning.sources()])
  if (sources.length === 0)
    return [...named].map(([name, where]) =>
      wrong(name, `no company directory is connected that could have it; named at ${where}`, connectOne),
    )
  const there = new Set(groups.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id))
  const names = new Set(
    [...namesOfGroups(groups, sources)].flatMap(([id, some]) => (there.has(id) ? some : [])),
  )
  return [...named].map(([name, where]) => {
    if (names.has(name)) return right(name, 'a directory sends it')
    const full = sources.map((source) => `${source}/${name}`).filter((one) => names.has(one))
    if (full.length > 0)
      return wrong(name, `may be several; named at ${where}`, `Say which: ${full.join(' or ')}.`)
    return wrong(name, `no directory sends such a group; named at ${where}`, push)
  })
}

const push = 'Name one that there is, or have the directory push it to Curfew.'
