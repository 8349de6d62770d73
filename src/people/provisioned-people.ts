import { emailKey } from '../domain/email.ts'
import DataLoader from 'dataloader'
import { boundedMap } from '../bounded-map.ts'
import type { Approvers, PeopleRules } from '../domain/catalog.ts'
import {
  stayingIn,
  type GroupMembers,
  type Known,
  type Leaving,
  type Person,
  type PersonFacts,
  type Provisioned,
} from '../domain/person.ts'
import type { Everybody, PeopleSource } from '../domain/ports/directory.ts'
import type { IdentityStore } from '../domain/ports/identities.ts'
import type { Log } from '../domain/ports/log.ts'
import type { PeopleRecords, PeopleStore } from '../domain/ports/people.ts'
import type { LinkedUser, PersonLink, Provisioning } from '../domain/ports/provisioning.ts'
import { namesOfGroups } from '../domain/provisioned-groups.ts'
import { elapsedMs } from '../elapsed.ts'
import { identify } from './identify.ts'
import { leavingOf, provisionedBy, type Read } from './provisioned.ts'

/** Slack as a source, with what it remembers for showing. */
export interface ShownSource extends PeopleSource {
  remembered(userId: string): PersonFacts | null
  mentions(approvers: Pick<Approvers, 'people' | 'groups'>): Promise<string[]>
}

export interface Beside {
  readonly provisioning: Provisioning
  readonly identities: IdentityStore
  readonly people: PeopleStore & PeopleRecords
  readonly log: Log
  /** How the catalog takes people now. */
  readonly rules: () => PeopleRules
  /** By the database's clock. */
  readonly now: () => Date
}

/** What decides may be so old at most where it is not asked for now; another process may have heard what this one did not. */
const rememberedMs = 10_000
const showsForMs = 600_000
const gatheringMs = 2
/** How often it is looked whether somebody who left was made anew. */
const goneMatchedMs = 5_000
/** Of a group of more, people are not mentioned one by one. */
const mostMentioned = 10

export interface ProvisionedPeople {
  /**
   * Slack together with the SCIM sources: people are here only while all that know them say so, and are in the groups of
   * each. Where no source was ever connected nothing more is asked than of Slack alone. Who left by SCIM's word has left,
   * though Slack does not answer.
   */
  join<Source extends ShownSource>(slack: Source): Source
  /** Which User is whose, for who answers that: what was remembered counts no longer then. */
  readonly identities: IdentityStore
  /**
   * Something was written of these Users: what was remembered of whoever they are counts no longer. Answers who that is,
   * as far as they were ever seen: whether they are gone by it, and whether it is only their e-mail that says so yet.
   */
  heardOf(
    userIds: readonly string[],
  ): Promise<readonly { person: Person; hasLeft: boolean; isNew: boolean }[]>
}

