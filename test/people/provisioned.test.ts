import type { PeopleRules } from '../../src/domain/catalog.ts'
import { isSameHuman, type Known, type PersonFacts } from '../../src/domain/person.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoIdentities } from '../../src/mongo/identities.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { mongoProvisioning } from '../../src/mongo/provisioning.ts'
import { provisionedPeople } from '../../src/people/provisioned-people.ts'
import { riley } from '../support/builders.ts'
import { aKnownCompany, asked } from './a-known-company.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { memoryDirectory } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { provisionedIn } from '../support/provisioned.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

const rules: PeopleRules = { isScimRequired: false, graceMs: 60_000, channel: null, admins: [] }

/** Slack with these people, and what SCIM wrote of them. */
async function aCompany(about: Parameters<typeof aKnownCompany>[1] = {}) {
  const { directory, ...company } = await aKnownCompany(database.connection, about)
  return { ...company, directory: directory() }
}

const sure = (facts: Known<PersonFacts>): PersonFacts => {
  if (facts === 'unknown') throw new Error('nobody can say')
  return facts
}

test('somebody whom Slack and SCIM know by one verified e-mail is one person, in the groups of both', async () => {
  const { scim, facts, riley } = await aCompany({ groups: (one) => ({ '@dba': [one] }) })
  await scim.user('u1', { email: riley.email })
  await scim.group('g1', { displayName: 'engineering', users: ['u1'] })
  const found = await facts(riley)
  expect(found.isHere).toBe(true)
  expect(found.groups).toEqual(new Set(['@dba']))
  expect(found.provisioned?.groups).toEqual(new Set(['engineering', 'okta/engineering']))
  expect(found.provisioned?.users.map(({ id }) => id)).toEqual(['u1'])
})

test('once matched they stay matched, whatever becomes of the e-mails', async () => {
  const { scim, facts, riley, ada } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: 'riley.moss@acme.example' })
  const found = await facts(riley)
  expect(found.provisioned?.users.map(({ id }) => id)).toEqual(['u1'])
  expect(found.provisioned?.isInQuestion).toBe(false)
  expect((await facts(ada)).provisioned?.users).toEqual([])
})

test('whoever is deactivated there has left, at once and though Slack does not answer', async () => {
  const { scim, facts, silent, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  silent.add(riley.slack.userId)
  const at = new Date()
  await scim.user('u1', { email: riley.email, isActive: false, inactiveSince: at })
  const found = await facts(riley)
  expect(found).toMatchObject({ isHere: false, left: { source: 'okta', at } })
})

test('one source that says they left is enough, though another has them as active', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.source('agency')
  await scim.user('u1', { email: riley.email })
  await scim.user('a1', { source: 'agency', email: riley.email })
  expect(await facts(riley)).toMatchObject({ isHere: true })
  await scim.user('a1', { source: 'agency', email: riley.email, isActive: false })
  expect(await facts(riley)).toMatchObject({ isHere: false, left: { source: 'agency' } })
})

test('an e-mail that is rewritten to somebody else’s asks, and neither gets anything new until then', async () => {
  const { scim, facts, identities, riley, ada } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: ada.email })
  expect((await facts(ada)).provisioned).toMatchObject({ users: [], isInQuestion: true })
  expect((await facts(riley)).provisioned).toMatchObject({ isInQuestion: true })
  const [question] = await identities.open()
  expect(question).toMatchObject({
    why: 'of-another-person',
    slackUserId: ada.slack.userId,
    until: [riley.slack.userId],
    email: ada.email,
  })
})

test('whoever another version asks about is in question, for a reason too that only that one knows; all others are answered for', async () => {
  const { scim, facts, riley, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await database.connection.collection('identity_questions').insertOne({
    _id: `u1:${riley.id}` as never,
    source: 'okta',
    user: 'u1',
    person: riley.id,
    why: 'same-telephone',
    answer: null,
    askedAt: new Date(),
  })
  expect((await facts(riley)).provisioned).toMatchObject({ isInQuestion: true })
  expect((await facts(sam)).provisioned).toMatchObject({ isInQuestion: false })
})

test('they are two: the User stays whose it was, and nobody is asked again', async () => {
  const { scim, facts, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: ada.email })
  await facts(ada)
  const [question] = await identities.open()
  expect(await identities.answer(question?.id ?? '', 'two', sam)).not.toBeNull()
  expect(await identities.answer(question?.id ?? '', 'same', sam)).toBeNull()
  expect((await facts(ada)).provisioned).toMatchObject({ users: [], isInQuestion: false })
  expect((await facts(riley)).provisioned).toMatchObject({ isInQuestion: false, users: [{ id: 'u1' }] })
  expect(await identities.open()).toEqual([])
})

