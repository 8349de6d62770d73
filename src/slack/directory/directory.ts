import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import DataLoader from 'dataloader'
import { boundedMap } from '../../bounded-map.ts'
import type { Approvers } from '../../domain/catalog.ts'
import type { GroupMembers, Known, Person, PersonFacts } from '../../domain/person.ts'
import type { PeopleSource } from '../../domain/ports/directory.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { PeopleStore } from '../../domain/ports/people.ts'
import { elapsedMs } from '../../elapsed.ts'
import { inTime } from '../../in-time.ts'
import { mention, plainWords } from '../words/mrkdwn.ts'
import { Paced } from './paced.ts'
import { Reach } from './reach.ts'
import { Remembering } from './remembering.ts'
import {
  idOf,
  mayBeSomebody,
  parseGroup,
  parseUser,
  readRecords,
  type SlackGroup,
  type SlackUser,
} from './user-record.ts'

/** More than so many who are asked for together are read from one list of everybody. */
const manyAtOnce = 20
const gatheringMs = 10
/** What decides is never older; what is only shown may be. */
const decidesForMs = 60_000
const showsForMs = 600_000
const freshForMs = 5_000
/** A person's record changes only with what Slack says of them, which is part of its key. */
const everyoneForMs = 86_400_000
/** Whoever waits for an answer hears "unknown" after this, though Slack may be asked on. */
const mostPatientMs = 2_300
const refusedForMs = 30_000
const brieflyMs = 2_000
/** Slack allows twenty and more a minute of what lists everybody. */
const tierTwo = { burst: 8, everyMs: 3_000 } as const

/** What the Slack surfaces need besides what every source of people says. */
export interface SlackDirectory extends PeopleSource {
  /** Facts from memory, for showing: perhaps minutes old, and then they are read anew; null when there are none. */
  remembered(userId: string): PersonFacts | null
  /** As Slack said last, minutes ago perhaps; asks nothing, of thousands either. */
  lastSeen(userId: string): PersonFacts | null
  /** Slack said something of somebody: true where anything that is read of them changed, and then it is read anew. */
  heardOf(user: unknown): Promise<boolean>
  /**
   * Slack said that groups changed: what was remembered of them counts no longer, or only until Slack lets us read them
   * again, where that was done too often lately. Resolves when what is asked from then on is answered anew.
   */
  groupsChanged(): Promise<void>
  /** Approvers as Slack mentions, those who cannot be looked up by name. */
  mentions(approvers: Pick<Approvers, 'people' | 'groups'>): Promise<string[]>
  /** Slack ids of the people named (not of groups); whole unless of any Slack does not say now who that is. */
  userIds(
    people: readonly string[],
  ): Promise<{ readonly userIds: readonly string[]; readonly isWhole: boolean }>
  /** Members of a channel; unknown where Slack does not tell. */
  channelMembers(channel: string): Promise<Known<ReadonlySet<string>>>
}

interface AllGroups {
  readonly byHandle: ReadonlyMap<string, SlackGroup>
  readonly handles: ReadonlySet<string>
  /** Slack lists them, and what it says of them cannot be read. */
  readonly broken: ReadonlySet<string>
  /** One cannot be read at all: any handle that is missing may be its. */
  readonly hasNameless: boolean
}

interface Listed {
  readonly users: Map<string, { user: SlackUser; person: Person }>
  isSomebodyUnread: boolean
}

/** One who was listed, and what is known of them by now. */
interface Current {
  readonly listed: SlackUser
  readonly askedAtMs: number
  readonly user: SlackUser | null | 'unread'
  readonly person: Person | null
}

/** As one page of a list said it. */
interface Page {
  readonly askedAtMs: number
  readonly users: readonly SlackUser[]
  readonly isSomebodyUnread: boolean
}

/**
 * People and groups from Slack. Answers that decide are at most 60 s old, fresh ones 5 s; whatever Slack does not say is
 * unknown.
 * `facts` and `freshFacts` throw when our own database cannot be asked who somebody is.
 * Source: users.info, users.list, usergroups.list (`include_users`), users.lookupByEmail, conversations.members.
 */
