import { attributesOf } from '../../src/domain/policy.ts'
import { isReviewer } from '../../src/domain/approvers.ts'
import type { PersonFacts } from '../../src/domain/person.ts'
import { isAdminOf } from '../../src/operations/admins.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import { startScim, type TestScim } from '../support/scim-server.ts'
import { changed, GOOD, read, theEntitlement } from '../catalog/reading.ts'
import { aKnownCompany, asked } from './a-known-company.ts'

/** What rules answer of people whom directories wrote of a moment ago, by the real server. */

let scim: TestScim
beforeEach(async () => {
  scim = await startScim()
})
afterEach(() => scim.close())

const aCompany = (graceMs = 60_000) => aKnownCompany(scim.database.connection, { rules: { graceMs } })
const made = async (path: string, body: object, token?: string): Promise<string> => {
  const as: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { status, json } = await scim.ask('POST', path, body, as)
  expect(status).toBe(201)
  return json.id
}
const hired = (email: string | null) => made('/Users', { userName: email, active: true })
const leaves = (group: string, user: string) =>
  scim.ask('PATCH', `/Groups/${group}`, {
    Operations: [{ op: 'remove', path: `members[value eq "${user}"]` }],
  })
const says = (who: string, facts: PersonFacts, now = new Date()) => {
  const entitlement = theEntitlement(changed('\'"@engineering" in groups\'', JSON.stringify(who)))
  const asking = { durationMs: 60_000, reason: 'orders are stuck' }
  return entitlement.who.evaluate(attributesOf(facts, entitlement, asking, now))
}

// The deleted group of that name has it still, and nobody in it; the one made anew has it not, as another source had one.
test('a rule that shuts a group out stays shut to who is in the group of that name that was made anew', async () => {
  const { facts, riley } = await aCompany(0)
  const there = await hired(riley.email)
  const first = await made('/Groups', { displayName: 'contractors', members: [{ value: there }] })
  expect(says('!("contractors" in groups)', await facts(riley))).toBe('no')
  const token = await scim.newToken('agency')
  const theirs = await made('/Groups', { displayName: 'contractors' }, token)
  await scim.ask('DELETE', `/Groups/${theirs}`, undefined, { authorization: `Bearer ${token}` })
  await scim.ask('DELETE', `/Groups/${first}`)
  await made('/Groups', { displayName: 'contractors', members: [{ value: there }] })
  expect(says('!("contractors" in groups)', await facts(riley))).not.toBe('yes')
})

// Out of "trusted" for good, then a full sync empties "contractors": with neither and with both it opens, with one it does not.
test('a full sync opens no rule to whom it shut out before, whichever of its groups they left one after the other', async () => {
  const { facts, riley } = await aCompany()
  const rule = '!("contractors" in groups) || "trusted" in groups'
  const there = await hired(riley.email)
  const trusted = await made('/Groups', { displayName: 'trusted', members: [{ value: there }] })
  const contractors = await made('/Groups', { displayName: 'contractors', members: [{ value: there }] })
  await leaves(trusted, there)
  const { provisioned } = await facts(riley)
  expect(provisioned?.groups.has('contractors')).toBe(true)
  await leaves(contractors, there)
  expect(says(rule, await facts(riley))).not.toBe('yes')
})

// The old record is known to be somebody else's: what the other one says is about them.
test('whoever is deactivated is gone, though an older inactive record has their e-mail that an admin said is another’s', async () => {
  const { scim: given, facts, identities, riley, ada, sam } = await aCompany()
  await given.user('u1', { email: ada.email })
  await facts(ada)
  await given.user('u1', { email: riley.email })
  await facts(riley)
  const [question] = await identities.open()
  await identities.answer(question?.id ?? '', 'two', sam)
  await given.user('u1', { email: riley.email, isActive: false })
  await given.user('u2', { email: riley.email, isActive: false })
  expect((await facts(riley)).isHere).toBe(false)
})

// "Never deactivated", says the page about trials; Okta deactivates before it deletes, and a click on "activate" lies between.
test('whoever was deactivated, reactivated and deleted is gone, however new they were', async () => {
  const { facts, riley } = await aCompany()
  const there = await hired(riley.email)
  await facts(riley)
  const active = (value: boolean) =>
    scim.ask('PATCH', `/Users/${there}`, { Operations: [{ op: 'replace', path: 'active', value }] })
  await active(false)
  expect((await facts(riley)).isHere).toBe(false)
  await active(true)
  expect((await facts(riley)).isHere).toBe(true)
  await scim.ask('DELETE', `/Users/${there}`)
  expect((await facts(riley)).isHere).toBe(false)
})