test('it is the same person: both accounts leave with the one User, and are one human who fills one seat', async () => {
  const { scim, facts, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: ada.email })
  await facts(ada)
  const [question] = await identities.open()
  await identities.answer(question?.id ?? '', 'same', sam)
  const [one, other] = [await facts(riley), await facts(ada)]
  expect(other.provisioned?.users.map(({ id }) => id)).toEqual(['u1'])
  expect(isSameHuman(one.person, ada)).toBe(true)
  expect(isSameHuman(riley, other.person)).toBe(true)
  await scim.user('u1', { email: ada.email, isActive: false })
  expect([(await facts(riley)).isHere, (await facts(ada)).isHere]).toEqual([false, false])
})

test('somebody who was deleted and made anew inherits nothing until an admin says that it is they', async () => {
  const { scim, heardOf, facts, identities, riley, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.deleted('users', 'u1')
  await scim.user('u2', { email: riley.email, userName: 'riley2' })
  await heardOf(['u2'])
  expect(await facts(riley)).toMatchObject({ isHere: false })
  const [question] = await asked(identities)
  expect(question).toMatchObject({ why: 'another-user', instead: ['u1'], userName: 'riley2' })
  await identities.answer(question?.id ?? '', 'same', sam)
  const found = await facts(riley)
  expect(found.isHere).toBe(true)
  expect(found.provisioned?.users.map(({ id }) => id)).toEqual(['u2'])
})

test('an e-mail that was somebody else’s before is no proof', async () => {
  const { scim, facts, directory, identities, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  // Both let go of it: another User, and another Slack account, have the address now.
  const { connection } = database
  await scim.user('u1', { email: 'riley.moss@acme.example' })
  const people = mongoPeople(connection)
  await people.seen(riley.slack, { name: 'Riley', email: 'riley.moss@acme.example' })
  const mallory = await people.seen(
    { teamId: 'T1', userId: 'U0NEW' },
    { name: 'Mallory', email: riley.email },
  )
  const slack = memoryDirectory({ people: [mallory], groups: {}, channels: {} })
  const joined = provisionedPeople({
    provisioning: mongoProvisioning(connection),
    identities,
    people,
    rules: () => rules,
    now: () => new Date(),
    log: noLog,
  }).join(slack)
  await scim.user('u2', { email: riley.email })
  expect(sure(await joined.freshFacts('U0NEW')).provisioned).toMatchObject({ users: [], isInQuestion: true })
  expect(await identities.open()).toMatchObject([{ why: 'used-email', slackUserId: 'U0NEW' }])
  expect(directory).toBeDefined()
})

test('of many who look at the same moment one matches, and nobody is asked for nothing', async () => {
  const { scim, facts, directory, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: ada.email })
  await scim.user('u3', { email: sam.email })
  await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? directory.everyone() : facts(riley))))
  expect(await identities.open()).toEqual([])
  const everyone = await directory.everyone()
  const users = everyone === 'unknown' ? [] : everyone.people.map(({ provisioned }) => provisioned?.users)
  expect(users.map((some) => some?.map(({ id }) => id))).toEqual([['u1'], ['u2'], ['u3']])
})

test('a group that they left a moment ago is neither theirs nor lost; after the grace it is lost', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.group('g1', { displayName: 'engineering', users: ['u1'] })
  await scim.leaves('u1', 'g1', new Date(Date.now() - 30_000))
  expect((await facts(riley)).provisioned).toMatchObject({
    groups: new Set(),
    leftLately: new Set(['engineering', 'okta/engineering']),
  })
  await scim.leaves('u1', 'g1', new Date(Date.now() - 61_000))
  expect((await facts(riley)).provisioned).toMatchObject({ groups: new Set(), leftLately: new Set() })
})

test('with people: { scim: required }, whoever no source knows as active is a stranger', async () => {
  const { scim, facts, riley, ada } = await aCompany({ rules: { isScimRequired: true } })
  await scim.user('u1', { email: riley.email })
  expect((await facts(riley)).provisioned).toMatchObject({ isStranger: false })
  expect((await facts(ada)).provisioned).toMatchObject({ isStranger: true })
})

