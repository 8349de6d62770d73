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
  const claims = claimsOn(groups)
  const isTheirs = ({ source, displayName }: ProvisionedGroup): boolean => {
    const those = claims.get(displayName) ?? new Map<string, Claim>()
    const sinceMs = those.get(source)?.sinceMs ?? Infinity
    return [...those].every(([other, claim]) => other === source || (!claim.isHad && claim.sinceMs > sinceMs))
  }
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

interface Claim {
  /** Since when the source has it, by one group or another. */
  readonly sinceMs: number
  /** One of its groups is called so now. */
  readonly isHad: boolean
}

/** Which sources have, or ever had, a group of each name. */
function claimsOn(groups: readonly ProvisionedGroup[]): ReadonlyMap<string, ReadonlyMap<string, Claim>> {
  const claims = new Map<string, Map<string, Claim>>()
  for (const { source, displayName, names, createdAt, isDeleted } of groups) {
    const since = new Map([[displayName, createdAt], ...names.map((one) => [one.name, one.since] as const)])
    for (const [name, at] of since) {
      const of = claims.get(name) ?? new Map<string, Claim>()
      const before = of.get(source)
      of.set(source, {
        sinceMs: Math.min(before?.sinceMs ?? Infinity, at.getTime()),
        isHad: before?.isHad === true || (!isDeleted && displayName === name),
      })
      claims.set(name, of)
    }
  }
  return claims
}
