import {
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  type WebAPICallResult,
  type WebClient,
} from '@slack/web-api'
import DataLoader from 'dataloader'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Approvers } from '../domain/catalog.ts'
import type { Known, Person, PersonFacts, SlackIdentity } from '../domain/person.ts'
import type { Directory, Log, PeopleStore } from '../domain/ports.ts'
import { mention, plainWords } from './mrkdwn.ts'
import { Pace } from './pace.ts'
import { Remembering } from './remembering.ts'
import { byMember, groupsWith, parseGroups, readable, type Groups } from './slack-groups.ts'
import { isMemberOf, isSameUser, parseUser, seenAs, type SlackUser } from './slack-user.ts'

/** More than so many who are asked for together are read from one list of everybody. */
const manyAtOnce = 20
const gatheringMs = 10
/** Our own database has other work too. */
const recordsAtOnce = 64
/** What decides is never older; what is only shown may be. */
const decidesForMs = 60_000
const showsForMs = 600_000
/** A person's record changes only with what Slack says of them, which is part of its key. */
const recordForMs = 86_400_000
/** How long nobody is asked again for what Slack did not answer. */
const failedForMs = 3_000
/** Whoever asks for everybody waits no longer; the listing goes on. */
const listWaitMs = 2_500
/** How often a page is asked for when Slack says "not so fast". */
const pageTries = 5

