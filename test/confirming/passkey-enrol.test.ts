import { generateKeyPairSync } from 'node:crypto'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { relyingParty } from '../../src/confirming/relying-party.ts'
import type { Passkeys } from '../../src/confirming/passkeys.ts'
import { anAuthenticator, type Lies } from '../support/authenticator.ts'
import { ada, riley } from '../support/builders.ts'
import { mongoPasskeys } from '../../src/mongo/confirming/passkeys.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKey, ringOf } from '../support/ring.ts'
import { anAct, aTicket, enrolledPasskey, passkeysOn, publicUrl } from './a-passkey.ts'

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

async function enrols(lies: Lies = {}, device = anAuthenticator(publicUrl)) {
  const ticket = aTicket()
  const body = device.creates(await passkeys.enrolOptions(riley, ticket), lies)
  return passkeys.enrol(riley, { ticket, body, label: 'Laptop' })
}

test('a passkey is enrolled with what is known of it, and the person is told', async () => {
  const device = anAuthenticator(publicUrl)
  expect(await enrols({ mayBackUp: true, isBackedUp: true, counter: 7 }, device)).toEqual({
    enrolled: { person: riley.id, what: 'passkey-enrolled', label: 'Laptop' },
  })
  expect(await passkeys.list(riley.id)).toEqual([
    {
      id: device.id,
      person: riley.id,
      userHandle: expect.stringMatching(/^[\w-]{43}$/) as string,
      publicKey: expect.stringMatching(/^[\w-]{100,}$/) as string,
      counter: 7,
      transports: ['internal', 'hybrid'],
      aaguid: '00000000-0000-0000-0000-000000000000',
      deviceType: 'multiDevice',
      isBackedUp: true,
      rpId: 'curfew.acme.example',
      label: 'Laptop',
      createdAt: expect.any(Date) as Date,
      lastUsedAt: null,
    },
  ])
})

test('a page that is opened twice asks the same, stores nothing, and demands that the user be verified', async () => {
  const ticket = aTicket()
  const [first, again] = [
    await passkeys.enrolOptions(riley, ticket),
    await passkeysOn(database, ring).enrolOptions(riley, ticket),
  ]
  expect(again).toEqual(first)
  expect(first).toMatchObject({
    rp: { id: 'curfew.acme.example' },
    attestation: 'none',
    authenticatorSelection: { userVerification: 'required' },
    excludeCredentials: [],
  })
  expect(Buffer.from(first.challenge, 'base64url')).toHaveLength(32)
  expect(Buffer.from(first.user.id, 'base64url')).toHaveLength(32)
  expect(await rows().countDocuments()).toBe(0)
})

test('each passkey of a person is for one user handle, which says nothing of them; those they have are not made twice', async () => {
  const [laptop, phone] = [await enrolledPasskey(passkeys, riley), await enrolledPasskey(passkeys, riley)]
  const hers = await enrolledPasskey(passkeys, ada)
  const handles = (await passkeys.list(riley.id)).map(({ userHandle }) => userHandle)
  const [ofAda] = await passkeys.list(ada.id)
  expect(new Set(handles).size).toBe(1)
  expect(ofAda?.userHandle).not.toBe(handles[0])
  expect(Buffer.from(handles[0] ?? '', 'base64url').toString('latin1')).not.toContain('riley')
  const { excludeCredentials = [] } = await passkeys.enrolOptions(riley, aTicket())
  expect(excludeCredentials.map(({ id }) => id)).toEqual([laptop.id, phone.id])
  expect(excludeCredentials.map(({ id }) => id)).not.toContain(hers.id)
})

