import { deserialize, serialize } from 'node:v8'
import { deviceMappings } from '../../src/catalog/mapped-devices.ts'
import { plainDevices } from '../../src/catalog/plain.ts'
import type { Told, WrittenMapping } from '../../src/domain/devices/delivery.ts'
import { secret, withSources } from '../support/device-sources.ts'
import { complaints, read } from './reading.ts'

const readerOf = deviceMappings()
const told = (mapping: Partial<WrittenMapping> | Partial<WrittenMapping>[], body: unknown) =>
  readerOf([mapping].flat().map((one) => ({ id: 'item.id', at: 'item.at', ...one })))(body)
const at = '2027-01-27T12:00:00Z'
const one = async (mapping: Partial<WrittenMapping>, body: object = {}): Promise<Told> => {
  const all = await told(mapping, { id: 'a', at, ...body })
  if ('wrong' in all) throw new Error(all.wrong)
  const [only] = all
  if (only === undefined) throw new Error('nothing is told')
  return only
}

test('what fails or is not there is not known, and spoils nothing else', async () => {
  const attributes = {
    there: 'item.firewall',
    gone: 'item.disk.encrypted',
    fails: '1 / (item.zero - item.zero) == 1',
    list: 'item.list',
    nothing: 'item.nothing',
    long: 'item.long',
    whole: 'item.zero + 41',
    part: 'item.part',
  }
  const policies = {
    Passed: 'item.firewall',
    Failed: '!item.firewall',
    Gone: 'item.policies[0].response',
    Other: 'item.word',
    Never: 'item.nothing',
  }
  const body = {
    firewall: true,
    zero: 1,
    list: [1],
    nothing: null,
    long: 'x'.repeat(501),
    part: 1.5,
    word: '',
  }
  expect(await one({ attributes, policies, name: 'item.none', owner: 'item.none' }, body)).toMatchObject({
    sourceId: 'a',
    at: new Date(at),
    name: null,
    owner: undefined,
    attributes: {
      there: { value: true },
      gone: { value: null },
      fails: { value: null },
      list: { value: null },
      nothing: { value: null },
      long: { value: null },
      whole: { value: 42 },
      part: { value: 1.5 },
    },
    policies: {
      Passed: { result: 'pass' },
      Failed: { result: 'fail' },
      Gone: { result: 'unknown' },
      Other: { result: 'unknown' },
      Never: { result: 'unknown' },
    },
  })
})

test('who is told of and when must be there, or that device is refused and the others are not', async () => {
  const devices = [
    { id: 'a', at },
    { at },
    { id: 'c' },
    { id: '', at },
    { id: 'x'.repeat(201), at },
    7,
    { id: 'g', at },
  ]
  const no = (why: string, sourceId: string | null = null) => ({ sourceId, why })
  expect(await told({ each: 'body.devices' }, { devices })).toMatchObject([
    { sourceId: 'a' },
    no('id gives no text or whole number'),
    no('at gives no instant', 'c'),
    no('id gives no text or whole number'),
    no('id gives no text or whole number'),
    no('id gives no text or whole number'),
    { sourceId: 'g' },
  ])
})

test.each([
  ['RFC 3339 text', '2027-01-27T13:00:00+01:00', at],
  ['milliseconds', Date.parse(at), at],
  ['seconds, which would be days of 1970', Date.parse(at) / 1_000, null],
  ['a text without a zone', '2027-01-27T12:00:00', null],
  ['a day', '2027-01-27', null],
  ['a day that there is not', '2027-02-30T12:00:00Z', null],
  ['a number in a text', String(Date.parse(at)), null],
  ['nothing', null, null],
])('an instant of %s', async (_, written, instant) => {
  const report = await one({ at: 'item.when' }, { when: written })
  expect('at' in report ? report.at.toISOString() : null).toBe(instant?.replace('Z', '.000Z') ?? null)
})

test('CEL’s own instants are taken', async () => {
  expect(await one({ at: 'timestamp(item.day + "T12:00:00Z")' }, { day: '2027-01-27' })).toMatchObject({
    at: new Date(at),
  })
})

