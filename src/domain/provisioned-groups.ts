import type { ProvisionedGroup } from './ports/provisioning.ts'

/**
 * By which names the catalog may call SCIM groups: `okta/engineering` always; `engineering` where no other source has one
 * of that name, so that no source can put its people into another's group by giving one of its own the name. For the same
 * reason a name that reads like a Slack handle, or like another source's, is to be had only with its source before it.
 * What was deleted is listed still, with nobody in it; what was renamed is not.
 */
export function namesOfGroups(groups: readonly ProvisionedGroup[]): ReadonlyMap<string, readonly string[]> {
  const sources = new Set(groups.map(({ source }) => source))
  const having = new Map<string, Set<string>>()
  for (const { displayName, source, isDeleted } of groups) {
    if (!isDeleted) having.set(displayName, (having.get(displayName) ?? new Set()).add(source))
  }
  const isPlain = ({ displayName, source }: ProvisionedGroup): boolean => {
    const [first = ''] = displayName.split('/')
    const others = having.get(displayName)
    const isTheirs = others === undefined || (others.size === 1 && others.has(source))
    return isTheirs && !displayName.startsWith('@') && !(displayName.includes('/') && sources.has(first))
  }
  return new Map(
    groups.map((group) => {
      const full = `${group.source}/${group.displayName}`
      return [group.id, isPlain(group) ? [group.displayName, full] : [full]]
    }),
  )
}
