import type { Directory, PeopleSource } from '../domain/ports/directory.ts'

/** The one answer about people and groups. */
export function directoryFrom(source: PeopleSource): Directory {
  return {
    everyone: (maxAgeMs) => source.everyone(maxAgeMs),
    freshGroups: () => source.freshGroups(),
    groups: (handles) => source.groups(handles),
    groupsCalled: (name) => source.groupsCalled(name),
    facts: (person) => source.facts(person.slack.userId),
    freshFacts: (person) => source.freshFacts(person.slack.userId),
    named: async (name) => {
      const ids = await source.idsOf([name])
      if (ids === 'unknown') return ids
      const [userId] = ids
      return userId === undefined ? null : source.facts(userId)
    },
  }
}
