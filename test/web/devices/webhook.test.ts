import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Webhook } from 'standardwebhooks'
import { oldSecret, secret } from '../../support/device-sources.ts'
import { aDeviceServer, signed } from '../../support/devices-server.ts'

const noon = new Date('2027-01-27T12:00:00Z')
const later = (minutes: number) => new Date(noon.getTime() + minutes * 60_000)
const laptop = (more: object = {}) => ({
  sourceId: 'riley-1',
  at: '2027-01-27T11:59:00Z',
  name: 'Riley’s laptop',
  serial: 'C02XK1',
  owner: 'riley@acme.example',
  attributes: { firewall: true, osVersion: '15.1' },
  policies: { Compliant: 'pass' },
  ...more,
})

let server: Awaited<ReturnType<typeof aDeviceServer>>
beforeAll(async () => {
  server = await aDeviceServer(
    `laptops: { kind: webhook, secrets: ["${secret}", "${oldSecret}"] }
plain: { kind: webhook, secret: "a passphrase, no base64" }
agents: { kind: report }
`,
  )
})
afterAll(() => server.close())
beforeEach(() => server.setNow(noon))

const fresh = () => `device-${randomBytes(4).toString('hex')}`
const firewallOf = async (sourceId: string) =>
  (await server.device(`laptops/${sourceId}`))?.said['firewall']?.value

test('a signed report makes the device known, with all that it says', async () => {
  const answer = await server.deliver(laptop())
  expect(answer).toMatchObject({ status: 200, accepted: 1, refused: [] })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const known = await server.device('laptops/riley-1')
  const at = new Date('2027-01-27T11:59:00Z')
  expect(known).toMatchObject({
    name: 'Riley’s laptop',
    serial: 'C02XK1',
    claimed: 'riley@acme.example',
    owner: null,
    lastSeenAt: at,
    said: { firewall: { value: true, at }, osVersion: { value: '15.1', at } },
    policies: { Compliant: { result: 'pass', at } },
  })
})

test('what the library of Standard Webhooks signs is taken', async () => {
  const body = JSON.stringify(laptop({ sourceId: fresh() }))
  const library = new Webhook(secret)
  const signature = library.sign('msg_lib', noon, body)
  const timestamp = String(noon.getTime() / 1_000)
  const headers = { 'webhook-id': 'msg_lib', 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  expect(await server.send('laptops', body, headers)).toMatchObject({ status: 200, accepted: 1 })
})

test('while one secret takes over from another either is good, and one good signature of several is enough', async () => {
  const stranger = `whsec_${randomBytes(24).toString('base64')}`
  const by = (secrets: string[]) => server.deliver(laptop({ sourceId: fresh() }), { secrets })
  expect(await by([oldSecret])).toMatchObject({ status: 200, accepted: 1 })
  expect(await by([stranger, secret])).toMatchObject({ status: 200, accepted: 1 })
  expect(await by([stranger])).toMatchObject({ status: 401 })
})

test('a secret that is no base64 is taken as it is written', async () => {
  const secrets = ['a passphrase, no base64']
  expect(await server.deliver(laptop(), { secrets }, 'plain')).toMatchObject({ status: 200, accepted: 1 })
})

const body = JSON.stringify(laptop({ sourceId: 'never' }))
const good = signed(body, { at: noon })
test.each([
  ['nothing of a signature', body, {}],
  ['a signature of another secret', body, signed(body, { at: noon, secrets: [`whsec_${'A'.repeat(32)}`] })],
  ['an empty key', body, signed(body, { at: noon, secrets: ['whsec_'] })],
  ['other bytes that mean the same', `${body} `, good],
  ['another id', body, { ...good, 'webhook-id': 'msg_other' }],
  ['another time', body, { ...good, 'webhook-timestamp': String(noon.getTime() / 1_000 + 1) }],
  ['no time', body, { ...good, 'webhook-timestamp': '' }],
  ['a time that is none', body, { ...good, 'webhook-timestamp': 'noon' }],
  ['a signature of six minutes ago', body, signed(body, { at: later(-6) })],
  ['a signature of six minutes ahead', body, signed(body, { at: later(6) })],
  [
    'a signature of no version',
    body,
    { ...good, 'webhook-signature': good['webhook-signature']?.slice(3) ?? '' },
  ],
  ['an endless id', body, signed(body, { at: noon, id: 'x'.repeat(301) })],
])('%s is answered 401, and nothing more is told', async (_, sent, headers) => {
  const answer = await server.send('laptops', sent, headers)
  expect(answer).toMatchObject({ status: 401, error: 'not signed by who may send here' })
  expect(await server.device('laptops/never')).toBeNull()
})

test('a clock that is four minutes off is good enough', async () => {
  expect(await server.deliver(laptop({ sourceId: fresh() }), { at: later(-4) })).toMatchObject({
    status: 200,
  })
  expect(await server.deliver(laptop({ sourceId: fresh() }), { at: later(4) })).toMatchObject({ status: 200 })
})

test('the same delivery again is answered as done and does nothing', async () => {
  const sourceId = fresh()
  const first = JSON.stringify(laptop({ sourceId, attributes: { firewall: false } }))
  const headers = signed(first, { at: noon })
  expect(await server.send('laptops', first, headers)).toMatchObject({ status: 200, accepted: 1 })
  const before = await server.device(`laptops/${sourceId}`)
  expect(await server.send('laptops', first, headers)).toMatchObject({
    status: 200,
    accepted: 0,
    refused: [],
  })
  expect(await server.device(`laptops/${sourceId}`)).toEqual(before)
})

test('of the same delivery many times at once one is done', async () => {
  const sourceId = fresh()
  const text = JSON.stringify(laptop({ sourceId }))
  const headers = signed(text, { at: noon })
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.send('laptops', text, headers)))
  expect(answers.filter(({ accepted }) => accepted === 1)).toHaveLength(1)
  expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
  expect((await server.device(`laptops/${sourceId}`))?.revision).toBe(1)
})

