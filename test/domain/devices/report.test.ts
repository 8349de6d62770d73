import { deviceSchema } from '../../../src/domain/devices/device.ts'
import { deviceReport } from '../../../src/domain/devices/report.ts'
import { ada, at, riley } from '../../support/builders.ts'
import { aDevice, aReport, heard, merge, saidAt } from '../../support/known-devices.ts'

const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

const attribute = (name: string, value: unknown): unknown =>
  JSON.parse(`{"${name}":{"value":${JSON.stringify(value)}}}`)
const policy = (name: string, result: string): unknown => JSON.parse(`{"${name}":{"result":"${result}"}}`)

test('what comes late changes nothing that is newer, in whichever order', () => {
  const reports = [
    { at: at(10), attributes: { firewall: { value: false }, os: { value: 'macOS' } } },
    { at: at(30), attributes: { firewall: { value: true } } },
    { at: at(20), attributes: { firewall: { value: false }, screenLock: { value: true } } },
  ]
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]
  const known = orders.map((order) =>
    order.reduce((device, index) => heard(device, reports[index] ?? {}, at(40)), aDevice()),
  )
  for (const { said, lastSeenAt } of known) {
    expect(said).toEqual({
      ...saidAt(10, { os: 'macos' }),
      ...saidAt(30, { firewall: true }),
      ...saidAt(20, { screenLock: true }),
    })
    expect(lastSeenAt).toEqual(at(30))
  }
})

test('a clock a little ahead of ours counts as now, one far ahead is refused whole', () => {
  const ahead = heard(aDevice(), { at: at(299), attributes: { firewall: { value: true } } }, at(0))
  expect([ahead.lastSeenAt, ahead.said['firewall']?.at]).toEqual([at(0), at(0)])
  expect(merge(aDevice(), { at: at(301) }, at(0))).toEqual({ not: 'from-the-future' })
  expect(merge(aDevice(), { attributes: { firewall: { value: true, at: at(301) } } }, at(0))).toEqual({
    not: 'from-the-future',
  })
})

test.each([null, '', '  ', 'unknown', 'UNKNOWN', 'n/a'])('a value of %p says that nobody knows', (value) => {
  const known = aDevice({ said: saidAt(0, { firewall: true, edr: 'on' }) })
  const device = heard(known, { at: at(1), attributes: { firewall: { value }, edr: { value } } }, at(1))
  expect(device.said).toEqual(saidAt(1, { firewall: null, edr: null }))
})

test.each([
  ['firewall', 'true'],
  ['firewall', 1],
  ['diskEncrypted', 'yes'],
  ['os', true],
  ['os', 11],
  ['osVersion', true],
  ['osVersion', 'rolling'],
  ['osVersion', -15],
  ['osVersion', 1e21],
  ['osVersion', 1e-7],
])('%s of a wrong kind (%p) is not known', (name, value) => {
  expect(heard(aDevice(), { attributes: attribute(name, value) }, at(0)).said[name]).toEqual({
    value: null,
    at: at(0),
  })
})

test.each(prototypeNames)('an attribute called %s is one as any other, or is refused', (name) => {
  const parsed = deviceReport.safeParse({ sourceId: 'x', at: at(1), attributes: attribute(name, true) })
  if (!parsed.success || !Object.hasOwn(parsed.data.attributes, name)) return
  const device = heard(aDevice(), { at: at(1), attributes: attribute(name, true) }, at(1))
  expect(Object.entries(device.said)).toEqual([[name, { value: true, at: at(1) }]])
  expect(Object.getPrototypeOf(device.said)).toBe(Object.prototype)
})

test.each(prototypeNames)('a failing policy called %s fails, whoever says so', (name) => {
  const parsed = deviceReport.safeParse({ sourceId: 'x', at: at(1), policies: policy(name, 'fail') })
  if (!parsed.success || !Object.hasOwn(parsed.data.policies, name)) return
  for (const isTrusted of [true, false]) {
    const device = heard(aDevice(), { at: at(1), isTrusted, policies: policy(name, 'fail') }, at(1))
    expect(Object.entries(device.policies)).toMatchObject([
      [name, { result: 'fail', at: at(1), remedy: null }],
    ])
  }
})

test('who could be anybody makes a policy fail, and nothing else', () => {
  const known = aDevice({ policies: { disk: { result: 'fail', at: at(0), remedy: null } } })
  const device = heard(
    known,
    {
      at: at(9),
      isTrusted: false,
      name: 'mine now',
      owner: { email: 'mallory@acme.example', isProven: true },
      attributes: { firewall: { value: true } },
      policies: { disk: { result: 'pass' }, edr: { result: 'fail' }, lock: { result: 'unknown' } },
      hasAllPolicies: true,
    },
    at(9),
  )
  expect(device).toEqual({
    ...known,
    policies: { ...known.policies, edr: { result: 'fail', at: at(9), remedy: null, isNamedByAnybody: true } },
  })
  expect(merge(null, { isTrusted: false }, at(0))).toEqual({ not: 'unknown-device' })
})

