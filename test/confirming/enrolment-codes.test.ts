import { enrolmentCodes, type EnrolmentCodes } from '../../src/confirming/enrolment-codes.ts'
import { newEnrolmentCode, readEnrolmentCode } from '../../src/domain/confirming/enrolment-code.ts'
import { mongoEnrolmentCodes } from '../../src/mongo/confirming/enrolment-codes.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { ada, riley, sam } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKey, ringOf } from '../support/ring.ts'

let database: TestDatabase
const one = aKey('one')
let codes: EnrolmentCodes
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
  codes = enrolmentCodes(mongoEnrolmentCodes(database.connection), ringOf(one))
})
beforeEach(() => rows().deleteMany({}))
afterAll(() => database.drop())

const rows = () => database.connection.collection<{ _id: string }>('enrolment_codes')

async function aCode(person = riley): Promise<string> {
  const made = await codes.make(person, ada)
  if ('refused' in made) throw new Error(made.refused)
  return made.code
}

const wrong = Array.from({ length: 40 }, (_, n) => `${'23456789AB'[n % 10]}${'CDEF'[n % 4]}HJK-MNPQR`)
const told = (answers: readonly object[]) =>
  answers.map((answer) => ('refused' in answer ? answer.refused : 'used')).sort()

test('an admin makes one, the person types it however they like, and who made it is known', async () => {
  const made = await codes.make(riley, ada)
  const { code, until } = 'refused' in made ? { code: '', until: new Date(0) } : made
  expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{5}-[2-9A-HJKMNP-TV-Z]{5}$/)
  expect(Math.abs(until.getTime() - Date.now() - 15 * 60_000)).toBeLessThan(10_000)
  expect(await codes.use(riley.id, ` ${code.toLowerCase().replace('-', ' – ')}\n`)).toEqual({
    madeBy: ada,
    at: expect.any(Date) as Date,
  })
  const operator = { operator: 'root' }
  const byHand = await codes.make(sam, operator)
  expect(await codes.use(sam.id, 'code' in byHand ? byHand.code : '')).toMatchObject({ madeBy: operator })
})

test('it is used once: by one of forty at once, on two replicas, and not again', async () => {
  const second = await aDatabase(database.uri)
  const there = enrolmentCodes(mongoEnrolmentCodes(second.connection.useDb(database.name)), ringOf(one))
  const code = await aCode()
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => (n % 2 ? there : codes).use(riley.id, code)),
  )
  expect(told(answers)).toEqual([...Array.from({ length: 39 }, () => 'used-before'), 'used'].sort())
  expect(await codes.use(riley.id, code)).toEqual({ refused: 'used-before' })
  await second.drop()
})

test('of forty wrong ones at once five are looked at, and then the right one is too late', async () => {
  const code = await aCode()
  const answers = await Promise.all(wrong.map((guess) => codes.use(riley.id, guess)))
  expect(told(answers)).toEqual([
    ...Array.from({ length: 35 }, () => 'too-many-tries'),
    ...Array.from({ length: 5 }, () => 'wrong-code'),
  ])
  expect(answers.flatMap((answer) => ('left' in answer ? [answer.left] : [])).sort()).toEqual([0, 1, 2, 3, 4])
  expect(await codes.use(riley.id, code)).toEqual({ refused: 'too-many-tries' })
})

test('the fifth try may be the right one, and what cannot be a code is no try', async () => {
  const code = await aCode()
  for (const typed of [
    '',
    'ABC',
    '1234567890',
    'OILU0-OILU0',
    `${code}X`,
    '２３４５６７８９ＡＢ',
    'ß'.repeat(5),
  ])
    expect(await codes.use(riley.id, typed)).toEqual({ refused: 'not-a-code' })
  for (const guess of wrong.slice(0, 4)) await codes.use(riley.id, guess)
  expect(await codes.use(riley.id, code)).toMatchObject({ madeBy: ada })
})

test("it is the person's alone, and a new one takes the place of the one before", async () => {
  const first = await aCode()
  expect(await codes.use(sam.id, first)).toEqual({ refused: 'no-code' })
  await aCode(sam)
  expect(await codes.use(sam.id, first)).toMatchObject({ refused: 'wrong-code' })
  const second = await aCode()
  expect(await codes.use(riley.id, first)).toMatchObject({ refused: 'wrong-code', left: 4 })
  expect(await codes.use(riley.id, second)).toMatchObject({ madeBy: ada })
})

test("who writes into the database cannot make it another person's", async () => {
  const code = await aCode()
  const row = await rows().findOne({ _id: riley.id })
  await rows().insertOne({ ...row, _id: 'p-mallory' })
  expect(await codes.use('p-mallory', code)).toMatchObject({ refused: 'wrong-code' })
})

test('after a quarter of an hour, or once it is cancelled, it is none', async () => {
  const code = await aCode()
  await rows().updateOne({ _id: riley.id }, { $set: { until: new Date(Date.now() - 1_000) } })
  expect(await codes.use(riley.id, code)).toEqual({ refused: 'expired' })
  expect(await codes.cancel(riley.id)).toBe(false)
  const next = await aCode()
  expect(await codes.cancel(riley.id)).toBe(true)
  expect(await codes.use(riley.id, next)).toEqual({ refused: 'no-code' })
})

test('no admin makes one for themselves, by whichever of their accounts', async () => {
  const other = { ...ada, id: 'p-ada2', slack: { teamId: 'T2', userId: 'UADA2' } }
  expect(await codes.make(ada, ada)).toEqual({ refused: 'own-code' })
  expect(await codes.make(ada, other)).toEqual({ refused: 'own-code' })
  expect(await rows().countDocuments()).toBe(0)
})

test('who reads the database has no code, and no way to try them all there; it goes by itself', async () => {
  const code = await aCode()
  const all = JSON.stringify(await rows().find().toArray())
  expect(all).not.toContain(code)
  expect(all).not.toContain(code.replace('-', ''))
  const without = enrolmentCodes(mongoEnrolmentCodes(database.connection), ringOf(aKey('one')))
  expect(await without.use(riley.id, code)).toMatchObject({ refused: 'wrong-code' })
  const after = enrolmentCodes(mongoEnrolmentCodes(database.connection), ringOf(aKey('two'), one))
  expect(await after.use(riley.id, code)).toMatchObject({ madeBy: ada })
  const indexes = await rows().indexes()
  expect(indexes).toContainEqual(expect.objectContaining({ key: { until: 1 }, expireAfterSeconds: 3_600 }))
})

test('codes are of letters that nobody mistakes, each as likely as another, and are read back as they were made', () => {
  let next = 0
  const all = Array.from({ length: 3 }, () => newEnrolmentCode((below) => next++ % below))
  const letters = all.join('').replaceAll('-', '')
  expect(new Set(letters).size).toBe(30)
  expect(letters).not.toMatch(/[01ILOU]/)
  for (const code of all) expect(readEnrolmentCode(code)).toBe(code.replace('-', ''))
})
