import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKnownCompany, asked } from './a-known-company.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

const aCompany = () => aKnownCompany(database.connection)

// Whoever is new and was deactivated is gone; deleting the User too must not bring them back.
test('whoever was deactivated stays gone when the directory deletes them too, however new they were', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.user('u1', { email: riley.email, createdAt: new Date(Date.now() - 300_000) })
  await facts(riley)
  await scim.user('u1', { email: riley.email, createdAt: new Date(Date.now() - 300_000), isActive: false })
  expect((await facts(riley)).isHere).toBe(false)
  await scim.deleted('users', 'u1')
  expect((await facts(riley)).isHere).toBe(false)
})

// An admin said that it is they: what follows is no trial of a provider.
test('whoever an admin said to be the one made anew is gone when that one is deleted, however soon', async () => {
  const { scim, heardOf, facts, identities, riley, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.deleted('users', 'u1')
  await scim.user('u2', { email: riley.email, createdAt: new Date(Date.now() - 300_000) })
  await heardOf(['u2'])
  await facts(riley)
  const [question] = await asked(identities)
  await identities.answer(question?.id ?? '', 'same', sam)
  expect((await facts(riley)).isHere).toBe(true)
  await scim.deleted('users', 'u2')
  expect((await facts(riley)).isHere).toBe(false)
})

// A name that reads like another connected source's is never had plainly, whether that one has groups yet or not.
test('no source has a group that passes for one of another source, though that one has pushed no group yet', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.source('agency')
  await scim.user('a1', { source: 'agency', email: riley.email })
  await scim.group('g1', { source: 'agency', displayName: 'okta/dba', users: ['a1'] })
  expect([...((await facts(riley)).provisioned?.groups ?? [])]).toEqual(['agency/okta/dba'])
})

// A rename says whom it concerned, and they are looked at 300 ms later: by the names of up to 2 s before.
test('whoever is in a group that was just renamed is in it by its new name at once, and not by the old one', async () => {
  const { scim, heardOf, facts, riley } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.group('g1', { displayName: 'eng', users: ['u1'] })
  await facts(riley)
  await scim.group('g1', { displayName: 'engineering', users: ['u1'] })
  await heardOf(['u1'])
  expect((await facts(riley)).provisioned?.groups).toEqual(new Set(['engineering', 'okta/engineering']))
})

// They had it by a later rename, so it was never written down as theirs.
test('an e-mail that was somebody else’s before is no proof, though they were matched by an earlier one', async () => {
  const { scim, facts, slackHas, people, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  const renamed = { ...riley, email: 'riley.moss@acme.example' }
  await scim.user('u1', { email: renamed.email })
  await people.seen(riley.slack, { name: 'Riley', email: renamed.email })
  slackHas([renamed, ada, sam])
  expect((await facts(renamed)).provisioned?.users).toMatchObject([{ id: 'u1' }])
  // Riley left; the address is given to somebody new, here and there.
  await scim.user('u1', { email: renamed.email, isActive: false })
  await facts(riley)
  const mallory = await people.seen(
    { teamId: 'T1', userId: 'U0NEW' },
    { name: 'Mallory', email: renamed.email },
  )
  slackHas([mallory, ada, sam])
  await scim.user('u2', { email: renamed.email })
  expect((await facts(mallory)).provisioned).toMatchObject({ users: [], isInQuestion: true })
  expect(await identities.open()).toMatchObject([{ why: 'used-email' }])
})

// An admin matched them, so the address is not kept with the match.
test('an e-mail that was somebody else’s before is no proof, though it was an admin who matched them', async () => {
  const { scim, facts, slackHas, people, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: riley.email })
  await facts(riley)
  for (const { id, userId } of await identities.open())
    await identities.answer(id, userId === 'u1' ? 'same' : 'two', sam)
  expect((await facts(riley)).provisioned?.users).toMatchObject([{ id: 'u1' }])
  await scim.user('u1', { email: 'riley.moss@acme.example' })
  await scim.deleted('users', 'u2')
  await people.seen(riley.slack, { name: 'Riley', email: 'riley.moss@acme.example' })
  const mallory = await people.seen(
    { teamId: 'T1', userId: 'U0NEW' },
    { name: 'Mallory', email: riley.email },
  )
  slackHas([{ ...riley, email: 'riley.moss@acme.example' }, mallory, ada, sam])
  await scim.user('u3', { email: riley.email })
  expect((await facts(mallory)).provisioned).toMatchObject({ users: [], isInQuestion: true })
})