export function slackDirectory(options: {
  client: WebClient
  /** Lists everybody: Slack takes its time for a page of a thousand, and one that is given up spoils all of them. */
  lister?: WebClient
  /** Is told of each reading whether Slack answered. */
  reach?: Pick<Reach, 'note'>
  /** Our own workspace; null while it is not known, and then nobody's facts are. */
  teamId: () => string | null
  people: PeopleStore
  log: Log
}): SlackDirectory {
  const { client, lister = client, teamId, people, log } = options
  const reach = options.reach ?? new Reach(client)
  const users = new Remembering<SlackUser | null>()
  /** Whose record does not change as long as Slack says the same of them. */
  const records = new Remembering<Person>()
  const groups = new Remembering<AllGroups>()
  const emails = new Remembering<string>()
  const members = new Remembering<ReadonlySet<string>>()
  const everyone = new Remembering<Listed>()
  const listings = new Remembering<Page[]>()
  const lists = { people: new Paced(tierTwo), groups: new Paced(tierTwo) }
  /** Of whom a reading found something new, before Slack said so. */
  const newlyRead = boundedMap<true>(100_000)
  const brokenPeople = new Set<string>()
  const brokenGroups = new Set<string>()

  /** Null where Slack knows no such person, or none whom we may see: whoever that was is not here. */
  const readUser = async (userId: string): Promise<SlackUser | null> => {
    try {
      const user = parseUser((await reach.note(client.users.info({ user: userId }))).user)
      noteNews(user, users.peek(userId, showsForMs))
      return user
    } catch (error) {
      if (isNobodyThere(error)) return null
      throw error
    }
  }
  /** What is read of somebody for the first time may be news as well. */
  const noteNews = (now: SlackUser, before: SlackUser | null): void => {
    if (before === null || !isSameRecord(before, now)) newlyRead.set(now.id, true)
  }
  const listUsers = async (by: WebClient): Promise<Page[]> => {
    const pages: Page[] = []
    let cursor = ''
    do {
      const { askedAtMs, page } = await lists.people.call(async () => ({
        askedAtMs: elapsedMs(),
        page: await reach.note(by.users.list({ limit: 1_000, ...(cursor ? { cursor } : {}) })),
      }))
      const { found, unread } = readRecords(page.members ?? [], parseUser, {
        what: 'person',
        log,
        isTold: brokenPeople,
      })
      pages.push({ askedAtMs, users: found, isSomebodyUnread: unread.some(mayBeSomebody) })
      cursor = page.response_metadata?.next_cursor ?? ''
    } while (cursor !== '')
    return pages
  }
  const userWithin = (userId: string, maxAgeMs: number): Promise<SlackUser | null> =>
    users.get(userId, maxAgeMs, () => readUser(userId))
  /** Many windows open at one instant: Slack answers for one person about a hundred times a minute. */
  const readings = new DataLoader<string, () => Promise<SlackUser | null>>(
    async (userIds) => {
      // Those of one instant come in many batches: one listing of this very moment answers all of them, but for the
      // pages of a long one that were asked for before, or that are too old by now.
      const sinceMs = elapsedMs() - freshForMs
      const pages =
        userIds.length > manyAtOnce
          ? await patiently(listings.get('all', freshForMs, () => listUsers(client))).catch(() => [])
          : []
      const isNew = ({ askedAtMs }: Page) => askedAtMs >= sinceMs && elapsedMs() - askedAtMs < decidesForMs
      const byId = new Map(
        pages
          .filter(isNew)
          .flatMap(({ askedAtMs, users: listed }) =>
            listed.map((user) => [user.id, { user, askedAtMs }] as const),
          ),
      )
      return userIds.map((userId) => {
        const listed = byId.get(userId)
        return async () =>
          listed === undefined || users.isOutdated(userId, listed.askedAtMs)
            ? userWithin(userId, 0)
            : // What was found out of them since the listing is newer.
              learnListed(listed.user, listed.askedAtMs)
      })
    },
    { cache: false, batchScheduleFn: (begin) => setTimeout(begin, gatheringMs) },
  )
  const readAmongOthers = async (userId: string): Promise<SlackUser | null> => (await readings.load(userId))()
  const isOurs = (user: SlackUser, ourTeamId: string): boolean =>
    !user.isStranger && (user.teamId === ourTeamId || user.teams.includes(ourTeamId))
  const seenAs = (user: SlackUser, ourTeamId: string): Seen => {
    // Another workspace's word for an e-mail counts for nothing here: its admins can write whatever they like.
    const email = isOurs(user, ourTeamId) && user.email !== 'unknown' ? user.email : null
    return { slack: { teamId: user.teamId, userId: user.id }, name: user.name, email }
  }
  const personOf = async (user: SlackUser, ourTeamId: string, maxAgeMs: number): Promise<Person> => {
    const seen = seenAs(user, ourTeamId)
    // What cannot be read now does not make us forget what was.
    const isUnread = user.email === 'unknown' && isOurs(user, ourTeamId)
    const profile = isUnread ? { name: seen.name } : { name: seen.name, email: seen.email }
    const key = JSON.stringify([keyOf(seen), isUnread])
    const person = await records.get(key, maxAgeMs, () => people.seen(seen.slack, profile))
    return isUnread ? { ...person, email: null } : person
  }
  const readGroups = async (isAsked: () => void = () => undefined): Promise<AllGroups> => {
    const answer = await lists.groups.call(() => {
      isAsked()
      return reach.note(client.usergroups.list({ include_users: true, include_disabled: false }))
    })
    const { found, broken, hasNameless } = readRecords(answer.usergroups ?? [], parseGroup, {
      what: 'group',
      log,
      isTold: brokenGroups,
    })
    const listed = found.filter((group) => group !== null)
    const byHandle = new Map(listed.map((group) => [group.handle, group]))
    return {
      byHandle,
      handles: new Set(byHandle.keys()),
      broken: new Set(broken),
      hasNameless,
    }
  }
  /** At the first listing all are new to us, and whoever asked for it looks at all of them. */
  const learnListed = (user: SlackUser, askedAtMs: number): SlackUser | null => {
    const before = users.peek(user.id, showsForMs)
    if (before !== null) noteNews(user, before)
    return users.learn(user.id, user, askedAtMs)
  }
  /** Each of them as our records keep them; apps and the like are nobody. */
  const readEveryone = async (ourTeamId: string): Promise<Listed> => {
    const pages = await listUsers(lister)
    const current = async (listed: SlackUser, askedAtMs: number): Promise<Current> => {
      const { id } = listed
      const user = users.isOutdated(id, askedAtMs)
        ? await users.get(id, decidesForMs, () => readUser(id)).catch(() => 'unread' as const)
        : learnListed(listed, askedAtMs)
      const isThere = user !== null && user !== 'unread'
      return {
        listed,
        askedAtMs,
        user,
        person: isThere ? await personOf(user, ourTeamId, everyoneForMs) : null,
      }
    }
    let each: Current[] = []
    // A page after the other: what a whole company asks of the database at once would keep everything else waiting.
    for (const { askedAtMs, users: all } of pages) {
      const some = all.filter(({ isNobody }) => !isNobody)
      each.push(...(await Promise.all(some.map((user) => current(user, askedAtMs)))))
    }
    // All that takes its time: of whom Slack said something meanwhile, that counts.
    const isLast = ({ listed, user, askedAtMs }: Current): boolean =>
      user === 'unread' || users.isLast(listed.id, user, askedAtMs)
    while (!each.every(isLast)) {
      each = await Promise.all(
        each.map(async (one) => (isLast(one) ? one : current(one.listed, one.askedAtMs))),
      )
    }
    return {
      users: new Map(
        each.flatMap(({ listed, user, person }) =>
          user === null || user === 'unread' || person === null
            ? []
            : [[listed.id, { user, person }] as const],
        ),
      ),
      isSomebodyUnread:
        pages.some((page) => page.isSomebodyUnread) || each.some(({ user }) => user === 'unread'),
    }
  }
  /** Whoever is not read is missing from the list, and not from the workspace. */
  const leaveOut = (listed: Listed, userId: string): void => {
    listed.isSomebodyUnread = true
    listed.users.delete(userId)
  }
  /** Lists somebody as was found out last; what Slack said after that is followed by itself. */
  const correct = async (
    listed: Listed,
    userId: string,
    { found, askedAtMs, ourTeamId }: { found: SlackUser | null; askedAtMs: number; ourTeamId: string },
  ): Promise<void> => {
    const user = users.learn(userId, found, askedAtMs)
    const person = user === null || user.isNobody ? null : await personOf(user, ourTeamId, showsForMs)
    if (users.isOutdated(userId, askedAtMs)) return
    if (!users.isLast(userId, user, askedAtMs))
      return correct(listed, userId, { found: user, askedAtMs, ourTeamId })
    if (user === null || person === null) listed.users.delete(userId)
    else listed.users.set(userId, { user, person })
  }
  const known = async <T>(what: string, read: () => Promise<T>): Promise<Known<T>> => {
    try {
      return await read()
    } catch (error) {
      if (!isSaid(error)) log.warn('the directory did not answer', { what, error })
      return 'unknown'
    }
  }
  const allGroups = (maxAgeMs: number) => groups.get('all', maxAgeMs, () => readGroups(), failedForMs)
  /** What waits for its turn answers all that changed until then. */
  let readingLate: Promise<void> | null = null
  const readGroupsLate = (): Promise<void> => {
    if (readingLate !== null) return readingLate
    let askedAtMs = Infinity
    const reading = readGroups(() => {
      askedAtMs = elapsedMs()
      readingLate = null
    }).then(
      (all) => void groups.learn('all', all, askedAtMs),
      (error: unknown) => {
        log.warn('the directory did not answer', { what: 'groups', error })
        groups.clear()
      },
    )
    readingLate = reading
    return reading
  }
  const currentGroups = () => known('groups', () => patiently(allGroups(decidesForMs)))
  const factsOf = (
    user: SlackUser,
    person: Person,
    ourTeamId: string,
    all: Known<AllGroups>,
  ): PersonFacts => ({
    person,
    isHere: !user.isDeleted && !user.isNobody,
    isGuest: user.isGuest,
    isExternal: !isOurs(user, ourTeamId),
    isEmailRead: user.email !== 'unknown' || !isOurs(user, ourTeamId),
    zone: user.zone,
    ...groupFacts(all, all === 'unknown' ? new Set() : groupsWith(all, user.id)),
  })
  const factsBy = async (
    userId: string,
    read: () => Promise<SlackUser | null>,
  ): Promise<Known<PersonFacts>> => {
    // Without it, nobody's e-mail could count: unknown, which is not the same as none.
    const ourTeamId = teamId()
    if (ourTeamId === null) return 'unknown'
    const [user, all] = await Promise.all([
      known('person', () => read().then((found) => ({ found }))),
      currentGroups(),
    ])
    if (user === 'unknown') return user
    if (user.found !== null)
      return factsOf(user.found, await personOf(user.found, ourTeamId, showsForMs), ourTeamId, all)
    const person = await people.bySlackUser(userId)
    // Of another workspace's people, one that ours does not know says nothing: we may see less of them, or be elsewhere.
    return person?.slack.teamId !== ourTeamId
      ? 'unknown'
      : { ...goneFacts, person, ...groupFacts(all, new Set()) }
  }
  /** Empty when nobody is called so. */
  const lookUpUser = async (person: string, maxAgeMs = showsForMs): Promise<Known<string>> =>
    person.includes('@')
      ? known('e-mail', () => emails.get(person, maxAgeMs, () => lookUp(client, person)))
      : person
  const userIdOf = async (person: string): Promise<string | null> => {
    const found = await lookUpUser(person)
    return found === 'unknown' || found === '' ? null : found
  }

  const lastSeen = (userId: string): PersonFacts | null => {
    const ourTeamId = teamId()
    const user = users.peek(userId, showsForMs)
    const all = groups.peek('all', showsForMs)
    if (ourTeamId === null || user === null || all === null) return null
    const isUnread = user.email === 'unknown' && isOurs(user, ourTeamId)
    const key = JSON.stringify([keyOf(seenAs(user, ourTeamId)), isUnread])
    const person = records.peek(key, showsForMs)
    return person && factsOf(user, isUnread ? { ...person, email: null } : person, ourTeamId, all)
  }
  return {
    facts: (userId) => factsBy(userId, () => userWithin(userId, decidesForMs)),
    freshFacts: (userId) => factsBy(userId, () => readAmongOthers(userId)),
    everyone: async (maxAgeMs = decidesForMs) => {
      const ourTeamId = teamId()
      if (ourTeamId === null) return 'unknown'
      const [listed, all] = await Promise.all([
        known('everyone', () => everyone.get('all', maxAgeMs, () => readEveryone(ourTeamId))),
        currentGroups(),
      ])
      if (listed === 'unknown') return listed
      const groupsOf = all === 'unknown' ? new Map<string, Set<string>>() : byMember(all)
      return {
        isSomebodyUnread: listed.isSomebodyUnread,
        people: [...listed.users.values()].map(({ user, person }) => ({
          ...factsOf(user, person, ourTeamId, 'unknown'),
          ...groupFacts(all, groupsOf.get(user.id) ?? new Set<string>()),
        })),
      }
    },
    heardOf: async (said) => {
      const ourTeamId = teamId()
      const heard = ((): SlackUser | null => {
        try {
          return parseUser(said)
        } catch {
          return null
        }
      })()
      const id = heard?.id ?? idOf(said)
      if (id === null || ourTeamId === null) return true
      const listed = everyone.peek('all', decidesForMs)
      // What is read at an earlier word is not in the list yet.
      const read = users.isToBeRead(id) ? null : (listed?.users.get(id)?.user ?? null)
      const before = users.peek(id, showsForMs) ?? read
      // No news, unless another reading was faster than the event: that was followed by nobody.
      const isNews = newlyRead.delete(id)
      // The list may be of before.
      const inList = listed === null ? before : (listed.users.get(id)?.user ?? null)
      const isSaid = (one: SlackUser | null): boolean =>
        heard !== null && (one === null ? heard.isNobody : isSameRecord(one, heard))
      if (before !== null && isSaid(before) && isSaid(inList)) return isNews
      // A reading that is under way may have passed them already.
      users.outdate(id)
      // Where nothing is remembered there is nothing to correct.
      if (before === null && listed === null) return true
      const askedAtMs = elapsedMs()
      const now = await known('person', () => readUser(id).then((found) => ({ found })))
      // It is followed from here.
      newlyRead.delete(id)
      // Not answered: what was known of them may be wrong by now, and is asked for when it is needed.
      if (now !== 'unknown') users.learn(id, now.found, askedAtMs)
      if (listed === null) return true
      try {
        if (now !== 'unknown') await correct(listed, id, { found: now.found, askedAtMs, ourTeamId })
        else leaveOut(listed, id)
      } catch (error) {
        leaveOut(listed, id)
        throw error
      }
      return true
    },
    // Slack has none of SCIM.
    groupsCalled: () => Promise.resolve([]),
    freshGroups: async () => {
      const isFresh = () => groups.peek('all', freshForMs) !== null
      if (lists.groups.isFree()) groups.clear()
      else if (!isFresh()) return patiently(readGroupsLate()).then(isFresh, () => false)
      return true
    },
    groupsChanged: () => {
      // Somebody edits groups faster than Slack lets us read them: what was read last counts until its turn comes.
      if (!lists.groups.isFree()) return readGroupsLate()
      groups.clear()
      return Promise.resolve()
    },
    idsOf: async (listed) => {
      const found = await Promise.all(listed.map((person) => lookUpUser(person, decidesForMs)))
      return found.includes('unknown') ? 'unknown' : found.filter((id) => id !== '')
    },
    groups: async (handles) => {
      if (handles.length === 0) return () => new Set<string>()
      const all = await currentGroups()
      return (handle): GroupMembers => {
        if (all === 'unknown' || all.broken.has(handle)) return 'unknown'
        return all.byHandle.get(handle)?.members ?? (all.hasNameless ? 'unknown' : 'unlisted')
      }
    },
    lastSeen,
    remembered: (userId) => {
      const facts = lastSeen(userId)
      if (facts === null) return null
      if (users.peek(userId, decidesForMs / 2) === null) {
        void known('person', () => factsBy(userId, () => userWithin(userId, decidesForMs / 2)))
      }
      if (groups.peek('all', decidesForMs / 2) === null) {
        void known('groups', () => allGroups(decidesForMs / 2))
      }
      return facts
    },
    mentions: async ({ groups: handles, people: listed }) => {
      const all = handles.length > 0 ? await currentGroups() : 'unknown'
      const groupMentions = handles.map((handle) => {
        const id = all === 'unknown' ? undefined : all.byHandle.get(handle)?.id
        return id === undefined ? plainWords(handle, 40) : `<!subteam^${id}>`
      })
      const personMentions = listed.map(async (person) => {
        const id = await userIdOf(person)
        return id === null ? plainWords(person, 60) : mention(id)
      })
      return [...groupMentions, ...(await Promise.all(personMentions))]
    },
    userIds: async (listed) => {
      const found = await Promise.all(listed.map((person) => lookUpUser(person)))
      const isWhole = !found.includes('unknown')
      return { userIds: found.filter((id) => id !== 'unknown' && id !== ''), isWhole }
    },
    channelMembers: (channel) =>
      known('channel members', () => members.get(channel, decidesForMs, () => readMembers(client, channel))),
  }
}