test('their manager there is whom Slack knows as that one', async () => {
  const { scim, facts, riley, ada } = await aCompany()
  await scim.user('u2', { email: ada.email })
  await facts(ada)
  await scim.user('u1', { email: riley.email, manager: 'u2' })
  expect((await facts(riley)).provisioned?.managerUserId).toBe(ada.slack.userId)
})

test('members of a group are those who are active there, by their Slack ids; a group that nobody has is unlisted', async () => {
  const { scim, directory, facts, riley, ada } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: ada.email, isActive: false })
  await Promise.all([facts(riley), facts(ada)])
  await scim.group('g1', { displayName: 'netops', users: ['u1', 'u2', 'nobody'] })
  const members = await directory.groups(['netops', 'okta/netops', 'gone', '@dba'])
  expect(members('netops')).toEqual(new Set([riley.slack.userId]))
  expect(members('okta/netops')).toEqual(new Set([riley.slack.userId]))
  expect(members('gone')).toBe('unlisted')
  expect(members('@dba')).toBe('unlisted')
})

test('a group that was deleted has nobody in it, and is known all the same', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.group('g1', { displayName: 'netops', users: [] })
  await scim.deleted('groups', 'g1')
  const found = await facts(riley)
  expect(found.provisioned?.listed.has('netops')).toBe(true)
})

test.each([
  [false, 'nobody is asked anything but Slack', undefined],
  [true, 'and one is required, everybody is a stranger', { isStranger: true }],
])('before any source was connected (required: %s) %s', async (isScimRequired, _, provisioned) => {
  const { connection } = database
  const people = mongoPeople(connection)
  const seen = await people.seen(riley.slack, { name: 'Riley', email: riley.email })
  const joined = provisionedPeople({
    provisioning: mongoProvisioning(connection),
    identities: mongoIdentities(connection),
    people,
    rules: () => ({ ...rules, isScimRequired }),
    now: () => new Date(),
    log: noLog,
  }).join(memoryDirectory({ people: [seen], groups: {}, channels: {} }))
  const facts = sure(await joined.facts(riley.slack.userId))
  if (provisioned === undefined) expect(facts).not.toHaveProperty('provisioned')
  else expect(facts).toMatchObject({ provisioned })
})

test('an old account that is inactive there is nobody where an active one has the same e-mail', async () => {
  const { scim, facts, identities, riley } = await aCompany()
  await scim.user('old', { email: riley.email, isActive: false })
  await scim.user('u1', { email: riley.email })
  expect(await facts(riley)).toMatchObject({ isHere: true, provisioned: { users: [{ id: 'u1' }] } })
  expect(await identities.open()).toEqual([])
})

test('two who have one e-mail there are asked about', async () => {
  const { scim, facts, identities, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: riley.email })
  expect((await facts(riley)).provisioned).toMatchObject({ users: [], isInQuestion: true })
  expect(await identities.open()).toHaveLength(2)
})

test('an e-mail that they had when they were seen last, and have no more, matches nobody', async () => {
  const { connection } = database
  const people = mongoPeople(connection)
  const before = await people.seen(riley.slack, { name: 'Riley', email: riley.email })
  const scim = provisionedIn(connection)
  await scim.source('okta')
  await scim.user('u1', { email: riley.email })
  const now = { ...before, email: 'riley.moss@acme.example' }
  const company = provisionedPeople({
    provisioning: mongoProvisioning(connection),
    identities: mongoIdentities(connection),
    people,
    rules: () => rules,
    now: () => new Date(),
    log: noLog,
  })
  const joined = company.join(memoryDirectory({ people: [now], groups: {}, channels: {} }))
  expect(await company.heardOf(['u1'])).toMatchObject([
    { person: { id: before.id }, hasLeft: false, isNew: true },
  ])
  expect(sure(await joined.facts(riley.slack.userId)).provisioned?.users).toEqual([])
})

test('whom a provider makes and deletes within minutes, to try us, nobody is, and nobody left by it', async () => {
  const { scim, facts, identities, riley } = await aCompany()
  await scim.user('trial', { email: riley.email, createdAt: new Date() })
  await facts(riley)
  await scim.deleted('users', 'trial')
  expect(await facts(riley)).toMatchObject({ isHere: true, provisioned: { users: [] } })
  await scim.user('u1', { email: riley.email })
  expect(await facts(riley)).toMatchObject({ isHere: true, provisioned: { users: [{ id: 'u1' }] } })
  expect(await identities.open()).toEqual([])
})
