import type { Counting } from '../../src/domain/confirmation.ts'
import type { PersonFacts } from '../../src/domain/person.ts'
import type { PeopleSource } from '../../src/domain/ports/directory.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import { withWhenConfirmed } from '../../src/people/when-confirmed.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

const riley: PersonFacts = {
  person: {
    id: 'riley',
    slack: { teamId: 'T1', userId: 'U1' },
    name: 'Riley',
    email: 'riley@contractor.example',
  },
  isHere: true,
  isGuest: false,
  isExternal: false,
  isEmailRead: true,
  zone: 'UTC',
  groups: new Set<string>(),
}
const known = () => Promise.resolve(riley)
const source: PeopleSource & { remembered(userId: string): PersonFacts | null } = {
  facts: known,
  freshFacts: known,
  remembered: () => riley,
  idsOf: () => Promise.resolve('unknown' as const),
  everyone: () => Promise.resolve('unknown' as const),
  freshGroups: () => Promise.resolve(true),
  groups: () => Promise.resolve(() => 'unknown' as const),
  groupsCalled: () => Promise.resolve([]),
}

// The form of a request tells by it whether somebody is asked: it says "given at once", and nothing is.
test('what is remembered of when somebody confirmed is not of a way that left the catalog since', async () => {
  const proofs = mongoProofs(database.connection)
  const now = new Date()
  await proofs.note('riley', { method: 'totp', at: now, shown: 'another act', ticket: 'another' })
  let counting: Omit<Counting, 'maxAgeMs'> = { methods: ['totp'], issuer: null }
  const people = withWhenConfirmed(source, {
    proofs,
    isAsked: () => true,
    counting: () => counting,
    now: () => now,
  })
  expect(await people.facts('U1')).toMatchObject({ confirmed: { method: 'totp' } })
  counting = { methods: ['passkey'], issuer: null }
  expect(people.remembered('U1')?.confirmed ?? null).toBeNull()
  expect(await people.facts('U1')).toMatchObject({ confirmed: null })
})
