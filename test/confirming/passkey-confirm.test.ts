import { generateKeyPairSync } from 'node:crypto'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import type { Asked } from '../../src/confirming/passkey-confirm.ts'
import type { Passkeys } from '../../src/confirming/passkeys.ts'
import { isForAdmins } from '../../src/domain/confirming/factor-news.ts'
import { anAuthenticator, type Authenticator, type Lies } from '../support/authenticator.ts'
import { ada, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKey, ringOf } from '../support/ring.ts'
import { anAct, enrolledPasskey, passkeysOn, publicUrl } from './a-passkey.ts'

let database: TestDatabase
const one = aKey('one')
const ring = ringOf(one)
let passkeys: Passkeys
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
  passkeys = passkeysOn(database, ring)
})
beforeEach(() => rows().deleteMany({}))
afterAll(() => database.drop())

const rows = () => database.connection.collection<{ _id: string }>('passkeys')
const refusalOf = (answer: object): unknown => ('refused' in answer ? answer.refused : 'confirmed')

/** What the browser posts for this act. */
async function answers(device: Authenticator, asked: Asked, lies: Lies = {}, person = riley) {
  const options = await passkeys.confirmOptions(person.id, asked)
  if (options === null) throw new Error('no passkey')
  return device.gets(options, lies)
}

async function confirms(device: Authenticator, lies: Lies = {}) {
  const asked = anAct()
  return passkeys.confirm(riley.id, asked, await answers(device, asked, lies))
}

test('who touches their device is confirmed, with the passkey and the instant of the database', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  expect(await confirms(device)).toEqual({
    method: 'passkey',
    at: expect.any(Date) as Date,
    credentialId: device.id,
  })
  const [passkey] = await passkeys.list(riley.id)
  expect(passkey?.counter).toBe(1)
  expect(passkey?.lastUsedAt).toBeInstanceOf(Date)
})

test('what is asked names their passkeys of this host alone, demands that the user be verified, and stores nothing', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const moved = passkeysOn(database, ring, 'https://access.acme.example')
  const before = await rows().find().toArray()
  const asked = anAct()
  const options = await passkeys.confirmOptions(riley.id, asked)
  expect(options).toMatchObject({ rpId: 'curfew.acme.example', userVerification: 'required' })
  expect(options?.allowCredentials?.map(({ id }) => id)).toEqual([device.id])
  expect(await passkeys.confirmOptions(riley.id, asked)).toEqual(options)
  expect(await moved.confirmOptions(riley.id, asked)).toBeNull()
  expect(await passkeys.confirmOptions(ada.id, asked)).toBeNull()
  expect(await rows().find().toArray()).toEqual(before)
})

const { privateKey: strangersKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
test.each<[string, Lies, string]>([
  ['a new passkey instead of an answer', { type: 'webauthn.create' }, 'other-type'],
  ['another challenge', { challenge: Buffer.alloc(32, 1).toString('base64url') }, 'other-challenge'],
  ['a shorter challenge', { challenge: 'AAAA' }, 'other-challenge'],
  ['another site', { origin: 'https://curfew.acme.example.evil.example' }, 'other-origin'],
  ['the site without encryption', { origin: 'http://curfew.acme.example' }, 'other-origin'],
  ['a frame of another site', { crossOrigin: true }, 'other-origin'],
  ['another host', { rpId: 'acme.example' }, 'other-host'],
  ['a user who was not verified', { isVerified: false }, 'unverified-user'],
  ['a user who was not there', { isPresent: false }, 'unverified-user'],
  ['a credential that nobody has', { id: 'AAAA' }, 'unknown-passkey'],
  ['the handle of somebody else', { userHandle: Buffer.alloc(32, 2).toString('base64url') }, 'other-person'],
  ['a signature by another key', { key: strangersKey }, 'wrong-signature'],
  ['one that is copied and cannot be', { isBackedUp: true }, 'malformed'],
])('%s is refused, and the next true answer passes', async (_, lies, why) => {
  const device = await enrolledPasskey(passkeys, riley)
  expect(await confirms(device, lies)).toMatchObject({ refused: why })
  expect(await confirms(device)).toMatchObject({ method: 'passkey' })
})

test('a signature of other numbers, or cut, is refused', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const asked = anAct()
  const body = await answers(device, asked)
  const signature = Buffer.from(body.response.signature, 'base64url')
  const turned = [5, 20, signature.length - 20, signature.length - 1].map((at) => {
    const bytes = Buffer.from(signature)
    bytes[at]! ^= 1
    return bytes
  })
  for (const wrong of [...turned, signature.subarray(0, 30), Buffer.alloc(64), Buffer.alloc(1)]) {
    const response = { ...body.response, signature: wrong.toString('base64url') }
    expect(['malformed', 'wrong-signature']).toContain(
      refusalOf(await passkeys.confirm(riley.id, asked, { ...body, response })),
    )
  }
  expect(await passkeys.confirm(riley.id, asked, body)).toMatchObject({ method: 'passkey' })
})

