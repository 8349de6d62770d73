import type { PersonFacts } from './person.ts'

/** The same person, were they not in this group (`@dba` is Slack's, `dba` and `okta/dba` are SCIM's). */
export function withoutGroup(facts: PersonFacts, name: string): PersonFacts {
  const { groups, provisioned } = facts
  if (name.startsWith('@'))
    return groups === 'unknown'
      ? facts
      : { ...facts, groups: new Set([...groups].filter((one) => one !== name)) }
  if (provisioned === undefined) return facts
  // One group has two names; the short one is only ever given where no other source has such a group.
  const sources = provisioned.users.map(({ source }) => source)
  const same = new Set([
    name,
    ...sources.map((source) => `${source}/${name}`),
    ...sources
      .filter((source) => name.startsWith(`${source}/`))
      .map((source) => name.slice(source.length + 1)),
  ])
  const left = (names: ReadonlySet<string>) => new Set([...names].filter((one) => !same.has(one)))
  return {
    ...facts,
    provisioned: {
      ...provisioned,
      groups: left(provisioned.groups),
      leftLately: left(provisioned.leftLately),
    },
  }
}
