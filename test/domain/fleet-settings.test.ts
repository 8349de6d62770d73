import { rootCertificates } from 'node:tls'
import { fleetSettings } from '../../src/domain/devices/source-kinds.ts'

const url = 'https://fleet.acme.example'
const token = 'aToken=='
const isTaken = (settings: object) => fleetSettings.safeParse({ url, token, ...settings }).success

test('an address and a token are enough; it is looked every five minutes', () => {
  expect(fleetSettings.parse({ url, token })).toEqual({ url, token, every: '5m' })
})

test('settings that were parsed are parsed to the same again', () => {
  const once = fleetSettings.parse({ url, token, every: '90s', webhookSecret: 'abcdefghijklmnop' })
  expect(fleetSettings.parse(once)).toEqual(once)
})

test('the token is sent to nobody in the clear, but on this very machine', () => {
  expect(isTaken({ url: 'http://fleet.acme.example' })).toBe(false)
  expect(isTaken({ url: 'http://127.0.0.1:8080' })).toBe(true)
  expect(isTaken({ url: 'https://ada:pw@fleet.acme.example' })).toBe(false)
  expect(isTaken({ url: 'https://acme.example/fleet' })).toBe(true)
  expect(isTaken({ url: 'https://fleet.acme.example?x=1' })).toBe(false)
})

test.each([
  ['every', '5m', true],
  ['every', '30s', true],
  ['every', '29s', false],
  ['every', '2d', false],
  ['every', 5, false],
  ['every', 'often', false],
  ['token', '', false],
  ['token', 'two words', false],
  ['webhookSecret', 'tooshort', false],
  ['webhookSecret', 'a-secret-of-a-url-path_1', true],
  ['webhookSecret', 'no/slashes/in/a/path/part', false],
  ['ca', 'not a certificate', false],
  ['ca', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', false],
  ['evry', '5m', false],
])('%s: %j is taken: %s', (name, value, taken) => {
  expect(isTaken({ [name]: value })).toBe(taken)
})

test('certificates are taken, one after the other, and none where one of them is cut off', () => {
  const [one = '', another = ''] = rootCertificates
  expect(isTaken({ ca: `${one}\n${another}\n` })).toBe(true)
  expect(isTaken({ ca: `${one}\n${another.slice(0, 200)}` })).toBe(false)
})