test("the passkey of another person confirms nobody, nor does one for the other of one's own", async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const hers = await enrolledPasskey(passkeys, ada)
  const phone = await enrolledPasskey(passkeys, riley)
  const asked = anAct()
  const rileys = await answers(device, asked)
  const adas = hers.gets({ rpId: 'curfew.acme.example', challenge: challengeOf(rileys) })
  expect(await passkeys.confirm(riley.id, asked, adas)).toEqual({ refused: 'anothers' })
  expect(await passkeys.confirm(ada.id, asked, rileys)).toEqual({ refused: 'anothers' })
  const asPhone = { ...rileys, id: phone.id, rawId: phone.id }
  expect(await passkeys.confirm(riley.id, asked, asPhone)).toEqual({ refused: 'wrong-signature' })
})

const challengeOf = ({ response }: { response: { clientDataJSON: string } }): string =>
  (JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()) as { challenge: string })
    .challenge

test('an answer is to one ticket and to what was shown: not to another, and not to terms that changed meanwhile', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const asked = anAct()
  const body = await answers(device, asked)
  for (const other of [
    { ...asked, digest: 'the daily network until 20:00' },
    { ...asked, ticket: anAct().ticket },
    { ticket: asked.digest, digest: asked.ticket },
  ])
    expect(await passkeys.confirm(riley.id, other, body)).toEqual({ refused: 'other-challenge' })
  expect(await passkeys.confirm(riley.id, asked, body)).toMatchObject({ method: 'passkey' })
})

describe.each([
  ['that counts', true],
  ["that always says 0, as Apple's do", false],
])('an authenticator %s', (_, counts) => {
  const aDevice = () => anAuthenticator(publicUrl, { counts })

  test('answers again and again, and the same answer counts once', async () => {
    const device = await enrolledPasskey(passkeys, riley, { device: aDevice() })
    const asked = anAct()
    const body = await answers(device, asked)
    expect(await passkeys.confirm(riley.id, asked, body)).toMatchObject({ method: 'passkey' })
    expect(await passkeys.confirm(riley.id, asked, body)).toEqual({ refused: 'used-already' })
    for (let n = 0; n < 3; n++) expect(await confirms(device)).toMatchObject({ method: 'passkey' })
    expect(refusalOf(await passkeys.confirm(riley.id, asked, body))).not.toBe('confirmed')
  })

  test('of forty who post the same answer at once, on two replicas, one is confirmed and nobody is warned', async () => {
    const second = await aDatabase(database.uri)
    const there = passkeysOn({ connection: second.connection.useDb(database.name) }, ring)
    const device = await enrolledPasskey(passkeys, riley, { device: aDevice() })
    const asked = anAct()
    const body = await answers(device, asked)
    const all = await Promise.all(
      Array.from({ length: 40 }, (_each, n) => (n % 2 ? there : passkeys).confirm(riley.id, asked, body)),
    )
    expect(all.map(refusalOf).sort()).toEqual([
      'confirmed',
      ...Array.from({ length: 39 }, () => 'used-already'),
    ])
    await second.drop()
  })

  test('says that it was copied to other devices: noted, and no reason to refuse', async () => {
    const device = await enrolledPasskey(passkeys, riley, { device: aDevice() })
    expect(await confirms(device, { mayBackUp: true, isBackedUp: true })).toMatchObject({ method: 'passkey' })
    expect(await passkeys.list(riley.id)).toMatchObject([{ deviceType: 'multiDevice', isBackedUp: true }])
  })
})