/** What the Slack surfaces need besides the operations' port. */
export interface SlackDirectory extends Directory {
  /** Facts from memory, for showing: perhaps minutes old; null when there are none. */
  remembered(slack: SlackIdentity): PersonFacts | null
  /** Slack sent an event about somebody: whether anything that is read of them changed. They alone are asked for again. */
  heardOf(user: unknown): Promise<boolean>
  /** Slack said that groups changed: they are read again, as soon as its limits allow, once for many events. */
  groupsChanged(): Promise<void>
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
  /** Hears which groups Slack lists, whenever they were read. */
  onGroups?: (handles: ReadonlySet<string>) => void
}): SlackDirectory {
  const { client, teamId, people, log, onGroups } = options
  const remembering = <T>(what: string) =>
    new Remembering<T>({
      onFailure: (error) => log.warn('the directory did not answer', { what, error }),
      failedForMs: (error) =>
        error instanceof WebAPIRateLimitedError ? Math.min(error.retryAfter * 1_000, 30_000) : failedForMs,
    })
  const users = remembering<SlackUser>('person')
  /** Whose record does not change as long as Slack says the same of them. */
  const records = new Remembering<Person>()
  const groups = remembering<Groups>('groups')
  const emails = remembering<string>('e-mail')
  const members = remembering<ReadonlySet<string>>('channel members')
  const everyone = remembering<Everyone>('everyone')
  const paceOfUsers = new Pace()
  const paceOfGroups = new Pace()
  /** Pages of the last whole listing, and how long it took. */
  let lastListing = { pages: 1, tookMs: 0 }
  const unreadable = new Set<string>()
  /** Spoils itself only, and is said once. */
  const onUnreadable = (record: unknown, error?: unknown): void => {
    const id = idOf(record) ?? 'without an id'
    if (unreadable.has(id)) return
    unreadable.add(id)
    log.warn('a record of Slack cannot be read', { id, error })
  }

  const readUser = async (userId: string): Promise<SlackUser> => {
    const answer = await client.users.info({ user: userId })
    return parseUser(answer.user, { showsEmails: showsEmails(answer) })
  }
  const listUsers = async (): Promise<SlackUser[]> => {
    const startedMs = performance.now()
    const found: SlackUser[] = []
    let pages = 0
    let cursor: string | undefined
    do {
      const page = await pageOf(client, cursor, paceOfUsers)
      const shows = { showsEmails: showsEmails(page) }
      for (const record of z.array(z.unknown()).parse(page.members ?? [])) {
        try {
          found.push(parseUser(record, shows))
        } catch (error) {
          onUnreadable(record, error)
        }
      }
      pages += 1
      cursor = page.response_metadata?.next_cursor
    } while (cursor)
    lastListing = { pages, tookMs: performance.now() - startedMs }
    return found
  }
  /** Many windows open at one instant: Slack answers for one person about a hundred times a minute. */
  const readings = new DataLoader<string, () => Promise<SlackUser>>(
    async (userIds) => {
      const isListed = userIds.length > manyAtOnce && paceOfUsers.free >= lastListing.pages
      const listed = isListed ? await listUsers().catch(() => [] as const) : ([] as const)
      const byId = new Map(listed.map((user) => [user.id, user]))
      return userIds.map((userId) => {
        const user = byId.get(userId)
        return () => (user ? Promise.resolve(user) : readUser(userId))
      })
    },
    { cache: false, batchScheduleFn: (begin) => setTimeout(begin, gatheringMs) },
  )
  const readAmongOthers = async (userId: string): Promise<SlackUser> => (await readings.load(userId))()
  const readGroups = async (): Promise<Groups> => {
    await paceOfGroups.turn()
    const answer = await client.usergroups.list({ include_users: true, include_disabled: false })
    const found = parseGroups(z.array(z.unknown()).parse(answer.usergroups ?? []), onUnreadable)
    onGroups?.(new Set(found.keys()))
    return found
  }
  /** An e-mail that Slack does not show now is not known: nobody is found by it, and it is written down as none. */
  const recordOf = (user: SlackUser, ourTeamId: string): Promise<Person> => {
    const { slack, name, email } = seenAs(user, ourTeamId)
    const seen = { name, email: email === 'unknown' ? null : email }
    return records.get(JSON.stringify([slack, seen]), recordForMs, () => people.seen(slack, seen))
  }
  const listedAs = async (user: SlackUser, ourTeamId: string): Promise<Listed> => ({
    user,
    person: await recordOf(user, ourTeamId),
  })
  /** Each of them as our records keep them. */
  const readEveryone = async (ourTeamId: string): Promise<Everyone> => {
    const askedAtMs = performance.now()
    const found = await listUsers()
    for (const user of found) users.learn(user.id, user, askedAtMs)
    const listed: Listed[] = []
    for (let at = 0; at < found.length; at += recordsAtOnce)
      listed.push(
        ...(await Promise.all(found.slice(at, at + recordsAtOnce).map((user) => listedAs(user, ourTeamId)))),
      )
    return new Map(listed.map((one) => [one.user.id, one]))
  }
  /** So many that listing them takes long are listed again while the last list still counts; events keep it true. */
  const currentEveryone = async (ourTeamId: string): Promise<Everyone> => {
    const read = () => readEveryone(ourTeamId)
    const countsForMs = decidesForMs + 3 * lastListing.tookMs
    const remembered = everyone.peek('all', countsForMs)
    const isLong = lastListing.tookMs > listWaitMs
    const reading = everyone.get('all', isLong ? countsForMs / 2 : decidesForMs, read)
    if (remembered === null || !isLong) return within(reading, listWaitMs)
    reading.catch(() => undefined)
    return remembered
  }
  const known = async <T>(read: () => Promise<T>): Promise<Known<T>> => {
    try {
      return await read()
    } catch {
      // Said in the log by whatever was read.
      return 'unknown'
    }
  }
  /** Read anew once a minute. While Slack's limits are used up, waiting for a turn would be too long: unknown. */
  const currentGroups = () => known(() => within(groups.get('all', decidesForMs, readGroups), listWaitMs))
  const factsOf = (user: SlackUser, person: Person, ourTeamId: string, all: Known<Groups>): PersonFacts => ({
    person,
    email: seenAs(user, ourTeamId).email,
    isHere: user.isHere,
    isGuest: user.isGuest,
    isExternal: !isMemberOf(user, ourTeamId),
    zone: user.zone,
    groups: all === 'unknown' ? all : groupsWith(all, user.id),
    ...(all === 'unknown' ? {} : { listedGroups: readable(all) }),
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
      known(() => users.get(userId, maxAgeMs, () => read(userId))),
      currentGroups(),
    ])
    if (user === 'unknown') return user
    return factsOf(user, await recordOf(user, ourTeamId), ourTeamId, all)
  }
  /** Empty when nobody is called so. */
  const lookUpUser = async (person: string): Promise<Known<string>> =>
    person.includes('@') ? known(() => emails.get(person, showsForMs, () => lookUp(client, person))) : person
  const userIdOf = async (person: string): Promise<string | null> => {
    const found = await lookUpUser(person)
    return found === 'unknown' || found === '' ? null : found
  }
  /** As Slack has them now, in the list of everybody too. */
  const learnAgain = async (heard: SlackUser, ourTeamId: string): Promise<void> => {
    users.forget(heard.id)
    const asked = await known(() => users.get(heard.id, decidesForMs, () => readUser(heard.id)))
    const user = asked === 'unknown' ? heard : asked
    const nowMs = performance.now()
    if (asked === 'unknown') users.learn(heard.id, heard, nowMs)
    const listed = everyone.peek('all', showsForMs)
    listed?.set(user.id, await listedAs(user, ourTeamId))
  }
  let groupsWaited: Promise<void> | null = null

  return {
    facts: (slack) => factsWithin(slack, decidesForMs),
    freshFacts: (slack) => factsWithin(slack, 0, readAmongOthers),
    everyone: async () => {
      const ourTeamId = teamId()
      if (ourTeamId === null) return 'unknown'
      const [listed, all] = await Promise.all([known(() => currentEveryone(ourTeamId)), currentGroups()])
      if (listed === 'unknown') return listed
      const groupsOf = all === 'unknown' ? null : byMember(all)
      const listedGroups = all === 'unknown' ? null : readable(all)
      return [...listed.values()].map(({ user, person }) => ({
        ...factsOf(user, person, ourTeamId, 'unknown'),
        ...(groupsOf ? { groups: groupsOf.get(user.id) ?? new Set<string>() } : {}),
        ...(listedGroups ? { listedGroups } : {}),
      }))
    },
    heardOf: async (record) => {
      const ourTeamId = teamId()
      if (ourTeamId === null) return true
      try {
        const heard = parseUser(record, { showsEmails: true })
        const before = users.peek(heard.id, showsForMs)
        if (before !== null && isSameUser(before, heard)) return false
        await learnAgain(heard, ourTeamId)
        return before === null || !isSameUser(before, users.peek(heard.id, showsForMs) ?? heard)
      } catch (error) {
        onUnreadable(record, error)
        // They are somebody else than we knew, and we cannot say who: unknown, until Slack says so.
        const id = idOf(record)
        if (id !== null) {
          users.forget(id)
          everyone.peek('all', showsForMs)?.delete(id)
        }
        return true
      }
    },
    groupsChanged: () => {
      groupsWaited ??= (async () => {
        await paceOfGroups.ready()
        groupsWaited = null
        try {
          await groups.get('all', 0, readGroups)
        } catch (error) {
          // They changed, and nobody says how. Where Slack only wants us to wait, what is known counts to its end.
          if (!(error instanceof WebAPIRateLimitedError)) groups.forget('all')
        }
      })()
      return groupsWaited
    },
    idsOf: async (listed) => {
      const found = await Promise.all(listed.map(lookUpUser))
      return found.includes('unknown') ? 'unknown' : found.filter((id) => id !== '')
    },
    groups: async (handles) => {
      if (handles.length === 0) return () => new Set<string>()
      const all = await currentGroups()
      return (handle) => (all === 'unknown' ? all : (all.get(handle)?.members ?? 'unlisted'))
    },
    remembered: (slack) => {
      const ourTeamId = teamId()
      const user = users.peek(slack.userId, showsForMs)
      const all = groups.peek('all', showsForMs)
      if (ourTeamId === null || user === null || all === null) return null
      const { name, email, slack: identity } = seenAs(user, ourTeamId)
      const seen = { name, email: email === 'unknown' ? null : email }
      const person = records.peek(JSON.stringify([identity, seen]), recordForMs)
      if (person === null) return null
      if (users.peek(slack.userId, decidesForMs / 2) === null) {
        void known(() => factsWithin(slack, decidesForMs / 2))
      }
      if (groups.peek('all', decidesForMs / 2) === null) {
        void known(() => groups.get('all', decidesForMs / 2, readGroups))
      }
      return factsOf(user, person, ourTeamId, all)
    },
    mentions: async ({ groups: handles, people: listed }) => {
      const all = handles.length > 0 ? await currentGroups() : 'unknown'
      const groupMentions = handles.map((handle) => {
        const id = all === 'unknown' ? '' : (all.get(handle)?.id ?? '')
        return id === '' ? plainWords(handle, 40) : `<!subteam^${id}>`
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
      known(() => members.get(channel, showsForMs, () => readMembers(client, channel))),
  }
}

const withId = z.object({ id: z.string() })
const idOf = (record: unknown): string | null => withId.safeParse(record).data?.id ?? null

interface Listed {
  readonly user: SlackUser
  readonly person: Person
}
/** Everybody by their Slack id. */
type Everyone = Map<string, Listed>

/** Whether e-mails are shown to this token: Slack names its scopes with every answer. */
const showsEmails = ({ response_metadata: about }: WebAPICallResult): boolean =>
  about?.scopes?.includes('users:read.email') ?? true

/** The answer, if it comes in time; who does not wait for it any more leaves it to others. */
async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  answer.catch(() => undefined)
  const late = new AbortController()
  try {
    return await Promise.race([
      answer,
      sleep(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error('the listing is not whole yet')
      }),
    ])
  } finally {
    late.abort()
  }
}

/** A page of everybody: in its turn, and again when Slack says how long to wait. */
async function pageOf(client: WebClient, cursor: string | undefined, pace: Pace) {
  for (let tries = 1; ; tries++) {
    await pace.turn()
    try {
      return await client.users.list({ limit: 1_000, ...(cursor ? { cursor } : {}) })
    } catch (error) {
      if (!(error instanceof WebAPIRateLimitedError) || tries === pageTries) throw error
      await sleep(error.retryAfter * 1_000, undefined, { ref: false })
    }
  }
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