test('what comes out of order changes nothing, whatever is newest stays', async () => {
  const sourceId = fresh()
  await server.deliver(laptop({ sourceId, at: '2027-01-27T11:58:00Z', attributes: { firewall: false } }))
  await server.deliver(laptop({ sourceId, at: '2027-01-27T11:50:00Z', attributes: { firewall: true } }))
  expect(await firewallOf(sourceId)).toBe(false)
})

test('of a batch the bad ones are refused, each with why, and the others taken', async () => {
  const [one, two] = [fresh(), fresh()]
  const answer = await server.deliver({
    devices: [
      laptop({ sourceId: one }),
      { at: '2027-01-27T11:59:00Z' },
      laptop({ sourceId: 'no-time', at: 'yesterday' }),
      laptop({ sourceId: 'no-zone', at: '2027-01-27T11:59:00' }),
      laptop({ sourceId: 'no-such-day', at: '2027-02-30T11:59:00Z' }),
      laptop({ sourceId: 'in-ms', at: 1_800_000_000_000 }),
      laptop({ sourceId: 'ahead', at: '2027-01-27T12:06:00Z' }),
      laptop({ sourceId: 'mistyped', polices: {} }),
      laptop({ sourceId: 'nobody', owner: 'riley' }),
      'nonsense',
      laptop({ sourceId: two }),
    ],
  })
  expect(answer).toMatchObject({ status: 200, accepted: 2 })
  const whys = Object.fromEntries(answer.refused.map(({ sourceId, why }) => [sourceId ?? '', why]))
  const zone = 'at must be an instant with its zone, such as 2027-01-31T09:00:00Z'
  expect(whys).toMatchObject({
    'no-time': zone,
    'no-zone': zone,
    'no-such-day': zone,
    'in-ms': 'at must be an instant such as 2027-01-31T09:00:00Z',
    ahead: 'its instants are in the future',
    nobody: 'owner must be an address',
  })
  expect(whys['mistyped']).toMatch(/polices/)
  expect(answer.refused).toHaveLength(9)
  expect(await firewallOf(one)).toBe(true)
  expect(await firewallOf(two)).toBe(true)
})

