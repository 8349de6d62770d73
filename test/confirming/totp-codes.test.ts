import { createHmac } from 'node:crypto'
import { matchingStep, sixDigits, totpOffer } from '../../src/confirming/totp-codes.ts'

/** RFC 6238's own test secret; its codes there have eight digits, of which apps show the last six. */
const secret = Buffer.from('12345678901234567890')
const atSecond = (second: number) => new Date(second * 1_000)

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at second %i the code is that of RFC 6238, %s', (second, code) => {
  expect(matchingStep(secret, code, atSecond(second))).toBe(Math.floor(second / 30))
})

describe('a phone whose clock is 40 seconds off', () => {
  const step = 44_000_000
  const codeAt = (second: number) => codeOf(Math.floor(second / 30))
  const [begins, middle, ends] = [step * 30, step * 30 + 15, step * 30 + 29]

  test('passes while it is one step off, and then it does not', () => {
    const passes = [begins, middle, ends].map((second) => ({
      slow: matchingStep(secret, codeAt(second - 40), atSecond(second)),
      fast: matchingStep(secret, codeAt(second + 40), atSecond(second)),
    }))
    expect(passes).toEqual([
      { slow: null, fast: step + 1 },
      { slow: step - 1, fast: step + 1 },
      { slow: step - 1, fast: null },
    ])
  })

  test('and of two steps off none passes', () => {
    for (const second of [begins, middle, ends])
      for (const off of [-60, 60, -90, 90])
        expect(matchingStep(secret, codeAt(second + off), atSecond(second))).toBeNull()
  })
})

/** As RFC 4226 says it, without the library. */
function codeOf(step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac[19]! & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

test.each([
  ['123456', '123456'],
  [' 123 456\n', '123456'],
  ['123\u00a0456', '123456'],
  ['1 2 3 4 5 6', '123456'],
  ['', null],
  ['12345', null],
  ['1234567', null],
  ['12345a', null],
  ['-12345', null],
  ['1e5000', null],
  ['١٢٣٤٥٦', null],
  ['１２３４５６', null],
  ['123456; drop', null],
  ['9'.repeat(100_000), null],
])('%p typed as a code is read as %p', (typed, read) => {
  expect(sixDigits(typed)).toBe(read)
})

test('an app is told all that it needs, in a picture that a strict page may show', () => {
  const { uri, qr, secret: shown } = totpOffer(secret, { issuer: 'Curfew', label: 'ri:ley+x@acme.example' })
  const url = new URL(uri)
  expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
    'otpauth:',
    'totp',
    '/Curfew:ri:ley+x@acme.example',
  ])
  expect(Object.fromEntries(url.searchParams)).toEqual({
    issuer: 'Curfew',
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  expect(shown).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')
  expect(qr).toMatch(/^<svg [^>]*viewBox/)
  expect(qr).not.toMatch(/style|script|href|on\w+=/)
  expect(qr.length).toBeLessThan(9_000)
})