test('thousands of names are not kept, and what is known stays', () => {
  const names = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`n${i}`, { value: true }]))
  const policies = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`n${i}`, { result: 'fail' }]))
  expect(merge(aDevice(), { attributes: names }, at(0))).toEqual({ not: 'too-much' })
  expect(merge(aDevice(), { policies }, at(0))).toEqual({ not: 'too-much' })
})

test('who could be anybody cannot fill a device up, so that its own source is not heard any more', () => {
  const policies = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`n${i}`, { result: 'fail' }]))
  const filled = heard(aDevice(), { at: at(1), isTrusted: false, policies }, at(1))
  const device = heard(filled, { at: at(2), policies: { disk: { result: 'fail' } } }, at(2))
  expect([device.lastSeenAt, device.policies['disk']?.result]).toEqual([at(2), 'fail'])
})

test('of all its policies those that are not named any more are gone, and a late report does not bring them back', () => {
  const known = heard(aDevice(), { at: at(1), policies: { ...two }, hasAllPolicies: true }, at(1))
  const less = heard(
    known,
    { at: at(9), policies: { disk: { result: 'pass' } }, hasAllPolicies: true },
    at(9),
  )
  expect(Object.keys(less.policies)).toEqual(['disk'])
  const late = heard(less, { at: at(5), policies: two, hasAllPolicies: true }, at(10))
  expect(late.policies).toEqual(less.policies)
})
const two = { disk: { result: 'fail' }, edr: { result: 'fail' } }

const names = (email: string | null, isProven: boolean) => ({
  owner: email === null ? null : { email, isProven },
})
const mallorys = 'mallory@acme.example'

test.each([
  ['somebody else, proven', aDevice(), names(mallorys, true), true],
  ['somebody else, and an admin bound it', aDevice({ isOwnerProven: false }), names(mallorys, false), true],
  ['somebody else, without proof, of one that is proven', aDevice(), names(mallorys, false), false],
  ['its owner in capitals', aDevice(), names(riley.email?.toUpperCase() ?? '', true), false],
  ['nobody', aDevice(), names(null, true), false],
  ['nothing of that', aDevice(), {}, false],
  ['somebody, of one that is nobody’s', aDevice({ owner: null }), names(mallorys, true), false],
])('its source names %s: is it in question?', (_, known, about, isInQuestion) => {
  expect(heard(known, { at: at(1), ...about }, at(1)).isInQuestion).toBe(isInQuestion)
})

test('a word without proof does not keep a proven one from counting', () => {
  const gossip = heard(aDevice(), { at: at(1), ...names(mallorys, false) }, at(1))
  expect(heard(gossip, { at: at(2), ...names(mallorys, true) }, at(2)).isInQuestion).toBe(true)
})

test('once an admin said that it stays its owner’s, the same word again changes nothing', () => {
  const asked = heard(aDevice(), { at: at(1), ...names(mallorys, true) }, at(1))
  const kept = { ...asked, isInQuestion: false }
  expect(heard(kept, { at: at(2), ...names(mallorys, true) }, at(2)).isInQuestion).toBe(false)
  expect(heard(kept, { at: at(2), ...names(ada.email ?? '', true) }, at(2)).isInQuestion).toBe(true)
})

test('a late report does not put its owner in question', () => {
  const known = aDevice({ lastSeenAt: at(10) })
  expect(heard(known, { at: at(5), ...names(mallorys, true) }, at(11)).isInQuestion).toBe(false)
})

test('the same once more is no change; another value is one', () => {
  const about = {
    at: at(1),
    attributes: { firewall: { value: true } },
    policies: { disk: { result: 'pass' } },
  }
  const known = heard(aDevice(), about, at(1))
  expect(merge(known, { ...about, at: at(2) }, at(2))).toMatchObject({ isChanged: false })
  expect(merge(known, { at: at(2), attributes: { firewall: { value: false } } }, at(2))).toMatchObject({
    isChanged: true,
  })
  expect(aReport().hasAllPolicies).toBe(false)
})

test('a text that is longer in small letters than any value may be is not known, and the device can be read again', () => {
  const said = (os: string) => heard(aDevice(), { at: at(1), attributes: { os: { value: os } } }, at(1))
  expect(said('I'.repeat(300)).said['os']?.value).toBe('i'.repeat(300))
  const longer = said('\u0130'.repeat(300))
  expect(longer.said['os']?.value).toBeNull()
  expect(deviceSchema.safeParse(longer).success).toBe(true)
})