const { privateKey: strangersKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const statementOf = (...entries: [string, number | Uint8Array | Uint8Array[]][]) => new Map(entries)
test.each<[string, Lies, string]>([
  ['an assertion instead of a new passkey', { type: 'webauthn.get' }, 'other-type'],
  ['another challenge', { challenge: Buffer.alloc(32, 1).toString('base64url') }, 'other-challenge'],
  ['no challenge', { challenge: '' }, 'malformed'],
  ['another site', { origin: 'https://curfew.acme.example.evil.example' }, 'other-origin'],
  ['another port', { origin: 'https://curfew.acme.example:8443' }, 'other-origin'],
  ['a frame of another site', { crossOrigin: true }, 'other-origin'],
  ['a passkey of another host', { rpId: 'acme.example' }, 'other-host'],
  ['a user who was not verified', { isVerified: false }, 'unverified-user'],
  ['a user who was not there', { isPresent: false }, 'unverified-user'],
  ['one that is copied and cannot be', { isBackedUp: true }, 'malformed'],
  ['an id that is not the one it signed', { id: 'AAAA' }, 'malformed'],
  ['an algorithm that was not offered', { algorithm: -65535 }, 'malformed'],
  ['a format that nobody knows', { attestation: { format: 'odd', statement: statementOf() } }, 'attestation'],
  [
    'certificates, which would have us call whom they name',
    {
      attestation: {
        format: 'packed',
        statement: statementOf(['x5c', [Buffer.alloc(9)]], ['sig', Buffer.alloc(9)]),
      },
    },
    'attestation',
  ],
  [
    'an attestation by another key',
    {
      attestation: { format: 'packed', statement: statementOf(['alg', -7], ['sig', Buffer.alloc(0)]) },
      key: strangersKey,
    },
    'malformed',
  ],
])('%s is refused, and nothing is stored', async (_, lies, why) => {
  expect(await enrols(lies)).toMatchObject({ refused: why })
  expect(await rows().countDocuments()).toBe(0)
})

test('a device that vouches for itself is taken', async () => {
  const statement = statementOf(['alg', -7], ['sig', Buffer.alloc(0)])
  expect(await enrols({ attestation: { format: 'packed', statement } })).toHaveProperty('enrolled')
})

const long = 'A'.repeat(20_000)
test.each([
  ['null', null],
  ['nothing', undefined],
  ['a number', 7],
  ['a list', []],
  ['text that is no JSON', '{"id":'],
  ['the text null', 'null'],
  ['an empty object', {}],
  ['no response', { id: 'AAAA', rawId: 'AAAA', type: 'public-key' }],
  [
    'numbers for texts',
    { id: 1, rawId: 1, type: 'public-key', response: { clientDataJSON: 1, attestationObject: 1 } },
  ],
  [
    'no base64url',
    { id: '%%', rawId: '%%', type: 'public-key', response: { clientDataJSON: '%', attestationObject: '%' } },
  ],
  [
    'too much',
    {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      response: { clientDataJSON: long, attestationObject: long },
    },
  ],
  [
    'no CBOR',
    {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      response: { clientDataJSON: 'e30', attestationObject: '_____w' },
    },
  ],
  ['an operator', { id: { $ne: null }, rawId: { $ne: null }, type: 'public-key', response: {} }],
])('%s as a new passkey, or as an answer, is refused as malformed', async (_, body) => {
  const ticket = aTicket()
  expect(await passkeys.enrol(riley, { ticket, body, label: '' })).toEqual({ refused: 'malformed' })
  expect(await passkeys.confirm(riley.id, anAct(), body)).toEqual({ refused: 'malformed' })
})

test('an answer to another ticket, or that another person was asked for, enrols nothing', async () => {
  const device = anAuthenticator(publicUrl)
  const ticket = aTicket()
  const body = device.creates(await passkeys.enrolOptions(riley, ticket))
  expect(await passkeys.enrol(riley, { ticket: aTicket(), body, label: '' })).toEqual({
    refused: 'other-challenge',
  })
  expect(await passkeys.enrol(ada, { ticket, body, label: '' })).toEqual({ refused: 'other-challenge' })
  expect(await passkeys.enrol(riley, { ticket, body: JSON.stringify(body), label: '' })).toHaveProperty(
    'enrolled',
  )
})

test('of two pages that were opened before the first passkey was there, the second is asked again, and both confirm', async () => {
  const [laptop, phone] = [anAuthenticator(publicUrl), anAuthenticator(publicUrl)]
  const tickets = [aTicket(), aTicket()] as const
  const pages = [
    await passkeys.enrolOptions(riley, tickets[0]),
    await passkeys.enrolOptions(riley, tickets[1]),
  ] as const
  const enrol = (ticket: string, body: unknown) => passkeys.enrol(riley, { ticket, body, label: '' })
  expect(await enrol(tickets[0], laptop.creates(pages[0]))).toHaveProperty('enrolled')
  expect(await enrol(tickets[1], phone.creates(pages[1]))).toEqual({ refused: 'other-challenge' })
  expect(
    await enrol(tickets[1], phone.creates(await passkeys.enrolOptions(riley, tickets[1]))),
  ).toHaveProperty('enrolled')
  for (const device of [laptop, phone]) {
    const asked = anAct()
    const body = device.gets((await passkeys.confirmOptions(riley.id, asked)) ?? { challenge: '' })
    expect(await passkeys.confirm(riley.id, asked, body)).toMatchObject({ method: 'passkey' })
  }
})

test("one passkey is one person's: who brings another's, or the same again, or twenty at once, enrols it once", async () => {
  const device = anAuthenticator(publicUrl)
  const ticket = aTicket()
  const body = device.creates(await passkeys.enrolOptions(riley, ticket))
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => passkeys.enrol(riley, { ticket, body, label: 'Laptop' })),
  )
  expect(answers.filter((answer) => 'enrolled' in answer)).toHaveLength(1)
  expect(answers.filter((answer) => 'refused' in answer && answer.refused === 'known-already')).toHaveLength(
    19,
  )

  const theirs = aTicket()
  const copied = device.creates(await passkeys.enrolOptions(ada, theirs))
  expect(await passkeys.enrol(ada, { ticket: theirs, body: copied, label: '' })).toEqual({
    refused: 'known-already',
  })
  expect(await passkeys.list(ada.id)).toEqual([])
})

