import { everyEntitlement, type Entitlement, type Stage } from '../../domain/catalog.ts'
import type { World } from '../world.ts'

/** A group that the catalog names and Slack does not list: renamed, or disabled. Nobody is in it, and nobody is called. */
export interface UnlistedGroup {
  readonly handle: string
  /** Where it is named. */
  readonly entitlements: readonly Entitlement[]
}

/** None where Slack does not say which groups there are. */
export async function unlistedGroups(world: World): Promise<UnlistedGroup[]> {
  const named = new Map<string, Entitlement[]>()
  for (const entitlement of everyEntitlement(world.catalog())) {
    for (const handle of new Set(groupsOf(entitlement)))
      named.set(handle, [...(named.get(handle) ?? []), entitlement])
  }
  const membersOf = await world.directory.groups([...named.keys()])
  return [...named].flatMap(([handle, entitlements]) =>
    membersOf(handle) === 'unlisted' ? { handle, entitlements } : [],
  )
}

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
