import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import { isAdminOf } from '../../../src/operations/admins.ts'
import type { Log } from '../../../src/domain/ports/log.ts'
import type { PeopleStore } from '../../../src/domain/ports/people.ts'
import type { Person } from '../../../src/domain/person.ts'
import { isReviewer } from '../../../src/domain/approvers.ts'
import { directoryFrom } from '../../../src/people/directory.ts'
import { slackDirectory } from '../../../src/slack/directory/directory.ts'
import { read } from '../../catalog/reading.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log

interface One {
  id: string
  email?: string
  deleted?: boolean
}
const said = ({ id, email, deleted }: One) => ({
  id,
  team_id: 'T1',
  name: id.toLowerCase(),
  deleted: deleted ?? false,
  is_email_confirmed: true,
  tz: 'UTC',
  profile: { display_name: id, ...(email === undefined ? {} : { email }) },
})
const nobody = (error: string) => new WebAPIPlatformError({ ok: false, error })

function memoryPeople(): PeopleStore {
  const known = new Map<string, Person>()
  return {
    seen: async (slack: Person['slack'], { name, email }: { name: string; email?: string | null }) => {
      const person = { id: `p-${slack.userId}`, slack, name, email: email ?? null }
      known.set(slack.userId, person)
      return person
    },
    bySlackUser: async (id: string) => known.get(id) ?? null,
  }
}

/** As if so much time went by; only for how old something is. */
const realNow = Date.now
let aheadMs = 0
beforeEach(() => {
  aheadMs = 0
  Date.now = () => realNow() + aheadMs
})
afterEach(() => {
  Date.now = realNow
})

function aDirectory(methods: {
  info?: (user: string) => Promise<One>
  list?: (cursor: string | undefined) => Promise<{ users: One[]; next?: string }>
  lookup?: (email: string) => Promise<One>
  groups?: () => Promise<{ id: string; handle: string; users: string[] }[]>
}) {
  const client = {
    users: {
      info: async ({ user }: { user: string }) => ({ user: said(await methods.info!(user)) }),
      list: async ({ cursor }: { cursor?: string }) => {
        const { users, next } = await methods.list!(cursor)
        return { members: users.map(said), response_metadata: { next_cursor: next ?? '' } }
      },
      lookupByEmail: async ({ email }: { email: string }) => ({ user: said(await methods.lookup!(email)) }),
    },
    usergroups: { list: async () => ({ usergroups: (await methods.groups?.()) ?? [] }) },
  } as unknown as WebClient
  return slackDirectory({ client, teamId: () => 'T1', people: memoryPeople(), log: quiet })
}
const isHere = (facts: unknown) => (facts === 'unknown' ? 'unknown' : (facts as { isHere: boolean }).isHere)

// At the end of a thousand each card looked up its holder.
test('as somebody was seen last is known without asking Slack, for ten minutes', async () => {
  let asked = 0
  const directory = aDirectory({
    info: async (id) => {
      asked += 1
      return { id, email: 'riley@contractor.example' }
    },
  })
  expect(directory.lastSeen('URILEY')).toBeNull()
  await directory.facts('URILEY')
  aheadMs = 9 * 60_000
  expect(directory.lastSeen('URILEY')).toMatchObject({ isHere: true, zone: 'UTC' })
  aheadMs = 11 * 60_000
  expect(directory.lastSeen('URILEY')).toBeNull()
  expect(asked).toBe(1)
})

test('who is an admin is decided by what Slack says now, at most 60 s old: an admin who joined is not passed over for others for ten minutes', async () => {
  const catalog = read(`version: 1
defaults: { channel: C0123ACCESS, approvers: { groups: ["@dba"] } }
systems:
  cluster: { connector: demo, url: "\${DEMO_URL}", principal: email }
resources:
  orders-db:
    name: Orders database
    system: cluster
    entitlements:
      read: { name: Read, admins: [ada@acme.example], who: "true", target: { database: orders, role: read } }
      write: { name: Write, admins: [sam@acme.example], who: "true", target: { database: orders, role: readWrite } }
`)
  const here = new Map<string, One>([['sam@acme.example', { id: 'USAM', email: 'sam@acme.example' }]])
  const directory = aDirectory({
    info: async (user) => {
      const found = [...here.values()].find(({ id }) => id === user)
      if (!found) throw nobody('user_not_found')
      return found
    },
    lookup: async (email) => {
      const found = here.get(email)
      if (!found) throw nobody('users_not_found')
      return found
    },
  })
  const world = { catalog: () => catalog, directory: directoryFrom(directory) }
  const what = { resource: { id: 'orders-db' }, entitlement: { id: 'read' } }
  const sam = async () => {
    const facts = await directory.facts('USAM')
    if (facts === 'unknown') throw new Error('unknown')
    return isAdminOf(world, facts, what)
  }
  expect(await sam()).toBe(true)
  here.set('ada@acme.example', { id: 'UADA', email: 'ada@acme.example' })
  await directory.heardOf(said({ id: 'UADA', email: 'ada@acme.example' }))
  aheadMs += 61_000
  expect(await sam()).toBe(false)
})