// Matching somebody else forgets trials that have the address, an admin's word that it is they among them.
test('whoever an admin said to be the one who was deleted stays gone when their address is given to somebody new', async () => {
  const { scim: given, heardOf, facts, identities, people, slackHas, riley, ada, sam } = await aCompany()
  await given.user('u1', { email: riley.email })
  await facts(riley)
  await given.deleted('users', 'u1')
  await given.user('u2', { email: riley.email, createdAt: new Date(Date.now() - 300_000) })
  await heardOf(['u2'])
  await facts(riley)
  const [question] = await asked(identities)
  await identities.answer(question?.id ?? '', 'same', sam)
  await given.deleted('users', 'u2')
  expect((await facts(riley)).isHere).toBe(false)
  const renamed = { ...riley, email: 'riley.moss@acme.example' }
  await people.seen(riley.slack, { name: 'Riley', email: renamed.email })
  const mallory = await people.seen(
    { teamId: 'T1', userId: 'U0NEW' },
    { name: 'Mallory', email: riley.email },
  )
  slackHas([renamed, mallory, ada, sam])
  await given.user('u3', { email: riley.email })
  await facts(mallory)
  expect((await facts(renamed)).isHere).toBe(false)
})

// Who is gone is asked of all their records; this one only passes for a trial of the provider's.
test('nobody is called who left by a record that an admin said is theirs, however new that was', async () => {
  const { scim: given, facts, identities, directory, riley, sam } = await aCompany()
  await given.source('agency')
  await given.user('a1', { source: 'agency', email: riley.email })
  await given.group('g1', { source: 'agency', displayName: 'dba', users: ['a1'] })
  await given.user('u1', { email: riley.email })
  await given.user('u2', { email: riley.email, createdAt: new Date(Date.now() - 300_000) })
  await facts(riley)
  for (const { id, userId } of await asked(identities))
    await identities.answer(id, userId === 'u2' ? 'same' : 'two', sam)
  await given.deleted('users', 'u2')
  expect((await facts(riley)).isHere).toBe(false)
  const called = await directory().mentions({ people: [], groups: ['dba'] })
  expect(called.join()).not.toContain(riley.slack.userId)
})

// What is remembered of them is of before; their group is read now, with those who left it, whom only the facts tell apart.
test('whoever left the approvers’ group approves nothing from then on, by another replica neither', async () => {
  const { facts, directory, riley } = await aCompany()
  const there = await hired(riley.email)
  const dba = await made('/Groups', { displayName: 'dba', members: [{ value: there }] })
  await facts(riley)
  await leaves(dba, there)
  const entitlement = theEntitlement(
    changed('approvers: { people: [ada@acme.example, sam@acme.example] }', 'approvers: { groups: [dba] }'),
  )
  const by = await directory().facts(riley.slack.userId)
  const listing = {
    entitlement,
    asking: { durationMs: 60_000, reason: 'orders are stuck' },
    managerOf: null,
    groups: await directory().groups(['dba']),
    now: new Date(),
  }
  const [stage] = entitlement.review.stages
  expect(by === 'unknown' ? by : isReviewer(by, [stage.approvers], listing).answer).not.toBe('yes')
})

// Their address was an admin's; until an admin says that it is theirs they hold nothing new and approve nothing.
test('whoever has an address that was an admin’s looks after nothing by it while it is asked who they are', async () => {
  const { scim: given, facts, directory, people, slackHas, identities, riley, ada, sam } = await aCompany()
  await given.user('u1', { email: ada.email })
  await facts(ada)
  await given.user('u1', { email: 'ada.moss@acme.example' })
  await people.seen(ada.slack, { name: 'Ada', email: 'ada.moss@acme.example' })
  const mallory = await people.seen({ teamId: 'T1', userId: 'U0NEW' }, { name: 'Mallory', email: ada.email })
  slackHas([riley, { ...ada, email: 'ada.moss@acme.example' }, mallory, sam])
  await given.user('u2', { email: ada.email })
  const seen = await facts(mallory)
  expect(await identities.open()).toMatchObject([{ why: 'used-email' }])
  const catalog = read(GOOD)
  const what = { resource: { id: 'orders-db' }, entitlement: { id: 'read' } }
  const world = { catalog: () => catalog, directory: directoryFrom(directory()) }
  expect(await isAdminOf(world, seen, what)).toBe(false)
})