test.each([
  ['an address', 'Riley@acme.example', 'Riley@acme.example'],
  ['nobody', null, null],
  ['an empty text', '', null],
  ['a name, which says nothing', 'riley', undefined],
  ['a list', ['riley@acme.example'], undefined],
])('an owner that is %s', async (_, written, owner) => {
  expect(await one({ owner: 'item.user' }, { user: written })).toMatchObject({ owner })
})

test('one expression may give all names; where it gives none the device is refused', async () => {
  const policies = '{item.check: {"result": item.event == "new" ? "fail" : "pass", "remedy": "Turn it on"}}'
  expect(
    await one({ policies, attributes: 'item.facts' }, { check: 'Disk', event: 'new', facts: { a: 1 } }),
  ).toMatchObject({
    policies: { Disk: { result: 'fail', remedy: 'Turn it on' } },
    attributes: { a: { value: 1 } },
  })
  expect(await one({ policies }, { check: 'Disk' })).toEqual({
    sourceId: 'a',
    why: 'policies gives no map from names',
  })
})

test('every mapping that fits is used, and what none fits tells nothing', async () => {
  const mappings = [
    {
      when: 'body.event == "groups"',
      each: 'body.added',
      id: 'item',
      at: 'body.at',
      policies: { In: '"fail"' },
    },
    {
      when: 'body.event == "groups"',
      each: 'body.removed',
      id: 'item',
      at: 'body.at',
      policies: { In: '"pass"' },
    },
    { when: 'item.kind == "mac"', each: 'body.list', id: 'item.id', at: 'body.at' },
  ]
  expect(await told(mappings, { event: 'groups', at, added: [1, 2], removed: [3], list: [] })).toMatchObject([
    { sourceId: '1', policies: { In: { result: 'fail' } } },
    { sourceId: '2' },
    { sourceId: '3', policies: { In: { result: 'pass' } } },
  ])
  const list = [{ id: 1, kind: 'mac' }, { id: 2, kind: 'phone' }, { id: 3 }]
  expect(await told(mappings, { event: 'others', at, list })).toMatchObject([{ sourceId: '1' }])
  expect(await told(mappings.slice(0, 2), { message: 'a test' })).toEqual([])
  expect(await told(mappings, { event: 'groups', at, added: 7, removed: [], list: [] })).toEqual([
    { sourceId: null, why: 'each gives no list' },
  ])
})

test('names that JavaScript minds are names like others', async () => {
  const body: unknown = JSON.parse(`{"id":"a","at":"${at}","facts":{"__proto__":"x","constructor":"y"}}`)
  const all = await told({ attributes: 'item.facts', name: 'item.constructor' }, body)
  expect(all).toMatchObject([{ name: null, attributes: { constructor: { value: 'y' } } }])
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('more than a thousand devices are refused, however they come', async () => {
  const many = Array.from({ length: 1_001 }, (_, id) => ({ id, at }))
  const wrong = { wrong: 'tells of more than 1000 devices' }
  expect(await told({ each: 'body.all' }, { all: many })).toEqual(wrong)
  expect(await told({ each: 'body.all', when: 'item.id == -1' }, { all: many })).toEqual(wrong)
  const half = { each: 'body.all' }
  expect(await told([half, half], { all: many.slice(0, 501) })).toEqual(wrong)
})

test('while a thousand devices are read others have their turn', async () => {
  const all = Array.from({ length: 1_000 }, (_, id) => ({ id, at, name: 'x'.repeat(900), checks: [1, 2, 3] }))
  const named = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`Check ${n}`, `item.checks.exists(one, one == ${n})`]),
  )
  let turns = 0
  const turning = setInterval(() => (turns += 1), 1)
  const mapping = { each: 'body.all', when: 'body.all.size() > 3', policies: named }
  expect(await told(mapping, { all })).toHaveLength(1_000)
  clearInterval(turning)
  expect(turns).toBeGreaterThan(10)
})

const source = (settings: string) =>
  withSources(`laptops:\n  kind: webhook\n${settings.replace(/^/gm, '  ')}`)
const mapped = (mapping: string) => source(`secret: "${secret}"\nmap:\n${mapping.replace(/^/gm, '  ')}`)
const faultsOf = (text: string) =>
  complaints(text).map((one) => one.replace(/^catalog\.yml:/, '').replace('devices.sources.laptops.', ''))