test('a device that a batch tells of a hundred times is as it was told of last', async () => {
  const sourceId = fresh()
  const minute = (at: number) => `2027-01-27T10:${String(at % 60).padStart(2, '0')}:0${at >= 60 ? 1 : 0}Z`
  const devices = Array.from({ length: 100 }, (_, at) =>
    laptop({ sourceId, at: minute(at), attributes: { firewall: at === 59 } }),
  )
  expect(await server.deliver({ devices })).toMatchObject({ status: 200, accepted: 100 })
  expect(await firewallOf(sourceId)).toBe(true)
})

test('a thousand devices are taken at once, and one more is refused', async () => {
  const prefix = fresh()
  const devices = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ sourceId: `${prefix}-${at}`, at: '2027-01-27T11:59:00Z' }))
  expect(await server.deliver({ devices: devices(1_001) })).toMatchObject({
    status: 400,
    error: 'tells of more than 1000 devices',
  })
  expect(await server.deliver({ devices: devices(1_000) })).toMatchObject({ status: 200, accepted: 1_000 })
}, 30_000)

test('each value may have an instant of its own', async () => {
  const sourceId = fresh()
  await server.deliver(
    laptop({
      sourceId,
      attributes: { firewall: { value: true, at: '2027-01-27T11:00:00+01:00' } },
      policies: { Updates: { result: 'fail', at: '2027-01-27T11:30:00Z', remedy: 'Restart it.' } },
    }),
  )
  expect(await server.device(`laptops/${sourceId}`)).toMatchObject({
    said: { firewall: { at: new Date('2027-01-27T10:00:00Z') } },
    policies: { Updates: { result: 'fail', at: new Date('2027-01-27T11:30:00Z'), remedy: 'Restart it.' } },
  })
})

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
test.each([
  ['no JSON', '{"sourceId":'],
  ['nothing', ''],
  ['JSON that is deeper than any report', `{"sourceId":"x","at":"2027-01-27T11:59:00Z","name":${deep(40)}}`],
  ['JSON that is too deep', `{"sourceId":"x","at":"2027-01-27T11:59:00Z","name":${deep(400_000)}}`],
])('%s, though signed, is answered 400', async (_, sent) => {
  expect(await server.deliver(sent)).toMatchObject({
    status: 400,
    error: 'the body is no JSON that can be read',
  })
})

test('bytes that are no text are answered 400', async () => {
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
  const { createHmac } = await import('node:crypto')
  const timestamp = String(noon.getTime() / 1_000)
  const key = Buffer.from(secret.slice(6), 'base64')
  const signature = createHmac('sha256', key).update(`msg_b.${timestamp}.`).update(bytes).digest('base64')
  const answer = await server.send('laptops', Uint8Array.from(bytes), {
    'webhook-id': 'msg_b',
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  })
  expect(answer.status).toBe(400)
})

test('a body of 10 MB is not read, whether it says so or not', async () => {
  const large = 'x'.repeat(10_000_000)
  expect(await server.send('laptops', large, signed(large, { at: noon }))).toMatchObject({ status: 413 })
  const chunk = new TextEncoder().encode('x'.repeat(64_000))
  let pulled = 0
  const stream = new ReadableStream({
    pull: (controller) => {
      pulled += chunk.length
      if (pulled > 10_000_000) controller.close()
      else controller.enqueue(chunk)
    },
  })
  expect(await server.send('laptops', stream)).toMatchObject({ status: 413 })
  expect(pulled).toBeLessThan(10_000_000)
})

test('what is packed, or is no JSON by its own word, is answered 415', async () => {
  const packed = gzipSync(body)
  const headers = { ...good, 'content-encoding': 'gzip' }
  expect((await server.send('laptops', Uint8Array.from(packed), headers)).status).toBe(415)
  expect((await server.send('laptops', body, { ...good, 'content-type': 'text/plain' })).status).toBe(415)
})

test('other sources have no address here, and looking is no delivering', async () => {
  const headers = signed(body, { at: noon })
  expect(await server.send('nowhere', body, headers)).toMatchObject({ status: 404 })
  expect(await server.send('agents', body, headers)).toMatchObject({ status: 404 })
  expect(await server.send('__proto__', body, headers)).toMatchObject({ status: 404 })
  const looked = await server.send('laptops', undefined, {}, 'GET')
  expect(looked).toMatchObject({ status: 405 })
  expect(looked.headers.get('allow')).toBe('POST')
})
