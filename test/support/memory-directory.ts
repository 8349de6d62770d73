import type { PersonFacts, PersonRef } from '../../src/domain/person.ts'
import type { SlackDirectory } from '../../src/slack/directory/directory.ts'

export interface Known {
  readonly people: readonly PersonRef[]
  /** Members by handle, such as `@dba`; the Slack id of each group is its handle with an S. */
  readonly groups: Readonly<Record<string, readonly PersonRef[]>>
  /** Who is in each channel; of another one Slack does not tell. */
  readonly channels: Readonly<Record<string, readonly PersonRef[]>>
}

/** Who is who, as a test says it; everybody is here, a member, and in Berlin. */
export function memoryDirectory({ people, groups, channels }: Known): SlackDirectory {
  const idOf = ({ slack }: PersonRef): string => slack.userId
  const factsOf = (person: PersonRef): PersonFacts => ({
    person,
    isHere: true,
    isGuest: false,
    isExternal: false,
    isEmailRead: true,
    zone: 'Europe/Berlin',
    groups: new Set(
      Object.keys(groups).filter((handle) => groups[handle]?.some((one) => one.id === person.id)),
    ),
  })
  const find = (called: string) => people.find((one) => one.email === called || idOf(one) === called)
  const facts = async (userId: string) => {
    const person = find(userId)
    return person ? factsOf(person) : 'unknown'
  }
  const known = (userId: string) => {
    const person = find(userId)
    return person ? factsOf(person) : null
  }
  const idsOf = async (called: readonly string[]) => called.flatMap((one) => find(one)?.slack.userId ?? [])
  return {
    facts,
    freshFacts: facts,
    everyone: async () => ({ people: people.map(factsOf), isSomebodyUnread: false }),
    idsOf,
    groupsChanged: () => Promise.resolve(),
    freshGroups: () => Promise.resolve(true),
    groupsCalled: () => Promise.resolve([]),
    groups: async () => (handle) => {
      const members = groups[handle]
      return members ? new Set(members.map(idOf)) : 'unlisted'
    },
    remembered: known,
    lastSeen: known,
    heardOf: async () => false,
    mentions: async ({ groups: handles, people: called }) => [
      ...handles.map((handle) => `<!subteam^S-${handle}>`),
      ...called.map((one) => `<@${find(one)?.slack.userId ?? one}>`),
    ],
    userIds: async (called) => ({ userIds: await idsOf(called), isWhole: true }),
    channelMembers: async (channel) => {
      const members = channels[channel]
      return members ? new Set(members.map(idOf)) : 'unknown'
    },
  }
}