/** Slack knows them no more, or does not let us see them: they are nobody here. */
const goneFacts = {
  isHere: false,
  isGuest: false,
  isExternal: false,
  isEmailRead: true,
  zone: 'UTC',
} as const

const isNobodyThere = (error: unknown): boolean =>
  error instanceof WebAPIPlatformError &&
  ['user_not_found', 'users_not_found', 'user_not_visible'].includes(error.data.error)

/** A workspace that has no groups, or an app that may not read them, is not asked again at once. */
const failedForMs = (error: unknown): number =>
  error instanceof WebAPIPlatformError && lasting.has(error.data.error) ? refusedForMs : brieflyMs

const lasting = new Set([
  'missing_scope',
  'not_allowed_token_type',
  'paid_teams_only',
  'paid_only',
  'plan_upgrade_required',
  'access_denied',
])

/** Errors that were logged already: one that is remembered fails whoever waits for it. */
const said = new WeakSet<object>()
function isSaid(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if (said.has(error)) return true
  said.add(error)
  return false
}

/** The answer, or an error when it does not come in time; the reading goes on. */
const patiently = <T>(reading: Promise<T>): Promise<T> =>
  inTime(reading, mostPatientMs, () => new Error('Slack did not answer in time'))

const isSameRecord = (one: SlackUser, other: SlackUser): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** A condition that names a group which is not listed, or cannot be read, has no answer. */
const groupFacts = (all: Known<AllGroups>, theirs: ReadonlySet<string>) =>
  all === 'unknown' ? { groups: all } : { groups: theirs, listedGroups: all.handles }

/** What Slack says of somebody, as far as their record keeps it. */
type Seen = Pick<Person, 'slack' | 'name' | 'email'>

const keyOf = ({ slack, name, email }: Seen): string =>
  JSON.stringify([slack.teamId, slack.userId, name, email])

const byMember = ({ byHandle }: AllGroups): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const [handle, { members }] of byHandle) {
    for (const member of members) found.set(member, (found.get(member) ?? new Set()).add(handle))
  }
  return found
}

const groupsWith = ({ byHandle }: AllGroups, userId: string): ReadonlySet<string> =>
  new Set([...byHandle].filter(([, { members }]) => members.has(userId)).map(([handle]) => handle))

/** The Slack id behind an e-mail; empty when nobody has it. */
async function lookUp(client: WebClient, email: string): Promise<string> {
  try {
    return (await client.users.lookupByEmail({ email })).user?.id ?? ''
  } catch (error) {
    if (isNobodyThere(error)) return ''
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