test('twenty are enough', async () => {
  for (let n = 0; n < 20; n++) await enrolledPasskey(passkeys, riley)
  expect(await enrols()).toEqual({ refused: 'too-many' })
})

test('a page that was opened before the keys changed enrols after', async () => {
  const ticket = aTicket()
  const body = anAuthenticator(publicUrl).creates(await passkeys.enrolOptions(riley, ticket))
  const after = passkeysOn(database, ringOf(aKey('two'), one))
  expect(await after.enrol(riley, { ticket, body, label: '' })).toHaveProperty('enrolled')
})

test('a label is one line that can be read, whatever was typed', async () => {
  const device = await enrolledPasskey(passkeys, riley, { label: '  Work\n\u202elaptop\u0000 ' })
  const labels = async () => (await passkeys.list(riley.id)).map(({ label }) => label)
  expect(await labels()).toEqual(['Work laptop'])
  await passkeys.rename(riley.id, device.id, 'x'.repeat(500))
  expect((await labels())[0]).toMatch(/^x{59}…$/)
  await passkeys.rename(riley.id, device.id, ' \t')
  expect(await labels()).toEqual(['Passkey'])
  expect(await passkeys.rename(ada.id, device.id, 'Mine now')).toBeNull()
})

test('several are listed, one is removed or all, by whom they belong to alone, and who has them is told', async () => {
  const [laptop, phone, key] = [
    await enrolledPasskey(passkeys, riley, { label: 'Laptop' }),
    await enrolledPasskey(passkeys, riley, { label: 'Phone' }),
    await enrolledPasskey(passkeys, riley, { label: 'Key' }),
  ]
  expect(await passkeys.remove(ada.id, phone.id)).toBeNull()
  expect(await passkeys.remove(riley.id, phone.id)).toEqual({
    person: riley.id,
    what: 'passkey-removed',
    label: 'Phone',
  })
  expect((await passkeys.list(riley.id)).map(({ id }) => id)).toEqual([laptop.id, key.id])
  const store = mongoPasskeys(database.connection)
  expect(await store.removeAll(riley.id)).toEqual(['Laptop', 'Key'])
  expect(await passkeys.list(riley.id)).toEqual([])
  expect(await store.removeAll(riley.id)).toEqual([])
})

test('passkeys of a host that is no more are counted', async () => {
  await enrolledPasskey(passkeys, riley)
  const store = mongoPasskeys(database.connection)
  const others = ['curfew.acme.example', 'access.acme.example'].map((host) => store.countOfOthers(host))
  expect(await Promise.all(others)).toEqual([0, 1])
})

test.each([
  ['https://curfew.acme.example', { id: 'curfew.acme.example', origin: 'https://curfew.acme.example' }],
  [
    'https://Curfew.Acme.example:8443/app',
    { id: 'curfew.acme.example', origin: 'https://curfew.acme.example:8443' },
  ],
  ['http://localhost:3000', { id: 'localhost', origin: 'http://localhost:3000' }],
  ['http://curfew.localhost:3000', { id: 'curfew.localhost', origin: 'http://curfew.localhost:3000' }],
  ['http://127.0.0.1:3000', { unusable: 'ip-address' }],
  ['https://192.0.2.7', { unusable: 'ip-address' }],
  ['https://[2001:db8::1]', { unusable: 'ip-address' }],
  ['http://curfew.acme.example', { unusable: 'not-https' }],
  ['http://evil-localhost', { unusable: 'not-https' }],
])('at %s passkeys are for %j', (url, expected) => {
  expect(relyingParty(url)).toEqual(expected)
})
