import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import DataLoader from 'dataloader'
import { performance } from 'node:perf_hooks'
import { z } from 'zod'
import type { Approvers } from '../domain/catalog.ts'
import type { Known, Person, PersonFacts, SlackIdentity } from '../domain/person.ts'
import type { Directory, Log, PeopleStore } from '../domain/ports.ts'
import { mention, plainWords } from './mrkdwn.ts'

/** More than so many who are asked for together are read from one list of everybody. */
const manyAtOnce = 20
const gatheringMs = 10
/** What decides is never older; what is only shown may be. */
const decidesForMs = 60_000
const showsForMs = 600_000
/** A person's record changes only with what Slack says of them, which is part of its key. */
const everyoneForMs = 86_400_000

const userSchema = z.object({
  id: z.string(),
  team_id: z.string(),
  name: z.string().default(''),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  is_email_confirmed: z.boolean().default(false),
  tz: z.string().nullish(),
  profile: z
    .object({
      display_name: z.string().default(''),
      real_name: z.string().default(''),
      email: z.string().nullish(),
    })
    .prefault({}),
})
type User = z.infer<typeof userSchema>

const groupsSchema = z.array(
  z.object({
    id: z.string(),
    handle: z.string(),
    date_delete: z.number().default(0),
    users: z.array(z.string()),
  }),
)

interface Group {
  readonly id: string
  readonly members: ReadonlySet<string>
}

/** What the Slack surfaces need besides the operations' port. */
export interface SlackDirectory extends Directory {
  /** Facts from memory, for showing: perhaps minutes old; null when there are none. */
  remembered(slack: SlackIdentity): PersonFacts | null
  /** Slack said that people or groups changed: what was remembered of all of them counts no longer. */
  forget(): void
  /** Approvers as Slack mentions, those who cannot be looked up by name. */
  mentions(approvers: Pick<Approvers, 'people' | 'groups'>): Promise<string[]>
  /** Slack ids of the people named (not of groups), as far as they can be looked up. */
  userIds(people: readonly string[]): Promise<string[]>
  /** Members of a channel; unknown where Slack does not tell. */
  channelMembers(channel: string): Promise<Known<ReadonlySet<string>>>
}

/**
 * People and groups from Slack. Answers that decide are at most 60 s old; whatever Slack does not say is unknown.
 * `facts` and `freshFacts` throw when our own database cannot be asked who somebody is.
 * Source: users.info, users.list, usergroups.list (`include_users`), users.lookupByEmail, conversations.members.
 */
