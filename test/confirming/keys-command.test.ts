import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ConfigError } from '../../src/config.ts'
import { rotate } from '../../src/confirming/rotate.ts'
import { keys } from '../../src/keys.ts'
import { mongoSealedSecrets, mongoTotp } from '../../src/mongo/confirming/totp.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKey, ringOf, written } from '../support/ring.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() })

const [one, two] = [aKey('one'), aKey('two')]
let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
beforeEach(() => rows().deleteMany({}))
afterAll(() => database.drop())

const rows = () => database.connection.collection<{ _id: string }>('totp')
const secretOf = (person: string) => Buffer.from(`the secret of ${person}`)

async function sealedBy(key: typeof one, ...persons: string[]): Promise<void> {
  const totp = mongoTotp(database.connection)
  const enrol = (person: string) =>
    totp.enrol(person, {
      enrolment: `by ${person}`,
      sealed: ringOf(key).seal(secretOf(person), { person, purpose: 'totp' }),
      step: 1,
    })
  await Promise.all(persons.map(enrol))
}

async function opensFor(person: string, key: typeof one): Promise<boolean> {
  const stored = await mongoTotp(database.connection).of(person)
  if (stored === null) return false
  const opened = ringOf(key).open(stored.sealed, { person, purpose: 'totp' })
  return !('unopened' in opened) && secretOf(person).equals(opened)
}

/** The command line as a process of its own. */
async function curfewKeys(words: string[], CURFEW_KEYS?: string): Promise<{ code: number; text: string }> {
  const [server = '', query = ''] = database.uri.split('?')
  const MONGODB_URI = `${server.replace(/\/$/, '')}/${database.name}?${query}`
  const env = { PATH: process.env['PATH'], MONGODB_URI, CURFEW_KEYS }
  const command = ['--import', 'tsx', 'src/cli.ts', 'keys', ...words]
  try {
    const { stdout, stderr } = await run(process.execPath, command, { cwd: root, env })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = failed.parse(error)
    return { code, text: stdout + stderr }
  }
}

test('curfew keys new prints a key that CURFEW_KEYS takes, and rotate seals by it and says which is not needed', async () => {
  await sealedBy(one, 'p-riley', 'p-ada')
  const made = await curfewKeys(['new'])
  const fresh = made.text.trim()
  const [id] = fresh.split(':')
  const rotated = await curfewKeys(['rotate'], `${fresh},${written(one)}`)
  expect(rotated).toEqual({
    code: 0,
    text: `Sealed anew by ${id}: 2\nNot needed any more, once every replica runs with ${id} as its first key: one\n`,
  })
  const [, base64 = ''] = fresh.split(':')
  expect(await opensFor('p-riley', { id: id ?? '', base64 })).toBe(true)
  expect(await opensFor('p-ada', one)).toBe(false)
  expect((await curfewKeys(['rotate'], `${fresh},${written(one)}`)).text).toContain(`Sealed anew by ${id}: 0`)
}, 60_000)

test('what cannot be opened is left as it is and said, with 1, and the rest is sealed anew', async () => {
  await sealedBy(one, 'p-riley')
  await sealedBy(two, 'p-ada', 'p-kim')
  await rows().updateOne({ _id: 'p-kim' }, { $set: { 'sealed.box': 'AAAA' } })
  const three = aKey('three')
  const { code, text } = await curfewKeys(['rotate'], written(three, two))
  expect(code).toBe(1)
  expect(text.split('\n')).toEqual([
    'Sealed anew by three: 1',
    'Left as it is: the secret of p-kim is not what two sealed, or the key of that name is another one',
    'Left as it is: the secret of p-riley is sealed by one, which is not in CURFEW_KEYS',
    expect.stringMatching(/^Still needed: (one|two), by 1$/),
    expect.stringMatching(/^Still needed: (one|two), by 1$/),
    '',
  ])
  expect(await opensFor('p-riley', one)).toBe(true)
  expect(await opensFor('p-ada', three)).toBe(true)
}, 30_000)

test('two who rotate at once seal each secret anew once, and one that was stopped goes on where it was', async () => {
  const persons = Array.from({ length: 450 }, (_, n) => `p-${String(n).padStart(3, '0')}`)
  await sealedBy(one, ...persons)
  const ring = ringOf(two, one)
  const secrets = mongoSealedSecrets(database.connection)
  // The first is stopped in the middle of a page.
  let before = 0
  const stopped = {
    ...secrets,
    reseal: async (...those: Parameters<typeof secrets.reseal>) => {
      if (before++ === 250) throw new Error('stopped')
      return secrets.reseal(...those)
    },
  }
  await expect(rotate(ring, stopped)).rejects.toThrow('stopped')
  expect(await rows().countDocuments({ 'sealed.keyId': 'two' })).toBe(250)

  const both = await Promise.all([rotate(ring, secrets), rotate(ring, secrets)])
  expect(both.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(200)
  expect(await secrets.countByKey()).toEqual(new Map([['two', 450]]))
  for (const person of persons.slice(0, 20)) expect(await opensFor(person, two)).toBe(true)
}, 60_000)

test('a secret that somebody replaced or removed meanwhile is left alone', async () => {
  await sealedBy(one, 'p-riley', 'p-ada')
  const secrets = mongoSealedSecrets(database.connection)
  const before = await secrets.sealedByOthers('two', { after: null, most: 10 })
  await rows().deleteMany({})
  await mongoTotp(database.connection).enrol('p-riley', {
    enrolment: 'later',
    sealed: ringOf(two).seal(Buffer.from('another'), { person: 'p-riley', purpose: 'totp' }),
    step: 1,
  })
  const done = await Promise.all(
    before.map((secret) => secrets.reseal(secret, ringOf(two).seal(Buffer.from('old'), secret.of))),
  )
  expect(done).toEqual([false, false])
  expect(await rows().countDocuments()).toBe(1)
})

test.each([
  [['rotate'], undefined, /CURFEW_KEYS is not set: curfew keys new prints a key/],
  [['rotate'], `one:${'A'.repeat(43)}=`, /CURFEW_KEYS its key 1 is not random/],
  [['turn'], written(one), /curfew keys new {2}/],
  [['rotate', 'now'], written(one), /curfew keys rotate {2}/],
])('curfew keys %p says what is wrong', async (words, CURFEW_KEYS, why) => {
  const asked = keys(words, { MONGODB_URI: database.uri, CURFEW_KEYS })
  await expect(asked).rejects.toThrow(ConfigError)
  await expect(asked).rejects.toThrow(why)
})