test.each([
  [
    'a name that there is not',
    'id: itm.udid\nat: item.at',
    '29:13 map.id: there is no "itm"; did you mean "item"?',
  ],
  ['no id', 'at: item.at', '28:7 map.id: is missing'],
  ['no instant', 'id: item.id', '28:7 map.at: is missing'],
  [
    'a number as an owner',
    'id: item.id\nat: item.at\nowner: "5.5"',
    '31:17 map.owner: must give a text, not double',
  ],
  [
    'a policy that is a number',
    'id: item.id\nat: item.at\npolicies: { Compliant: "size(item.list)" }',
    '31:33 map.policies.Compliant: must give "pass", "fail" or "unknown", not int',
  ],
  [
    'a place inside a long condition',
    'id: item.id\nat: item.at\nwhen: body.event == "x" && bdy.kind == "y"',
    '31:36 map.when: there is no "bdy"; did you mean "body"?',
  ],
  [
    'a list of the item',
    'each: item.all\nid: item.id\nat: item.at',
    '29:15 map.each: must say of body which devices it tells of',
  ],
  [
    'going through all of the body for each item',
    'each: body.all\nid: item.id\nat: item.at\nwhen: body.all.exists(one, one == item)',
    '32:15 map.when: cannot go through body for each item',
  ],
  [
    'a pattern that is none',
    'id: item.id\nat: item.at\nname: \'item.name.matches("(") ? "a" : "b"\'',
    '31:16 map.name: a pattern in RE2: missing closing ): `(`',
  ],
  [
    'a key that there is not',
    'id: item.id\nat: item.at\nserail: item.s',
    '31:9 map.serail: is not a key here; did you mean "serial"?',
  ],
])('the catalog says where a mapping has %s', (_, mapping, fault) => {
  expect(faultsOf(mapped(mapping))).toEqual([fault])
})

test('of several mappings the one at fault is named', () => {
  const list = '- { id: item.id, at: item.at }\n- { id: item.id, at: itm.at }'
  expect(faultsOf(mapped(list))).toEqual([expect.stringContaining('map[1].at: there is no "itm"') as string])
})

test.each([
  ['nobody who could sign', 'owner: claimed', 'secret: is missing: nobody could sign'],
  ['a secret that is short', 'secret: short', 'secret: must be at least 16 characters'],
  [
    'a secret that is no base64',
    'secret: "whsec_not/base64!not/base64!"',
    'secret: must be whsec_ followed by at least 16 random bytes in base64',
  ],
  [
    'both',
    `secret: "${secret}"\nsecrets: ["${secret}"]`,
    'secrets: is said beside secret: list all of them here',
  ],
  [
    'a signature from nowhere',
    `signature: github\nsecret: "${secret}"`,
    'signature: must be one of standard, kolide, basic',
  ],
  ['no password', 'signature: basic\nuser: curfew', 'password: is missing'],
  ['a user who is not asked', `secret: "${secret}"\nuser: curfew`, 'user: is for signature: basic'],
])('the catalog refuses a source with %s', (_, settings, fault) => {
  expect(faultsOf(source(settings)).map((one) => one.replace(/^[\d:]+ /, ''))).toEqual([fault])
})

test('what is wrong with a secret is told without it', () => {
  const env = { DEMO_URL: 'demo://here', DEMO_HOOK: 'hunter2', CATALOG_VARIABLES: 'DEMO_*' }
  const told = complaints(source('secret: "${DEMO_HOOK}"'), { env })
  expect(told).toHaveLength(1)
  expect(told.join()).not.toMatch(/hunter2/)
})

test('a mapping is the same after it was judged in a thread of its own', () => {
  const { devices } = read(mapped('id: item.id\nat: item.at\npolicies: { Compliant: item.ok }'))
  const sent: unknown = deserialize(serialize(plainDevices(devices)))
  expect(sent).toEqual(plainDevices(devices))
})

test('a good mapping is kept as it is written', () => {
  const catalog = read(mapped('id: item.id\nat: item.at\npolicies: { Compliant: item.ok }'))
  expect(catalog.devices.sources.get('laptops')?.settings).toMatchObject({
    signature: 'standard',
    map: { id: 'item.id', at: 'item.at', policies: { Compliant: 'item.ok' } },
  })
})