export function slackDirectory(options: {
  client: WebClient
  /** Our own workspace; null while it is not known, and then nobody's facts are. */
  teamId: () => string | null
  people: PeopleStore
  log: Log
}): SlackDirectory {
  const { client, teamId, people, log } = options
  const users = new Remembering<User>()
  /** Whose record does not change as long as Slack says the same of them. */
  const records = new Remembering<Person>()
  const groups = new Remembering<ReadonlyMap<string, Group>>()
  const emails = new Remembering<string>()
  const members = new Remembering<ReadonlySet<string>>()
  const everyone = new Remembering<readonly { user: User; person: Person }[]>()

  const readUser = async (userId: string): Promise<User> =>
    userSchema.parse((await client.users.info({ user: userId })).user)
  /** Many windows open at one instant: Slack answers for one person about a hundred times a minute. */
  const readings = new DataLoader<string, () => Promise<User>>(
    async (userIds) => {
      const listed =
        userIds.length > manyAtOnce ? await listUsers(client).catch(() => [] as const) : ([] as const)
      const byId = new Map(listed.map((user) => [user.id, user]))
      return userIds.map((userId) => {
        const user = byId.get(userId)
        return () => (user ? Promise.resolve(user) : readUser(userId))
      })
    },
    { cache: false, batchScheduleFn: (begin) => setTimeout(begin, gatheringMs) },
  )
  const readAmongOthers = async (userId: string): Promise<User> => (await readings.load(userId))()
  const seenAs = (user: User, ourTeamId: string): Seen => {
    const name = user.profile.display_name || user.profile.real_name || user.name
    // Another workspace's word for an e-mail counts for nothing here: its admins can write whatever they like.
    const isOurs = !user.is_stranger && user.team_id === ourTeamId
    const email = isOurs && user.is_email_confirmed ? (user.profile.email?.toLowerCase() ?? null) : null
    return { slack: { teamId: user.team_id, userId: user.id }, name, email }
  }
  const readGroups = async (): Promise<ReadonlyMap<string, Group>> => {
    const answer = await client.usergroups.list({ include_users: true, include_disabled: false })
    const list = groupsSchema.parse(answer.usergroups)
    return new Map(list.map(({ id, handle, users: ids }) => [`@${handle}`, { id, members: new Set(ids) }]))
  }
  /** Each of them as our records keep them. */
  const readEveryone = async (ourTeamId: string): Promise<readonly { user: User; person: Person }[]> => {
    const askedAtMs = performance.now()
    const found = await listUsers(client)
    for (const user of found) users.learn(user.id, user, askedAtMs)
    return Promise.all(
      found.map(async (user) => {
        const seen = seenAs(user, ourTeamId)
        const person = await records.get(keyOf(seen), everyoneForMs, () => people.seen(seen.slack, seen))
        return { user, person }
      }),
    )
  }
  const known = async <T>(what: string, read: () => Promise<T>): Promise<Known<T>> => {
    try {
      return await read()
    } catch (error) {
      log.warn('the directory did not answer', { what, error })
      return 'unknown'
    }
  }
  const currentGroups = () => known('groups', () => groups.get('all', decidesForMs, readGroups))
  const factsOf = (
    user: User,
    person: Person,
    ourTeamId: string,
    all: Known<ReadonlyMap<string, Group>>,
  ): PersonFacts => ({
    person,
    isHere: !user.deleted && !user.is_bot,
    isGuest: user.is_restricted || user.is_ultra_restricted,
    isExternal: user.is_stranger || user.team_id !== ourTeamId,
    zone: user.tz ?? 'UTC',
    groups: all === 'unknown' ? all : groupsWith(all, user.id),
    ...(all === 'unknown' ? {} : { listedGroups: new Set(all.keys()) }),
  })
  const factsWithin = async (
    { userId }: SlackIdentity,
    maxAgeMs: number,
    read = readUser,
  ): Promise<Known<PersonFacts>> => {
    // Without it, nobody's e-mail could count: unknown, which is not the same as none.
    const ourTeamId = teamId()
    if (ourTeamId === null) return 'unknown'
    const [user, all] = await Promise.all([
      known('person', () => users.get(userId, maxAgeMs, () => read(userId))),
      currentGroups(),
    ])
    if (user === 'unknown') return user
    const seen = seenAs(user, ourTeamId)
    const person = await records.get(keyOf(seen), showsForMs, () => people.seen(seen.slack, seen))
    return factsOf(user, person, ourTeamId, all)
  }
  /** Empty when nobody is called so. */
  const lookUpUser = async (person: string): Promise<Known<string>> =>
    person.includes('@')
      ? known('e-mail', () => emails.get(person, showsForMs, () => lookUp(client, person)))
      : person
  const userIdOf = async (person: string): Promise<string | null> => {
    const found = await lookUpUser(person)
    return found === 'unknown' || found === '' ? null : found
  }

  return {
    facts: (slack) => factsWithin(slack, decidesForMs),
    freshFacts: (slack) => factsWithin(slack, 0, readAmongOthers),
    everyone: async () => {
      const ourTeamId = teamId()
      if (ourTeamId === null) return 'unknown'
      const [listed, all] = await Promise.all([
        known('everyone', () => everyone.get('all', decidesForMs, () => readEveryone(ourTeamId))),
        currentGroups(),
      ])
      if (listed === 'unknown') return listed
      const groupsOf = all === 'unknown' ? null : byMember(all)
      const listedGroups = all === 'unknown' ? null : new Set(all.keys())
      return listed.map(({ user, person }) => ({
        ...factsOf(user, person, ourTeamId, 'unknown'),
        ...(groupsOf ? { groups: groupsOf.get(user.id) ?? new Set<string>() } : {}),
        ...(listedGroups ? { listedGroups } : {}),
      }))
    },
    forget: () => {
      groups.clear()
      everyone.clear()
    },
    idsOf: async (listed) => {
      const found = await Promise.all(listed.map(lookUpUser))
      return found.includes('unknown') ? 'unknown' : found.filter((id) => id !== '')
    },
    groups: async (handles) => {
      if (handles.length === 0) return () => new Set<string>()
      const all = await currentGroups()
      return (handle) => (all === 'unknown' ? all : (all.get(handle)?.members ?? 'unknown'))
    },
    remembered: (slack) => {
      const ourTeamId = teamId()
      const user = users.peek(slack.userId, showsForMs)
      const all = groups.peek('all', showsForMs)
      if (ourTeamId === null || user === null || all === null) return null
      const person = records.peek(keyOf(seenAs(user, ourTeamId)), showsForMs)
      if (person === null) return null
      if (users.peek(slack.userId, decidesForMs / 2) === null) {
        void known('person', () => factsWithin(slack, decidesForMs / 2))
      }
      if (groups.peek('all', decidesForMs / 2) === null) {
        void known('groups', () => groups.get('all', decidesForMs / 2, readGroups))
      }
      return factsOf(user, person, ourTeamId, all)
    },
    mentions: async ({ groups: handles, people: listed }) => {
      const all = handles.length > 0 ? await currentGroups() : 'unknown'
      const groupMentions = handles.map((handle) => {
        const id = all === 'unknown' ? undefined : all.get(handle)?.id
        return id === undefined ? plainWords(handle, 40) : `<!subteam^${id}>`
      })
      const personMentions = listed.map(async (person) => {
        const id = await userIdOf(person)
        return id === null ? plainWords(person, 60) : mention(id)
      })
      return [...groupMentions, ...(await Promise.all(personMentions))]
    },
    userIds: async (listed) => {
      const ids = await Promise.all(listed.map(userIdOf))
      return ids.filter((id) => id !== null)
    },
    channelMembers: (channel) =>
      known('channel members', () => members.get(channel, showsForMs, () => readMembers(client, channel))),
  }
}

