import type { ProvisionedGroup } from './ports/provisioning.ts'

/**
 * By which names the catalog may call SCIM groups: `okta/engineering` always; `engineering` where no other source has one
 * of that name, or had one earlier. So no source can put its people into another's group by giving one of its own the
 * name, nor by taking one that another gave up. For the same reason a name that reads like a Slack handle, or like another
 * source's, is to be had only with its source before it. What was deleted is listed still, with nobody in it; what was
 * renamed is not. `known`: sources that may have no group yet.
 */
export function namesOfGroups(
  groups: readonly ProvisionedGroup[],
  known: readonly string[] = [],
): ReadonlyMap<string, readonly string[]> {
  const sources = new Set([...known, ...groups.map(({ source }) => source)])
  const having = new Map<string, ProvisionedGroup[]>()
  for (const group of groups) {
    for (const name of new Set([group.displayName, ...group.names.map((one) => one.name)]))
      having.set(name, [...(having.get(name) ?? []), group])
  }
  const isTheirs = (group: ProvisionedGroup): boolean =>
    (having.get(group.displayName) ?? []).every((other) => {
      if (other.source === group.source) return true
      const hasIt = !other.isDeleted && other.displayName === group.displayName
      return !hasIt && sinceOf(other, group.displayName) > sinceOf(group, group.displayName)
    })
  const isPlain = (group: ProvisionedGroup): boolean => {
    const { displayName } = group
    const [first = ''] = displayName.split('/')
    const readsLikeAnother = displayName.startsWith('@') || (displayName.includes('/') && sources.has(first))
    return !readsLikeAnother && isTheirs(group)
  }
  return new Map(
    groups.map((group) => {
      const full = `${group.source}/${group.displayName}`
      return [group.id, isPlain(group) ? [group.displayName, full] : [full]]
    }),
  )
}

const sinceOf = ({ names, createdAt }: ProvisionedGroup, name: string): Date =>
  names.find((one) => one.name === name)?.since ?? createdAt
