import type { Grant } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoGrantUsage } from '../../src/mongo/grant-usage.ts'
import { mongoIdentities } from '../../src/mongo/identities.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { mongoProvisioning } from '../../src/mongo/provisioning.ts'
import { mongoProvisioningRecords } from '../../src/mongo/provisioning-records.ts'
import { unusedSince, type GroupUse, type Unused } from '../../src/operations/unused.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { provisionedPeople } from '../../src/people/provisioned-people.ts'
import { read } from '../catalog/reading.ts'
import { ada, anActiveGrant, kim, riley, sam } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { anEndedGrant, aFailedGrant } from '../support/lives.ts'
import { memoryDirectory } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { provisionedIn } from '../support/provisioned.ts'

const catalogText = `version: 1
defaults:
  channel: C0123ACCESS
  admins: [ada@acme.example]
  approvers: { groups: ["@dba"] }
systems:
  cluster: { connector: demo, url: "\${DEMO_URL}", principal: email }
resources:
  orders-db:
    name: Orders database
    system: cluster
    entitlements:
      read: { name: Read, who: '"@dba" in groups', target: { database: orders, role: read } }
      write: { name: Write, who: '"okta/writers" in groups', target: { database: orders, role: readWrite } }
  reports-db:
    name: Sales reports
    system: cluster
    entitlements:
      read: { name: Read, who: '"engineering" in groups', mode: standing, target: { database: reports, role: read } }
      write: { name: Write, who: '"engineering" in groups || "@dba" in groups', target: { database: reports, role: readWrite } }
`

const DAY_MS = 86_400_000
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS)

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

/** Ada and Sam are @dba in Slack; SCIM and the past are as the test says. */
async function aCompany() {
  const { connection } = database
  const catalog = read(catalogText)
  const people = mongoPeople(connection)
  const seen = await Promise.all(
    [riley, ada, sam, kim].map((person) =>
      people.seen(person.slack, { name: person.name, email: person.email }),
    ),
  )
  const [theRiley = riley, theAda = ada, theSam = sam, theKim = kim] = seen
  const clock = mongoClock(connection)
  await clock.sample()
  const provisioning = mongoProvisioning(connection)
  const source = provisionedPeople({
    provisioning,
    identities: mongoIdentities(connection),
    people,
    rules: () => catalog.people,
    now: () => clock.now(),
    log: noLog,
  }).join(memoryDirectory({ people: seen, groups: { '@dba': [theAda, theSam] }, channels: {} }))
  const scim = provisionedIn(connection)
  await scim.source('okta')
  for (const { name, email } of [theRiley, theKim]) await scim.user(name.toLowerCase(), { email })
  const grants = mongoGrants(connection, clock, noLog)
  const world = {
    catalog: () => catalog,
    clock,
    directory: directoryFrom(source),
    usage: mongoGrantUsage(connection, noLog),
    provisioning: {
      ...mongoProvisioningRecords(connection),
      groups: () => provisioning.groups(),
    },
  }
  let made = 0
  return {
    scim,
    riley: theRiley,
    ada: theAda,
    sam: theSam,
    kim: theKim,
    /** Writes what this person asked for or held of it, as if it had been then. */
    had: async (subject: PersonRef, resource: string, entitlement: string, grant: Grant) => {
      made += 1
      const id = `g${made}`
      const of = {
        resource: { id: resource, name: resource },
        entitlement: { id: entitlement, name: entitlement },
      }
      await grants.insert({ ...grant, ...of, id, requestId: id, subject, requester: subject })
    },
    unused: async (days: number): Promise<Unused> => {
      const found = await unusedSince(world, daysAgo(days))
      if (found === 'unknown') throw new Error('nobody can say')
      return found
    },
  }
}

const ended = (daysBefore: number): Grant => ({
  ...anEndedGrant(),
  requestedAt: daysAgo(daysBefore + 1),
  endedAt: daysAgo(daysBefore),
})

const keysOf = ({ entitlements }: Unused): string[] =>
  entitlements.map(({ entitlement }) => `${entitlement.resource.id} ${entitlement.id}`)

function groupOf({ groups }: Unused, name: string): GroupUse {
  const found = groups.find((one) => one.name === name)
  if (!found) throw new Error(`no rule names ${name}`)
  return found
}