/** What Slack says of somebody, as far as their record keeps it. */
type Seen = Pick<Person, 'slack' | 'name' | 'email'>

const keyOf = ({ slack, name, email }: Seen): string =>
  JSON.stringify([slack.teamId, slack.userId, name, email])

/** Answers by key with their age; those who ask for the same at the same time wait for one reading. */
class Remembering<T> {
  readonly #known = new Map<string, { value: T; atMs: number }>()
  readonly #reading = new Map<string, Promise<T>>()
  readonly #most = 100_000

  /** What was learned in another way, now. */
  learn(key: string, value: T, atMs: number): void {
    if (this.#known.size >= this.#most) this.#known.clear()
    this.#known.set(key, { value, atMs })
  }

  clear(): void {
    this.#known.clear()
    this.#reading.clear()
  }

  peek(key: string, maxAgeMs: number): T | null {
    const found = this.#known.get(key)
    return found && performance.now() - found.atMs < maxAgeMs ? found.value : null
  }

  async get(key: string, maxAgeMs: number, read: () => Promise<T>): Promise<T> {
    const remembered = this.peek(key, maxAgeMs)
    if (remembered !== null) return remembered
    const underWay = this.#reading.get(key)
    // What must be fresh is not answered by a reading that began before it was asked for.
    if (underWay && maxAgeMs > 0) return underWay
    const askedAtMs = performance.now()
    const reading = read()
      .then((value) => {
        if (this.#known.size >= this.#most) this.#known.clear()
        // What was forgotten meanwhile, or is read anew, is not remembered.
        if (this.#reading.get(key) === reading) this.#known.set(key, { value, atMs: askedAtMs })
        return value
      })
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key)
      })
    this.#reading.set(key, reading)
    return reading
  }
}

const byMember = (all: ReadonlyMap<string, Group>): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const [handle, { members }] of all) {
    for (const member of members) found.set(member, (found.get(member) ?? new Set()).add(handle))
  }
  return found
}

const groupsWith = (all: ReadonlyMap<string, Group>, userId: string): ReadonlySet<string> =>
  new Set([...all].filter(([, { members }]) => members.has(userId)).map(([handle]) => handle))

/** Everybody whom Slack lists, until there is no further page. */
async function listUsers(client: WebClient): Promise<User[]> {
  const found: User[] = []
  let cursor: string | undefined
  do {
    const page = await client.users.list({ limit: 1_000, ...(cursor ? { cursor } : {}) })
    found.push(...z.array(userSchema).parse(page.members))
    cursor = page.response_metadata?.next_cursor
  } while (cursor)
  return found
}

/** The Slack id behind an e-mail; empty when nobody has it. */
async function lookUp(client: WebClient, email: string): Promise<string> {
  try {
    return (await client.users.lookupByEmail({ email })).user?.id ?? ''
  } catch (error) {
    if (error instanceof WebAPIPlatformError && error.data.error === 'users_not_found') return ''
    throw error
  }
}

async function readMembers(client: WebClient, channel: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await client.conversations.members({ channel, limit: 200, ...(cursor ? { cursor } : {}) })
    for (const member of page.members ?? []) found.add(member)
    cursor = page.response_metadata?.next_cursor
  } while (cursor && found.size < 5_000)
  return found
}
