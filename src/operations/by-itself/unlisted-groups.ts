import { everyEntitlement, perCatalog, type Entitlement, type Stage } from '../../domain/catalog.ts'
import type { Directory } from '../../domain/ports/directory.ts'
import type { World } from '../world.ts'

/** A group that the catalog names and nobody lists: renamed, or disabled. Nobody is in it, and nobody is called. */
export interface UnlistedGroup {
  readonly handle: string
  /** Groups of several sources that have this name, as the catalog may call them: it says not which is meant. */
  readonly alike: readonly string[]
  /** Where it is named. */
  readonly entitlements: readonly Entitlement[]
}

/** None where Slack does not say which groups there are. */
export async function unlistedGroups(
  world: Pick<World, 'catalog'> & { readonly directory: Pick<Directory, 'groups' | 'groupsCalled'> },
): Promise<UnlistedGroup[]> {
  const named = namedIn(world.catalog())
  const membersOf = await world.directory.groups([...named.keys()])
  const unlisted = [...named].filter(([handle]) => membersOf(handle) === 'unlisted')
  const found = await Promise.all(
    unlisted.map(async ([handle, entitlements]) => ({
      handle,
      alike: await world.directory.groupsCalled(handle),
      entitlements,
    })),
  )
  // One that was written in between is alike itself.
  const alike = found.filter((one) => one.alike.length > 0)
  if (alike.length === 0) return found
  const membersNow = await world.directory.groups(alike.map(({ handle }) => handle))
  return found.filter((one) => !alike.includes(one) || membersNow(one.handle) === 'unlisted')
}

/** By the group, what names it. */
const namedIn = perCatalog((catalog): ReadonlyMap<string, readonly Entitlement[]> => {
  const named = new Map<string, Entitlement[]>()
  for (const entitlement of everyEntitlement(catalog)) {
    for (const handle of new Set(groupsOf(entitlement))) {
      const those = named.get(handle)
      if (those === undefined) named.set(handle, [entitlement])
      else those.push(entitlement)
    }
  }
  return named
})

/** In its lists of approvers, and in its conditions. */
const groupsOf = ({ review, who, onBehalf, auto }: Entitlement): string[] => {
  const lists = review.stages.flatMap(listsOf)
  const conditions = [who, onBehalf, ...auto.map(({ when }) => when), ...lists.map((list) => list?.who)]
  return [...lists, ...conditions].flatMap((one) => one?.groups ?? [])
}

const listsOf = ({ approvers, quiet, otherwise, escalate }: Stage) => [
  approvers,
  quiet,
  otherwise,
  escalate?.to ?? null,
]