test('what Slack said of somebody is not overwritten by a list that was begun before', async () => {
  let isDeleted = false
  let goOn = (): void => undefined
  const paused = new Promise<void>((resolve) => (goOn = resolve))
  let atTwo = (): void => undefined
  const secondPage = new Promise<void>((resolve) => (atTwo = resolve))
  const directory = aDirectory({
    info: async (user) => ({ id: user, email: 'sam@acme.example', deleted: isDeleted }),
    list: async (cursor) => {
      if (cursor === undefined) return { users: [{ id: 'USAM', email: 'sam@acme.example' }], next: 'two' }
      atTwo()
      await paused
      return { users: [{ id: 'UADA', email: 'ada@acme.example' }] }
    },
  })
  expect(isHere(await directory.facts('USAM'))).toBe(true)
  const everyone = directory.everyone()
  await secondPage
  isDeleted = true
  expect(await directory.heardOf(said({ id: 'USAM', email: 'sam@acme.example', deleted: true }))).toBe(true)
  expect(isHere(await directory.facts('USAM'))).toBe(false)
  goOn()
  const listed = await everyone
  expect(isHere(await directory.facts('USAM'))).toBe(false)
  expect(
    listed === 'unknown' ||
      listed.people.find(({ person }) => person.slack.userId === 'USAM')?.isHere !== true,
  ).toBe(true)
})

test('many who are asked about together are not answered by the first page of a list that took longer than a minute', async () => {
  const ids = Array.from({ length: 30 }, (_, i) => `U${i}`)
  const directory = aDirectory({
    info: async (user) => ({ id: user, deleted: user === 'U0' }),
    list: async (cursor) => {
      if (cursor === undefined) return { users: ids.slice(0, 15).map((id) => ({ id })), next: 'two' }
      aheadMs += 61_000
      return { users: ids.slice(15).map((id) => ({ id })) }
    },
  })
  const asked = ids.map((id) => directory.freshFacts(id))
  expect(isHere(await asked[0])).toBe(false)
  expect(isHere(await asked[29])).toBe(true)
})

test('nor by a reading of them that was begun before', async () => {
  let isDeleted = false
  let goOn = (): void => undefined
  const paused = new Promise<void>((resolve) => (goOn = resolve))
  let asked = 0
  const directory = aDirectory({
    info: async (user) => {
      const deleted = isDeleted
      asked += 1
      if (asked === 2) await paused
      return { id: user, email: 'sam@acme.example', deleted }
    },
  })
  await directory.facts('USAM')
  aheadMs += 61_000
  const slow = directory.facts('USAM')
  await new Promise((resolve) => setTimeout(resolve, 20))
  isDeleted = true
  await directory.heardOf(said({ id: 'USAM', email: 'sam@acme.example', deleted: true }))
  goOn()
  await slow
  expect(isHere(await directory.facts('USAM'))).toBe(false)
})

test('one group list that failed on the network is asked for again after a moment, not after half a minute', async () => {
  let fails = true
  const directory = aDirectory({
    info: async (user) => ({ id: user }),
    groups: async () => {
      if (fails) throw new Error('socket hang up')
      return [{ id: 'S1', handle: 'dba', users: ['USAM'] }]
    },
  })
  expect((await directory.groups(['@dba']))('@dba')).toBe('unknown')
  fails = false
  aheadMs += 5_000
  expect((await directory.groups(['@dba']))('@dba')).toEqual(new Set(['USAM']))
})

test('whose e-mail cannot be read now may be the approver that a list names by e-mail: unknown, not no', async () => {
  const directory = aDirectory({ info: async (user) => ({ id: user }) })
  const facts = await directory.facts('UKIM')
  if (facts === 'unknown') throw new Error('unknown')
  expect(facts.isEmailRead).toBe(false)
  const list = { people: ['kim@acme.example'], groups: [], manager: false, who: null }
  const verdict = isReviewer(facts, [list], {
    groups: () => new Set<string>(),
    managerOf: null,
    asking: { durationMs: 1, reason: '' },
    now: new Date(),
    entitlement: undefined as never,
  })
  expect(verdict.answer).toBe('unknown')
})