// Answers are kept by pair: the second return of one User finds the old answer and asks nobody.
test('whoever changes back to an earlier record is asked about again, and not left out for ever', async () => {
  const { scim, heardOf, facts, identities, riley, sam } = await aCompany()
  const goes = async (gone: string, back: string): Promise<void> => {
    await scim.user(gone, { email: riley.email, isActive: false })
    await scim.user(back, { email: riley.email })
    await heardOf([gone, back])
    await facts(riley)
    const [question] = await asked(identities)
    await identities.answer(question?.id ?? '', 'same', sam)
    expect((await facts(riley)).isHere).toBe(true)
  }
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await goes('u1', 'u2')
  await goes('u2', 'u1')
  await goes('u1', 'u2')
}, 20_000)

// One answer is told that it was settled already: what it did must not stand.
test('of two admins who answer at the same moment, what the one said who was first is what counts', async () => {
  const { scim, facts, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: ada.email })
  await facts(ada)
  const [question] = await identities.open()
  const id = question?.id ?? ''
  await Promise.all([identities.answer(id, 'same', sam), identities.answer(id, 'two', sam)])
  const said = await identities.said(id)
  const users = (await facts(ada)).provisioned?.users.map((one) => one.id)
  expect(users).toEqual(said?.answer === 'same' ? ['u1'] : [])
})

// The card said "is now Ada"; by the time of the click the directory says that it is somebody else's address.
test('an answer to a question that the directory has taken back makes nobody somebody else', async () => {
  const { scim, facts, identities, riley, ada, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  await scim.user('u1', { email: ada.email })
  await facts(ada)
  const [question] = await identities.open()
  await scim.user('u1', { email: riley.email })
  await identities.answer(question?.id ?? '', 'same', sam)
  expect((await facts(ada)).provisioned?.users).toEqual([])
})

// Two records, two admins, two clicks: one is right, none is a fault of ours.
test('two answers about one person at the same moment are both taken, and one record is theirs', async () => {
  const { scim, facts, identities, riley, sam } = await aCompany()
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: riley.email })
  await facts(riley)
  const open = await identities.open()
  const said = await Promise.allSettled(open.map(({ id }) => identities.answer(id, 'same', sam)))
  expect(said.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await facts(riley)).provisioned?.users).toHaveLength(1)
})

// Whoever left by one source's word is not written to, though another has them in its group still.
test('nobody who left is called by the groups they are still in elsewhere', async () => {
  const { scim, facts, directory, riley, ada } = await aCompany()
  await scim.source('agency')
  await scim.user('u1', { email: riley.email })
  await scim.user('u2', { email: ada.email })
  await scim.user('a1', { source: 'agency', email: riley.email })
  await scim.group('g1', { displayName: 'dba', users: ['u1', 'u2'] })
  await facts(riley)
  await facts(ada)
  await scim.user('a1', { source: 'agency', email: riley.email, isActive: false })
  expect((await facts(riley)).isHere).toBe(false)
  const called = await directory().mentions({ people: [], groups: ['dba'] })
  expect(called.join()).not.toContain(riley.slack.userId)
})

// Whichever of the two they are, they were deactivated: no answer to the question makes them stay.
test('whoever is deactivated in every record that has their e-mail is gone, though it is asked which is theirs', async () => {
  const { scim, facts, riley } = await aCompany()
  await scim.user('u1', { email: riley.email, isActive: false })
  await scim.user('u2', { email: riley.email, isActive: false })
  expect((await facts(riley)).isHere).toBe(false)
})

// Each token's Users are its own: what another source made does not exist for it.
test('no source makes another source’s User somebody’s manager', async () => {
  const { scim, facts, riley, ada } = await aCompany()
  await scim.source('agency')
  await scim.user('u2', { email: ada.email })
  await facts(ada)
  await scim.user('a1', { source: 'agency', email: riley.email, manager: 'u2' })
  expect((await facts(riley)).provisioned?.managerUserId).toBeNull()
})