const namesOf = (people: readonly { name: string }[]): string[] => people.map(({ name }) => name).sort()

test('an entitlement is unused when nobody held it in that time; asking, and failing to be given it, is no use', async () => {
  const { had, ada: theAda, sam: theSam, unused } = await aCompany()
  await had(theAda, 'orders-db', 'read', ended(20))
  await had(theSam, 'orders-db', 'write', { ...aFailedGrant(), requestedAt: daysAgo(3), endedAt: daysAgo(3) })

  const lately = await unused(30)
  expect(keysOf(lately)).toEqual(['orders-db write', 'reports-db read', 'reports-db write'])
  expect(lately.recordedSince?.getTime()).toBeGreaterThan(lately.since.getTime())
  const [write] = lately.entitlements
  expect(write).toMatchObject({ lastHeldAt: null })
  expect(write?.firstAskedAt).toBeInstanceOf(Date)

  const week = await unused(10)
  expect(keysOf(week)).toContain('orders-db read')
  expect(week.entitlements[0]?.lastHeldAt?.getTime()).toBeCloseTo(daysAgo(20).getTime(), -5)
  expect(week.recordedSince?.getTime()).toBeLessThan(week.since.getTime())
})

test('a member of a Slack group who held nothing of what it opens is named, one who holds something now is not', async () => {
  const { had, ada: theAda, unused } = await aCompany()
  await had(theAda, 'orders-db', 'read', { ...anActiveGrant(), requestedAt: daysAgo(100) })

  const dba = groupOf(await unused(90), '@dba')
  expect(dba).toMatchObject({ members: 2, used: 1, byRule: [], opensNothing: [], unknown: [] })
  expect(dba.unused).toMatchObject([{ person: { name: 'Sam' }, joinedAt: null }])
})

test('what is held by rule is not called unused, and not called used', async () => {
  const { had, scim, riley: theRiley, unused } = await aCompany()
  await scim.group('eng', { displayName: 'engineering', users: ['riley', 'kim'] })
  await had(theRiley, 'reports-db', 'read', {
    ...anActiveGrant(),
    isStanding: true,
    requestedAt: daysAgo(100),
  })

  const found = await unused(90)
  expect(
    found.entitlements.find(({ entitlement }) => entitlement.resource.id === 'reports-db'),
  ).toMatchObject({
    byRule: 1,
  })
  const engineering = groupOf(found, 'engineering')
  expect(engineering.used).toBe(0)
  expect(namesOf(engineering.byRule)).toEqual(['Riley'])
  expect(namesOf(engineering.unused.map(({ person }) => person))).toEqual(['Kim'])
})

test('a membership counts for what it alone opens: by either of its names, since when, and nothing where another group does', async () => {
  const { had, scim, ada: theAda, unused } = await aCompany()
  await scim.user('ada', { email: theAda.email })
  await scim.group('w', { displayName: 'writers', users: ['kim', 'ada'] })
  await scim.group('eng', { displayName: 'engineering', users: ['ada'] })
  const joinedAt = daysAgo(5)
  await database.connection
    .collection('scim_members')
    .updateOne({ user: 'kim' }, { $set: { addedAt: joinedAt } })
  // Ada may have it as @dba too.
  await had(theAda, 'reports-db', 'write', ended(5))
  await had(theAda, 'orders-db', 'write', ended(5))

  const found = await unused(90)
  expect(groupOf(found, 'okta/writers')).toMatchObject({
    members: 2,
    used: 1,
    unused: [{ person: { name: 'Kim' }, joinedAt }],
  })
  expect(groupOf(await unused(3), 'okta/writers').unused.map((one) => one.joinedAt)).toEqual([null, null])
  // Of reports-db write she would lose nothing without it; the rest is standing, and not held.
  expect(groupOf(found, 'engineering')).toMatchObject({
    used: 0,
    byRule: [],
    unused: [{ person: { name: 'Ada' } }],
  })
  const dba = groupOf(found, '@dba')
  expect(namesOf(dba.unused.map(({ person }) => person))).toEqual(['Ada', 'Sam'])
})

test('a group that is not there is not taken for empty', async () => {
  const { unused } = await aCompany()
  expect(groupOf(await unused(90), 'engineering').members).toBe('unlisted')
})
