import type { Directory, PeopleSource } from '../domain/ports/directory.ts'

/** The one answer about people and groups, from what knows of them: Slack. */
export function directoryFrom(slack: PeopleSource): Directory {
  return {
    everyone: (maxAgeMs) => slack.everyone(maxAgeMs),
    freshGroups: () => slack.freshGroups(),
    groups: (handles) => slack.groups(handles),
    facts: (person) => slack.facts(person.slack.userId),
    freshFacts: (person) => slack.freshFacts(person.slack.userId),
    named: async (name) => {
      const ids = await slack.idsOf([name])
      if (ids === 'unknown') return ids
      const [userId] = ids
      return userId === undefined ? null : slack.facts(userId)
    },
  }
}