export function provisionedPeople(beside: Beside): ProvisionedPeople {
  const { provisioning, identities, people, rules, now, log } = beside
  const known = boundedMap<{ value: Provisioned; atMs: number }>(100_000)
  /** Grows whenever something is forgotten: what was being read then is of before. */
  let forgotten = 0
  const forget = (those?: readonly Person[]): void => {
    forgotten += 1
    if (those === undefined) known.clear()
    else for (const { id } of those) known.delete(id)
  }
  let groups: { names: Promise<Read['names']>; atMs: number } | null = null

  /** Where a source is required and none was ever connected, nobody is known to any. */
  const isAsked = async (): Promise<boolean> => rules().isScimRequired || (await provisioning.isUsed())
  const names = (): Promise<Read['names']> => {
    // One reading for all who ask in the same moment.
    if (groups === null || elapsedMs() - groups.atMs > gatheringMs) {
      const read = Promise.all([provisioning.groups(), provisioning.sources()]).then(([all, sources]) =>
        namesOfGroups(all, sources),
      )
      groups = { names: read, atMs: elapsedMs() }
      read.catch(() => (groups = null))
    }
    return groups.names
  }
  /** Groups that were made since they were read last are read for whoever is in one of them. */
  const namesFor = async (ids: readonly string[]): Promise<Read['names']> => {
    const read = await names()
    if (ids.every((id) => read.has(id))) return read
    groups = null
    return names()
  }
  const readOf = async (users: Read['users']): Promise<Read> => {
    const managers = users.flatMap(({ manager }) => manager ?? [])
    const [named, behind, questions] = await Promise.all([
      namesFor(users.flatMap((user) => [...user.groups, ...user.left.map(({ group }) => group)])),
      provisioning.peopleBehind([...new Set(managers)]),
      identities.open(),
    ])
    return { users, names: named, managers: behind, questions, now: now() }
  }
  /**
   * A trial of a provider's says nothing of anybody; but where a source must know them, whoever was known by it alone left
   * with it, at once.
   */
  const counting = (users: readonly LinkedUser[]): readonly LinkedUser[] =>
    rules().isScimRequired ? users : users.filter(({ isTrial }) => !isTrial)
  /** Their Users, once whoever has their verified e-mail was matched with them. */
  const usersOf = async (all: readonly Person[], isWhole: boolean): Promise<Read['users']> => {
    const read = () => (isWhole ? provisioning.linkedUsers() : provisioning.usersOf(all.map(({ id }) => id)))
    const emails = new Set(all.flatMap(({ email }) => (email === null ? [] : emailKey(email))))
    const [found, called] = await Promise.all([read(), provisioning.usersCalled([...emails])])
    const linked = found.filter(({ isTrial }) => !isTrial)
    const isTheirs = new Map(linked.map(({ id, people: some }) => [id, new Set(some)]))
    const others = called.filter(({ id }) => !isTheirs.has(id))
    const behind = await provisioning.peopleBehind(others.map(({ id }) => id))
    const owners = new Map([...isTheirs, ...asSets(behind)])
    if (!(await identify(identities, all, { called, linked, owners }))) return counting(found)
    // Whoever was just matched may be another's manager.
    forget()
    return counting(await read())
  }
  const loader = new DataLoader<Person, Provisioned>(
    async (asked) => {
      const users = await usersOf(asked, false)
      const before = forgotten
      const read = await readOf(users)
      const byPerson = byPersonOf(read.users)
      const atMs = elapsedMs()
      return asked.map((person) => {
        const theirs = byPerson.get(person.id) ?? []
        const value = provisionedBy(person, theirs, read, rules())
        if (before === forgotten) known.set(person.id, { value, atMs })
        return value
      })
    },
    {
      cache: false,
      maxBatchSize: 500,
      batchScheduleFn: (begin) => setTimeout(begin, gatheringMs),
    },
  )
  const isOlder = ({ id }: Person, maxAgeMs: number): boolean =>
    elapsedMs() - (known.get(id)?.atMs ?? -Infinity) >= maxAgeMs
  const of = async (person: Person, maxAgeMs: number): Promise<Provisioned | null> => {
    if (!(await isAsked())) return null
    const before = known.get(person.id)
    return before && !isOlder(person, maxAgeMs) ? before.value : loader.load(person)
  }
  const joined = (facts: PersonFacts, provisioned: Provisioned | null): PersonFacts => {
    if (provisioned === null) return facts
    const left = leavingOf(provisioned, now())
    const also = alsoOf(facts.person, provisioned)
    return {
      ...facts,
      provisioned,
      isHere: facts.isHere && left === null,
      ...(facts.isHere && left !== null ? { left } : {}),
      ...(also.length === 0 ? {} : { person: { ...facts.person, also } }),
    }
  }
  const alsoOf = ({ id }: Person, { accounts }: Provisioned): string[] => accounts.filter((one) => one !== id)
  /** By whose word they left, of Users that are known to be theirs: an e-mail as it was seen last matches nobody. */
  const leavings = new DataLoader<Person, Leaving | null>(
    async (asked) => {
      const byPerson = byPersonOf(counting(await provisioning.usersOf(asked.map(({ id }) => id))))
      return asked.map(({ id }) => leavingOf({ users: byPerson.get(id) ?? [] }, now()))
    },
    { cache: false, maxBatchSize: 500, batchScheduleFn: (begin) => setTimeout(begin, gatheringMs) },
  )
  /** Who was seen before and has left by SCIM's word, without waiting for Slack. */
  const goneBy = async (userId: string): Promise<PersonFacts | null> => {
    const person = await people.bySlackUser(userId)
    const left = person && (await leavings.load(person))
    return left && goneFacts(person, left)
  }
  const membersOf = async (handles: readonly string[]): Promise<(name: string) => GroupMembers> => {
    if (handles.length === 0) return () => 'unlisted'
    if (!(await provisioning.isUsed())) return () => 'unlisted'
    groups = null
    const byName = new Map<string, string[]>()
    for (const [id, some] of await names()) {
      for (const name of some) byName.set(name, [...(byName.get(name) ?? []), id])
    }
    const ids = handles.flatMap((name) => byName.get(name) ?? [])
    const members = await provisioning.membersOf(ids, new Date(now().getTime() - rules().graceMs))
    return (name) => {
      const those = byName.get(name)
      if (those === undefined) return 'unlisted'
      const all = those.flatMap((id) => members.get(id) ?? [])
      const ids = (some: readonly PersonLink[]) => new Set(some.map(({ slack: { userId } }) => userId))
      const staying = ids(all.filter(({ isLeaving }) => !isLeaving))
      const leaving = new Set([...ids(all)].filter((id) => !staying.has(id)))
      return Object.assign(ids(all), { leaving })
    }
  }
  const join = <Source extends ShownSource>(slack: Source): Source => {
    const factsBy = async (
      userId: string,
      read: () => Promise<Known<PersonFacts>>,
      maxAgeMs: number,
    ): Promise<Known<PersonFacts>> => {
      if (!(await isAsked())) return read()
      const gone = await goneBy(userId)
      if (gone !== null) {
        // They may have been made anew there, which is asked of an admin; nobody waits for that.
        if (isOlder(gone.person, goneMatchedMs))
          void read()
            .then((facts) => (facts === 'unknown' ? null : of(facts.person, goneMatchedMs)))
            .catch((error: unknown) => log.warn('could not look whether somebody was made anew', { error }))
        return gone
      }
      const facts = await read()
      return facts === 'unknown' ? facts : joined(facts, await of(facts.person, maxAgeMs))
    }
    const hasLeft = async (name: string): Promise<boolean> => {
      if (!(await isAsked())) return false
      const ids = await slack.idsOf([name])
      const [userId] = ids === 'unknown' ? [] : ids
      return userId !== undefined && (await goneBy(userId)) !== null
    }
    const groupsOf = async (handles: readonly string[]): Promise<(handle: string) => GroupMembers> => {
      const [ofSlack, ofScim] = await Promise.all([
        slack.groups(handles.filter(isHandle)),
        membersOf(handles.filter((name) => !isHandle(name))),
      ])
      return (handle) => (isHandle(handle) ? ofSlack(handle) : ofScim(handle))
    }
    return {
      ...slack,
      facts: (userId: string) => factsBy(userId, () => slack.facts(userId), rememberedMs),
      freshFacts: (userId: string) => factsBy(userId, () => slack.freshFacts(userId), 0),
      everyone: async (maxAgeMs?: number): Promise<Known<Everybody>> => {
        const all = await slack.everyone(maxAgeMs)
        if (all === 'unknown' || !(await isAsked())) return all
        const read = await readOf(
          await usersOf(
            all.people.map(({ person }) => person),
            true,
          ),
        )
        const byPerson = byPersonOf(read.users)
        return {
          ...all,
          people: all.people.map((facts) =>
            joined(facts, provisionedBy(facts.person, byPerson.get(facts.person.id) ?? [], read, rules())),
          ),
        }
      },
      groups: groupsOf,
      groupsCalled: async (name: string) => {
        if (isHandle(name) || !(await provisioning.isUsed())) return []
        const full = (await provisioning.sources()).map((source) => `${source}/${name}`)
        const listed = new Set([...(await names()).values()].flat())
        return full.filter((one) => listed.has(one)).sort()
      },
      remembered: (userId: string) => {
        const facts = slack.remembered(userId)
        if (facts === null || !(rules().isScimRequired || provisioning.wasUsed())) return facts
        const before = known.get(facts.person.id)
        if (before === undefined || elapsedMs() - before.atMs > showsForMs) return null
        if (elapsedMs() - before.atMs > rememberedMs)
          void loader
            .load(facts.person)
            .catch((error: unknown) => log.warn('could not read what sources say of somebody', { error }))
        return joined(facts, before.value)
      },
      mentions: async ({ people: listed, groups: handles }: Pick<Approvers, 'people' | 'groups'>) => {
        const membersBy = await membersOf(handles.filter((name) => !isHandle(name)))
        const few = handles.flatMap((name) => {
          const members = isHandle(name) ? 'unlisted' : membersBy(name)
          const staying = typeof members === 'string' ? null : stayingIn(members)
          return staying === null || staying.length > mostMentioned ? [] : [{ name, staying }]
        })
        const expanded = new Set(few.map(({ name }) => name))
        const here = await Promise.all(listed.map(async (name) => ((await hasLeft(name)) ? [] : [name])))
        return slack.mentions({
          people: [...new Set([...here.flat(), ...few.flatMap(({ staying }) => staying)])],
          groups: handles.filter((name) => !expanded.has(name)),
        })
      },
    }
  }
  return {
    join,
    identities: {
      ...identities,
      answer: async (id, answer, by) => {
        const answered = await identities.answer(id, answer, by)
        forget()
        return answered
      },
    },
    heardOf: async (userIds) => {
      provisioning.noteUse()
      const [behind, called] = await Promise.all([
        provisioning.peopleBehind(userIds),
        provisioning.emailsOf(userIds).then((emails) => people.called(emails)),
      ])
      const ids = new Set([...behind.values()].flat().map(({ personId }) => personId))
      const found = [...called.filter(({ id }) => !ids.has(id)), ...(await people.byIds([...ids]))]
      forget(found)
      return Promise.all(
        found.map(async (person) => ({
          person,
          isNew: !ids.has(person.id),
          hasLeft: (await leavings.load(person)) !== null,
        })),
      )
    },
  }
}

function byPersonOf(users: readonly LinkedUser[]): ReadonlyMap<string, readonly LinkedUser[]> {
  const found = new Map<string, LinkedUser[]>()
  for (const user of users) found.set(user.personId, [...(found.get(user.personId) ?? []), user])
  return found
}

const asSets = (behind: ReadonlyMap<string, readonly PersonLink[]>) =>
  [...behind].map(([id, some]) => [id, new Set(some.map(({ personId }) => personId))] as const)

const isHandle = (name: string): boolean => name.startsWith('@')

const goneFacts = (person: Person, left: Leaving): PersonFacts => ({
  person,
  isHere: false,
  left,
  isGuest: false,
  isExternal: false,
  isEmailRead: true,
  zone: 'UTC',
  groups: new Set(),
})
