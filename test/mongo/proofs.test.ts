import type { Confirmation } from '../../src/domain/confirmation.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

const at = (second: number) => new Date(Date.UTC(2026, 10, 27, 9, 0, second))
const proof = (method: Confirmation['method'], second: number): Confirmation => ({
  method,
  at: at(second),
  shown: '$what “Ada” approves',
  ticket: `$t${second}`,
})

test('of each person the latest proof by each way is known, in whatever order they are noted', async () => {
  const proofs = mongoProofs(database.connection)
  await Promise.all([3, 9, 5].map((second) => proofs.note('ada', proof('passkey', second))))
  await proofs.note('ada', proof('totp', 1))
  await proofs.note('kim', proof('oidc', 2))
  const known = await proofs.latest(['ada', 'kim', 'nobody'])
  expect(known.get('ada')).toEqual([proof('passkey', 9), proof('totp', 1)])
  expect(known.get('kim')).toEqual([proof('oidc', 2)])
  expect(known.has('nobody')).toBe(false)
})

test('what was proven by a way that is removed counts for nothing, and the other ways stay', async () => {
  const proofs = mongoProofs(database.connection)
  await proofs.note('sam', proof('passkey', 1))
  await proofs.note('sam', proof('totp', 2))
  await proofs.forget('sam', 'passkey')
  expect((await proofs.latest(['sam'])).get('sam')).toEqual([proof('totp', 2)])
  await proofs.forget('sam', 'totp')
  expect((await proofs.latest(['sam'])).get('sam')).toEqual([])
  await proofs.forget('riley', 'totp')
  expect((await proofs.latest(['riley'])).get('riley') ?? []).toEqual([])
})