describe('a counter that went back', () => {
  test.each([4, 5, 0])(
    'from 5 to %i is refused, and the person and admins are to be told',
    async (counter) => {
      const device = await enrolledPasskey(passkeys, riley)
      await confirms(device, { counter: 5 })
      const answer = await confirms(device, { counter })
      const news = 'news' in answer ? answer.news : null
      expect(answer).toMatchObject({ refused: 'counter-back' })
      expect(news).toEqual({
        person: riley.id,
        what: 'passkey-counter-back',
        label: 'Laptop',
        credentialId: device.id,
      })
      expect(news && isForAdmins(news)).toBe(true)
      expect((await passkeys.list(riley.id))[0]?.counter).toBe(5)
      expect(await confirms(device, { counter: 6 })).toMatchObject({ method: 'passkey' })
    },
  )

  test('is believed of a good signature alone: nobody can have admins warned without the passkey', async () => {
    const device = await enrolledPasskey(passkeys, riley)
    await confirms(device, { counter: 5 })
    expect(await confirms(device, { counter: 4, key: strangersKey })).toEqual({ refused: 'wrong-signature' })
  })

  test('is not what two answers are that arrive at the same instant', async () => {
    const device = await enrolledPasskey(passkeys, riley)
    for (let n = 0; n < 10; n++) {
      const acts = [anAct(), anAct()] as const
      const bodies = [await answers(device, acts[0]), await answers(device, acts[1])] as const
      const all = await Promise.all([
        passkeys.confirm(riley.id, acts[0], bodies[0]),
        passkeys.confirm(riley.id, acts[1], bodies[1]),
      ])
      for (const answer of all) expect(['confirmed', 'used-already']).toContain(refusalOf(answer))
      expect(refusalOf(all[1])).toBe('confirmed')
    }
  })
})

test('who types no handle is known by the passkey that was asked for', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  expect(await confirms(device, { userHandle: null })).toMatchObject({ method: 'passkey' })
})

test('a passkey that was removed while its answer was under way confirms nothing', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const asked = anAct()
  const body = await answers(device, asked)
  await passkeys.remove(riley.id, device.id)
  expect(await passkeys.confirm(riley.id, asked, body)).toEqual({ refused: 'unknown-passkey' })
  expect(await passkeys.confirmOptions(riley.id, asked)).toBeNull()
})

test('a passkey of the host before is of no use at the new one', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const url = 'https://access.acme.example'
  const moved = passkeysOn(database, ring, url)
  await enrolledPasskey(moved, riley, { device: anAuthenticator(url) })
  const asked = anAct()
  const options = await moved.confirmOptions(riley.id, asked)
  const body = device.gets(options ?? { challenge: '' }, { origin: url })
  expect(await moved.confirm(riley.id, asked, body)).toEqual({ refused: 'unknown-passkey' })
})

test('a page that was opened before the keys changed confirms after, and a replica without the key says so', async () => {
  const device = await enrolledPasskey(passkeys, riley)
  const asked = anAct()
  const body = await answers(device, asked)
  const without = passkeysOn(database, ringOf(aKey('two')))
  expect(await without.confirm(riley.id, asked, body)).toEqual({ refused: 'other-challenge' })
  const after = passkeysOn(database, ringOf(aKey('two'), one))
  expect(await after.confirm(riley.id, asked, body)).toMatchObject({ method: 'passkey' })
})

test('a hundred who confirm at the same instant are all confirmed', async () => {
  const people = Array.from({ length: 100 }, (_, n) => ({ ...riley, id: `p-${n}` }))
  const devices = await Promise.all(people.map((person) => enrolledPasskey(passkeys, person)))
  const acts = people.map(() => anAct())
  const all = await Promise.all(
    people.map(async (person, n) => {
      const [device, asked] = [devices[n]!, acts[n]!]
      return passkeys.confirm(person.id, asked, await answers(device, asked, {}, person))
    }),
  )
  expect(all.filter((answer) => 'method' in answer)).toHaveLength(100)
}, 60_000)
