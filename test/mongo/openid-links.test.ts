import mongoose from 'mongoose'
import type { NewLink } from '../../src/domain/ports/openid-links.ts'
import { mongoExternalIds } from '../../src/mongo/confirming/external-ids.ts'
import { mongoOpenIdLinks } from '../../src/mongo/confirming/openid-links.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { uriOf } from '../support/curfew.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { provisionedIn } from '../support/provisioned.ts'

let database: TestDatabase
let other: mongoose.Connection
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
  other = await mongoose.createConnection(uriOf(database.uri, database.name)).asPromise()
})
afterAll(async () => {
  await other.close()
  await database.drop()
})
beforeEach(() => database.connection.collection('openid_links').deleteMany({}))

const issuer = 'https://idp.acme.example'
const of = (personId: string, subject: string, about: Partial<NewLink> = {}): NewLink => ({
  personId,
  issuer,
  subject,
  by: 'email',
  ...about,
})
const replicas = () => [mongoOpenIdLinks(database.connection), mongoOpenIdLinks(other)] as const

test('what is linked is found by the person and by the account, with how and when', async () => {
  const [links] = replicas()
  expect(await links.known(of('riley', 'r-1'))).toEqual({ subjectOfPerson: null, personOfSubject: null })
  expect(await links.link(of('riley', 'r-1'))).toBe('linked')
  expect(await links.known(of('riley', 'r-2'))).toEqual({ subjectOfPerson: 'r-1', personOfSubject: null })
  expect(await links.known(of('ada', 'r-1'))).toEqual({ subjectOfPerson: null, personOfSubject: 'riley' })
  expect(await links.linksOf('riley')).toEqual([{ ...of('riley', 'r-1'), at: expect.any(Date) as Date }])
})

test('linking again changes nothing, not even the instant', async () => {
  const [links] = replicas()
  await links.link(of('riley', 'r-1'))
  const before = await links.linksOf('riley')
  expect(await links.link(of('riley', 'r-1', { by: 'externalId' }))).toBe('linked')
  expect(await links.linksOf('riley')).toEqual(before)
})

test('an account is one person’s, and a person has one account of a provider', async () => {
  const [links] = replicas()
  await links.link(of('riley', 'r-1'))
  expect(await links.link(of('mallory', 'r-1'))).toBe('another-person')
  expect(await links.link(of('riley', 'r-2'))).toBe('link-differs')
  expect(await links.linksOf('mallory')).toEqual([])
  expect(await links.link(of('mallory', 'r-1', { issuer: 'https://other.example' }))).toBe('linked')
  expect(await links.link(of('riley', 'r-2', { issuer: 'https://other.example' }))).toBe('linked')
})

test('of two people who take one account at the same moment, on two replicas, one gets it', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [here, there] = replicas()
    const subject = `s-${round}`
    const answers = await Promise.all([
      here.link(of(`riley-${round}`, subject)),
      there.link(of(`mallory-${round}`, subject)),
    ])
    expect(answers.sort()).toEqual(['another-person', 'linked'])
  }
})

test('of two accounts that one person brings at the same moment, on two replicas, one is theirs', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [here, there] = replicas()
    const person = `riley-${round}`
    const answers = await Promise.all([
      here.link(of(person, `a-${round}`)),
      there.link(of(person, `b-${round}`)),
    ])
    expect(answers.sort()).toEqual(['link-differs', 'linked'])
  }
})

test('ten times the same at the same moment is one link, and everybody is told so', async () => {
  const [here, there] = replicas()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? here : there).link(of('riley', 'r-1'))),
  )
  expect(new Set(answers)).toEqual(new Set(['linked']))
  expect(await here.linksOf('riley')).toHaveLength(1)
})

test('only an owner’s word makes room for another account', async () => {
  const [links] = replicas()
  await links.link(of('riley', 'r-1'))
  expect(await links.unlink('riley', 'https://other.example')).toBe(false)
  expect(await links.unlink('riley', issuer)).toBe(true)
  expect(await links.unlink('riley', issuer)).toBe(false)
  expect(await links.link(of('riley', 'r-2'))).toBe('linked')
  expect(await links.link(of('ada', 'r-1'))).toBe('linked')
})

test('what a provider writes as a subject is a text, whatever it looks like', async () => {
  const [links] = replicas()
  for (const [i, subject] of ['$$NOW', '$person', '{"$ne":null}', 'a.b', ' ', '🙂'].entries()) {
    expect(await links.link(of(`p-${i}`, subject))).toBe('linked')
    expect(await links.known(of(`p-${i}`, subject))).toEqual({
      subjectOfPerson: subject,
      personOfSubject: `p-${i}`,
    })
  }
})

test('the externalIds of a person are those of their active Users, of the one source that is asked about', async () => {
  const scim = provisionedIn(database.connection)
  const links = database.connection.collection<{ _id: string }>('scim_links')
  const user = async (
    id: string,
    about: Parameters<typeof scim.user>[1],
    person = 'riley',
    isCurrent = true,
  ) => {
    await scim.user(id, about)
    const source = about?.source ?? 'okta'
    await links.insertOne({ _id: `${id}:${person}`, source, user: id, person, isCurrent } as { _id: string })
  }
  await user('u1', { externalId: 'x-1' })
  await user('u2', { externalId: 'x-2', source: 'hr' })
  await user('u3', { externalId: 'x-3' }, 'ada')
  await user('u4', { externalId: 'x-4' }, 'sam', false)
  await user('u5', { externalId: 'x-5', isActive: false }, 'kim')
  await user('u6', { externalId: null }, 'mallory')

  const externalIds = mongoExternalIds(database.connection)
  const found = await Promise.all(
    ['riley', 'ada', 'sam', 'kim', 'mallory', 'nobody'].map((person) => externalIds.of(person, 'okta')),
  )
  expect(found).toEqual([['x-1'], ['x-3'], [], [], [], []])
  await scim.deleted('users', 'u3')
  expect(await externalIds.of('ada', 'okta')).toEqual([])
})