test('a record whose team_id is absent is not of another human', async () => {
  const people = memoryPeople()
  const client = {
    users: {
      info: async () => ({ user: { ...said({ id: 'USAM', email: 'sam@acme.example' }), team_id: null } }),
    },
    usergroups: { list: async () => ({ usergroups: [] }) },
  } as unknown as WebClient
  const directory = slackDirectory({ client, teamId: () => 'T1', people, log: quiet })
  const facts = await directory.facts('USAM')
  expect(facts === 'unknown' || !facts.isExternal).toBe(true)
})

test('a group whose record cannot be read is unknown, not unlisted, whatever of it is null', async () => {
  const client = {
    users: { info: async () => ({ user: said({ id: 'USAM' }) }) },
    usergroups: { list: async () => ({ usergroups: [{ id: null, handle: 'dba', users: ['USAM'] }] }) },
  } as unknown as WebClient
  const directory = slackDirectory({ client, teamId: () => 'T1', people: memoryPeople(), log: quiet })
  expect((await directory.groups(['@dba']))('@dba')).toBe('unknown')
})

test('a workspace of 20,000 people and 500 groups is read without blocking for seconds or filling the memory', async () => {
  const groups = Array.from({ length: 500 }, (_, i) => ({
    id: `S${i}`,
    handle: `group-${i}`,
    users: [`U${i}`],
  }))
  const directory = aDirectory({
    info: async (user) => ({ id: user }),
    list: async (cursor) => {
      const page = Number(cursor ?? 0)
      const users = Array.from({ length: 4_000 }, (_, i) => {
        const id = `U${page * 4_000 + i}`
        return { id, email: `${id}@acme.example` }
      })
      return { users, ...(page < 4 ? { next: String(page + 1) } : {}) }
    },
    groups: async () => groups,
  })
  await directory.everyone()
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  const before = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  const all = await directory.everyone()
  const tookMs = performance.now() - startedAt
  gc()
  const grewMb = (process.memoryUsage().heapUsed - before) / 1e6
  expect(all === 'unknown' ? 0 : all.people.length).toBe(20_000)
  expect({ isMuchMemory: grewMb > 100, isLong: tookMs > 500, grewMb, tookMs }).toMatchObject({
    isMuchMemory: false,
    isLong: false,
  })
}, 60_000)

test('a slow list of the groups that was asked for before they changed is not remembered after', async () => {
  const realNow = Date.now
  let aheadMs = 0
  Date.now = () => realNow() + aheadMs
  try {
    let users = ['UADA', 'USAM']
    let goOn = (): void => undefined
    const paused = new Promise<void>((resolve) => (goOn = resolve))
    const slow = { isNext: false }
    let asked = (): void => undefined
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const client = {
      usergroups: {
        list: async () => {
          const answer = { usergroups: [{ id: 'S1', handle: 'dba', users }] }
          if (slow.isNext) {
            slow.isNext = false
            asked()
            await paused
          }
          return answer
        },
      },
    } as unknown as WebClient
    const directory = slackDirectory({ client, teamId: () => 'T1', people: memoryPeople(), log: quiet })
    const dba = async () => (await directory.groups(['@dba']))('@dba')
    // Somebody edits groups all the time: what Slack allows at once is used up.
    for (let i = 0; i < 8; i++) {
      await directory.groupsChanged()
      await dba()
    }
    slow.isNext = true
    const late = directory.groupsChanged()
    await isAsked
    aheadMs += 4_000
    // Ada is taken out of the group, and Slack says so.
    users = ['USAM']
    await directory.groupsChanged()
    goOn()
    await late
    expect(await dba()).toEqual(new Set(['USAM']))
  } finally {
    Date.now = realNow
  }
}, 30_000)

test('for many at once one listing of the last 5 s answers, but for whoever Slack said something of since; for one, nothing of before', async () => {
  const ids = Array.from({ length: 25 }, (_, i) => `U${i}`)
  const left = new Set<string>()
  const one = (id: string): One => ({ id, deleted: left.has(id) })
  let lists = 0
  const infos: string[] = []
  const directory = aDirectory({
    info: async (id) => {
      infos.push(id)
      return one(id)
    },
    list: async () => {
      lists += 1
      return { users: ids.map(one) }
    },
  })
  const everybody = () => Promise.all(ids.map((id) => directory.freshFacts(id)))
  await everybody()
  await everybody()
  expect({ lists, infos }).toEqual({ lists: 1, infos: [] })

  for (const id of ['U1', 'U2']) left.add(id)
  await directory.heardOf(said(one('U1')))
  const found = await everybody()
  expect(isHere(found[1])).toBe(false)
  expect({ lists, infos }).toEqual({ lists: 1, infos: ['U1'] })
  expect(isHere(await directory.freshFacts('U2'))).toBe(false)

  aheadMs += 5_001
  left.add('U3')
  expect(isHere((await everybody())[3])).toBe(false)
  expect(lists).toBe(2)
})
