import { everyEntitlement, type Catalog } from '../domain/catalog.ts'
import type { World } from '../operations/world.ts'

/** Groups that the catalog asks to answer, each with what waits for it. */
function approversGroups(catalog: Catalog): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name, resource, review } of everyEntitlement(catalog)) {
    const lists = review.stages.flatMap(({ approvers, quiet, otherwise, escalate }) => [
      approvers,
      quiet,
      otherwise,
      escalate?.to ?? null,
    ])
    for (const handle of new Set(lists.flatMap((list) => list?.groups ?? [])))
      found.set(handle, [...(found.get(handle) ?? []), `${name} on ${resource.name}`])
  }
  return found
}

/** Tells once of each group that the catalog names and Slack does not list, and again after it was listed meanwhile. */
export function notingUnlisted(
  world: Pick<World, 'catalog'>,
  tell: (words: string) => void,
): (listed: ReadonlySet<string>) => void {
  const told = new Set<string>()
  return (listed) => {
    for (const [handle, what] of approversGroups(world.catalog())) {
      if (listed.has(handle)) told.delete(handle)
      else if (!told.has(handle)) {
        told.add(handle)
        tell(unlistedWords(handle, what))
      }
    }
  }
}

const mostNamed = 5

function unlistedWords(handle: string, what: readonly string[]): string {
  const more = what.length > mostNamed ? ` and ${what.length - mostNamed} more` : ''
  return `The catalog asks the user group ${handle} to answer, but Slack lists no such group: was it disabled or renamed? Until that is mended nobody is told or can answer through it: ${what.slice(0, mostNamed).join(', ')}${more}.`
}
