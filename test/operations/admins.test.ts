import { adminIds, adminsOf, entitlementsOf, isAdminOf, lookedAfterBy } from '../../src/operations/admins.ts'
import type { Known, PersonFacts } from '../../src/domain/person.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { read } from '../catalog/reading.ts'
import { aPerson } from '../support/builders.ts'

const catalogText = `version: 1
defaults:
  channel: C0123ACCESS
  approvers: { groups: ["@dba"] }
systems:
  cluster: { connector: demo, url: "\${DEMO_URL}", principal: email }
resources:
  orders-db:
    name: Orders database
    system: cluster
    entitlements:
      read:
        { name: Read, admins: [ada@acme.example], who: "true", target: { database: orders, role: read } }
      write:
        { name: Write, admins: [sam@acme.example], who: "true", target: { database: orders, role: readWrite } }
  reports-db:
    name: Sales reports
    system: cluster
    entitlements:
      read:
        { name: Read, admins: [kim@acme.example], who: "true", target: { database: reports, role: read } }
`

const people = new Map(['Ada', 'Sam', 'Kim', 'Riley'].map((name) => [name, aPerson(name)]))

/** The catalog above, in a workspace that these have left, and where Slack does not say who these are. */
function aWorld({ left = [] as string[], unread = [] as string[] } = {}) {
  const catalog = read(catalogText)
  const all = [...people.values()]
  const factsOf = (name: string): PersonFacts => ({
    person: people.get(name) ?? aPerson(name),
    isHere: !left.includes(name),
    isGuest: false,
    isExternal: false,
    isEmailRead: true,
    zone: 'UTC',
    groups: new Set(),
  })
  const facts = async (userId: string): Promise<Known<PersonFacts>> => {
    const name = all.find(({ slack }) => slack.userId === userId)?.name ?? ''
    return unread.includes(name) ? 'unknown' : factsOf(name)
  }
  const directory = directoryFrom({
    facts,
    freshFacts: facts,
    everyone: async () => ({ people: all.map(({ name }) => factsOf(name)), isSomebodyUnread: false }),
    idsOf: async (listed: readonly string[]) =>
      listed.flatMap((one) => all.find(({ email }) => email === one)?.slack.userId ?? []),
    groups: async () => () => new Set<string>(),
    freshGroups: () => Promise.resolve(true),
    groupsCalled: () => Promise.resolve([]),
  })
  return { world: { catalog: () => catalog, directory }, factsOf }
}

const of = (resource: string, entitlement: string) => ({
  resource: { id: resource },
  entitlement: { id: entitlement },
})

test('what the catalog names is looked after by its own admins, and by nobody else', async () => {
  const { world, factsOf } = aWorld()
  expect(await adminsOf(world, of('orders-db', 'read'))).toEqual(['ada@acme.example'])
  expect(await adminIds(world, of('orders-db', 'read'))).toEqual({ userIds: ['UADA'], isWhole: true })
  expect(await isAdminOf(world, factsOf('Ada'), of('orders-db', 'read'))).toBe(true)
  expect(await isAdminOf(world, factsOf('Sam'), of('orders-db', 'read'))).toBe(false)
})

test("what left the catalog is looked after by the admins of the resource's others, and with the resource by every admin", async () => {
  const { world, factsOf } = aWorld()
  const removed = of('orders-db', 'peek')
  expect(await adminsOf(world, removed)).toEqual(['ada@acme.example', 'sam@acme.example'])
  expect(await isAdminOf(world, factsOf('Kim'), removed)).toBe(false)
  const gone = of('old-db', 'read')
  expect(await adminsOf(world, gone)).toEqual(['ada@acme.example', 'sam@acme.example', 'kim@acme.example'])
  expect(await lookedAfterBy(world, factsOf('Kim'), [removed, gone, of('reports-db', 'read')])).toEqual([
    gone,
    of('reports-db', 'read'),
  ])
})

test('when all its admins have left, the next ones can look after it, and nobody once no admin is here', async () => {
  const { world, factsOf } = aWorld({ left: ['Ada'] })
  const read = of('orders-db', 'read')
  expect(await isAdminOf(world, factsOf('Sam'), read)).toBe(true)
  expect(await isAdminOf(world, factsOf('Kim'), read)).toBe(false)
  expect(await isAdminOf(world, factsOf('Ada'), read)).toBe(false)
  expect(await adminIds(world, read)).toEqual({ userIds: ['USAM'], isWhole: true })
  // In the message of the day too.
  expect((await entitlementsOf(world, factsOf('Sam'))).map(({ id }) => id)).toEqual(['read', 'write'])
  expect(await entitlementsOf(world, factsOf('Ada'))).toEqual([])
  const deserted = aWorld({ left: ['Ada', 'Sam', 'Kim'] })
  expect(await adminsOf(deserted.world, read)).toEqual([])
})

test('an admin who cannot be looked up has not left: nobody stands in', async () => {
  const { world, factsOf } = aWorld({ unread: ['Ada'] })
  expect(await isAdminOf(world, factsOf('Sam'), of('orders-db', 'read'))).toBe(false)
  expect(await adminsOf(world, of('orders-db', 'read'))).toEqual(['ada@acme.example'])
})

// A digest of fifty thousand asked for each of them once more whether its admin is still here.
test('of many things with the same admins it is found out once whether they are here', async () => {
  const { world, factsOf } = aWorld()
  const asked: string[] = []
  const named = async (name: string) => {
    asked.push(name)
    return world.directory.named(name)
  }
  const looked = { ...world, directory: { ...world.directory, named } }
  const many = ['peek', 'poke', 'watch', 'dump'].map((removed) => of('orders-db', removed))
  expect(await lookedAfterBy(looked, factsOf('Kim'), many)).toEqual([])
  expect(await lookedAfterBy(looked, factsOf('Sam'), many)).toEqual(many)
  expect(asked).toEqual(['ada@acme.example', 'ada@acme.example'])
})
