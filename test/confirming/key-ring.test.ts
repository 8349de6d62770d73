import { isOneOf } from '../../src/confirming/key-ring.ts'
import { newRingKey } from '../../src/domain/ring-keys.ts'
import { fillVariables } from '../../src/catalog/variables.ts'
import { ConfigError, readConfig, readRingPlaces, secretsOf } from '../../src/config.ts'
import { aKey, ringOf, written } from '../support/ring.ts'

const ofRiley = { person: 'p-riley', purpose: 'totp' } as const
const secret = Buffer.from('twenty bytes of it, ')
const [one, two] = [aKey('one'), aKey('two')]

test('what was sealed opens, whoever holds the key and in whatever order their keys are', () => {
  const sealed = ringOf(one).seal(secret, ofRiley)
  expect(ringOf(two, one).open(sealed, ofRiley)).toEqual(secret)
  expect(sealed.keyId).toBe('one')
  expect(JSON.stringify(sealed)).not.toContain(secret.toString('base64url'))
})

test('the same secret sealed twice does not look the same', () => {
  const ring = ringOf(one)
  const boxes = Array.from({ length: 50 }, () => ring.seal(secret, ofRiley))
  expect(new Set(boxes.map(({ box }) => box)).size).toBe(50)
  expect(new Set(boxes.map(({ nonce }) => nonce)).size).toBe(50)
})

test('a bit turned anywhere, a shorter tag or a cut box does not open', () => {
  const ring = ringOf(one)
  const sealed = ring.seal(secret, ofRiley)
  const altered = (field: 'nonce' | 'box') => {
    const bytes = Buffer.from(sealed[field], 'base64url')
    return Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const turned = Buffer.from(bytes)
      turned[bit >> 3]! ^= 1 << (bit & 7)
      return { ...sealed, [field]: turned.toString('base64url') }
    })
  }
  const box = Buffer.from(sealed.box, 'base64url')
  const cut = [0, 4, 12, 15, 16, box.length - 12, box.length - 1].map((length) => ({
    ...sealed,
    box: box.subarray(0, length).toString('base64url'),
  }))
  const nonces = ['', 'AAAA', sealed.nonce + sealed.nonce].map((nonce) => ({ ...sealed, nonce }))
  for (const wrong of [...altered('nonce'), ...altered('box'), ...cut, ...nonces])
    expect(ring.open(wrong, ofRiley)).toEqual({ unopened: 'altered', keyId: 'one' })
})

test('a secret that was moved to somebody else, or to another key of that name, does not open', () => {
  const ring = ringOf(one, two)
  const sealed = ring.seal(secret, ofRiley)
  expect(ring.open(sealed, { ...ofRiley, person: 'p-mallory' })).toMatchObject({ unopened: 'altered' })
  expect(ring.open({ ...sealed, keyId: 'two' }, ofRiley)).toMatchObject({ unopened: 'altered' })
  expect(ringOf(aKey('one')).open(sealed, ofRiley)).toEqual({ unopened: 'altered', keyId: 'one' })
  expect(ringOf(two).open(sealed, ofRiley)).toEqual({ unopened: 'unknown-key', keyId: 'one' })
})

test('a mark is known by every replica that has its key, and says nothing of other parts, purposes and keys', () => {
  const [before, after] = [ringOf(one), ringOf(two, one)]
  const [mark] = before.marks('challenge', ['ticket', 'passkey', 'digest'])
  expect(mark).toHaveLength(32)
  expect(isOneOf(mark, after.marks('challenge', ['ticket', 'passkey', 'digest']))).toBe(true)
  const others = [
    after.marks('challenge', ['ticket', 'passkey', 'digest2']),
    after.marks('challenge', ['ticketp', 'asskey', 'digest']),
    after.marks('challenge', ['ticket', 'passkey","digest']),
    after.marks('enrolment-code', ['ticket', 'passkey', 'digest']),
    ringOf(two).marks('challenge', ['ticket', 'passkey', 'digest']),
  ]
  for (const marks of others) expect(isOneOf(mark, marks)).toBe(false)
  expect(isOneOf(mark.subarray(1), before.marks('challenge', ['ticket', 'passkey', 'digest']))).toBe(false)
  expect(isOneOf(Buffer.alloc(0), [mark])).toBe(false)
})

describe('CURFEW_KEYS', () => {
  const environment = { MONGODB_URI: 'mongodb://127.0.0.1/curfew' }
  const read = (CURFEW_KEYS: string) => readRingPlaces({ ...environment, CURFEW_KEYS }).keys

  test('the first key is current, and what `curfew keys new` prints is one', () => {
    expect(read(written(one, two)).map(({ id }) => id)).toEqual(['one', 'two'])
    expect(ringOf(...read(`${newRingKey()},${newRingKey()}`)).ids).toHaveLength(2)
    expect(new Set(Array.from({ length: 20 }, newRingKey)).size).toBe(20)
  })

  const short = Buffer.alloc(31, 7).toString('base64')
  test.each([
    ['', /is not set/],
    [one.base64, /key 1 is not written id:base64/],
    [`One:${one.base64}`, /key 1 is not written id:base64/],
    [`a|b:${one.base64}`, /key 1 is not written id:base64/],
    [`${written(one)},`, /key 2 is not written id:base64/],
    [`${written(one)}, ${written(two)}`, /has a space/],
    [`"${written(one)}"`, /is in quotes/],
    [`one:${short}`, /key 1 has 31 bytes, not 32/],
    [`one:${one.base64.replace(/=$/, '')}`, /key 1 is not base64/],
    [`one:${Buffer.alloc(32, 255).toString('base64url')}=`, /key 1 is not base64/],
    [`one:${'A'.repeat(43)}=`, /key 1 is not random/],
    [`one:${Buffer.from('changeme'.repeat(4)).toString('base64')}`, /key 1 is not random/],
    [written(one, { ...two, id: 'one' }), /key 2 has the id of another/],
    [written(one, { ...one, id: 'two' }), /key 2 is another once more/],
  ])('is refused by name and without its text: %#', (text, why) => {
    const reading = () => read(text)
    expect(reading).toThrow(ConfigError)
    expect(reading).toThrow(why)
    for (const { base64 } of [one, two]) expect(reading).not.toThrow(base64.slice(0, 20))
  })

  test('is optional, stands in no log, and no catalog can send it anywhere', () => {
    const complete = {
      ...environment,
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN: 'xapp-1',
      CATALOG: './catalog.yml',
    }
    expect(readConfig(complete).keys).toBeNull()
    const config = readConfig({ ...complete, CURFEW_KEYS: written(one, two) })
    expect(secretsOf(config)).toEqual(expect.arrayContaining([one.base64, two.base64]))
    const filled = fillVariables({ url: '${CURFEW_KEYS}' }, { CURFEW_KEYS: written(one) })
    expect(filled).toMatchObject({ value: { url: '${CURFEW_KEYS}' }, secrets: [] })
    expect(filled.refused).toHaveLength(1)
  })
})
