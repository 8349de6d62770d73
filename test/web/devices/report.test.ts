import { removeDeviceKey } from '../../../src/operations/devices/remove-key.ts'
import { ada, riley, sam } from '../../support/builders.ts'
import { aMachine, aMachineKey, fine, iso, listening, sends, type Listening } from './listening.ts'

let curfew: Listening
beforeAll(async () => {
  curfew = await listening({ replicas: 2 })
})
afterAll(() => curfew.close())

const off = { ...fine, attributes: { ...fine.attributes, firewall: false } }

test('a machine on which a code of Riley’s is typed is Riley’s device, as it reported itself, and waits for an admin', async () => {
  const { device } = await aMachine(curfew, riley)
  expect(await curfew.device(device)).toMatchObject({
    owner: { id: riley.id },
    approval: 'pending',
    isInQuestion: false,
    name: 'riley-laptop',
    serial: 'C02XG0FDH7JY',
    said: {
      os: { value: 'macos' },
      osVersion: { value: '15.1' },
      firewall: { value: true },
      autoUpdate: { value: null },
    },
  })
})

test('what it says next is what is known, from then on', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const heard = await sends(curfew.url, 'report', { message: report(1, { body: off }), key })
  expect(heard).toMatchObject({ status: 200, answer: { behindMs: expect.any(Number) as number } })
  expect((await curfew.device(device))?.said['firewall']?.value).toBe(false)
})

test('a report that is sent once more, or comes after a later one, changes nothing', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const good = report(5)
  expect((await sends(curfew.url, 'report', { message: good, key })).status).toBe(200)
  expect((await sends(curfew.url, 'report', { message: report(6, { body: off }), key })).status).toBe(200)
  expect(await sends(curfew.url, 'report', { message: good, key })).toEqual({
    status: 409,
    answer: { error: 'counter', last: 6 },
  })
  expect((await sends(curfew.url, 'report', { message: report(4), key })).status).toBe(409)
  expect((await curfew.device(device))?.said['firewall']?.value).toBe(false)
})

test('of twenty with one counter, at once and on two replicas, one is heard', async () => {
  const { privateKey: key, report } = await aMachine(curfew, riley)
  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      sends(curfew.urls[n % 2]!, 'report', { message: report(1, { body: n % 3 ? fine : off }), key }),
    ),
  )
  expect(sent.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
})

test('nobody speaks for a device but who has its key; they learn nothing, not even whether there is one', async () => {
  const rileys = await aMachine(curfew, riley)
  const mallorys = await aMachine(curfew, sam)
  const stranger = { status: 401, answer: { error: 'unknown' } }
  const message = rileys.report(1, { body: off })
  // By another key, also one of another device.
  expect(await sends(curfew.url, 'report', { message, key: aMachineKey().privateKey })).toEqual(stranger)
  expect(await sends(curfew.url, 'report', { message, key: mallorys.privateKey })).toEqual(stranger)
  expect(
    await sends(curfew.url, 'report', { message: { ...message, device: 'd-none' }, key: rileys.privateKey }),
  ).toEqual(stranger)
  // Changed on the way, by a single byte.
  const change = (bytes: Buffer) =>
    Buffer.from(bytes.toString().replace('"firewall":false', '"firewall":true '))
  expect(await sends(curfew.url, 'report', { message, key: rileys.privateKey, change })).toEqual(stranger)
  // Signed for something else.
  for (const as of ['remove', 'enrol'])
    expect(await sends(curfew.url, 'report', { message, key: rileys.privateKey, as })).toEqual(stranger)
  const known = await curfew.device(rileys.device)
  expect(known?.said['firewall']?.value).toBe(true)
  // None of it used up a counter of Riley's.
  expect((await sends(curfew.url, 'report', { message, key: rileys.privateKey })).status).toBe(200)
})

test('a code makes one device: of twenty machines with one code at once, on two replicas, one is enrolled', async () => {
  const before = (await curfew.devices()).length
  const code = await curfew.codeFor(riley)
  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const { privateKey, publicKey } = aMachineKey()
      const message = { code, publicKey, at: iso(), body: fine }
      return sends(curfew.urls[n % 2]!, 'enrol', { message, key: privateKey })
    }),
  )
  const refused = sent.filter(({ status }) => status !== 201)
  expect(refused).toEqual(Array.from({ length: 19 }, () => ({ status: 403, answer: { error: 'code' } })))
  expect((await curfew.devices()).length).toBe(before + 1)
})

test('the same once more, as the answer was lost, is the same device, also at the same moment', async () => {
  const { privateKey: key, publicKey } = aMachineKey()
  const message = { code: await curfew.codeFor(riley), publicKey, at: iso(), body: fine }
  const [first, second] = await Promise.all(curfew.urls.map((url) => sends(url, 'enrol', { message, key })))
  const third = await sends(curfew.url, 'enrol', { message, key })
  // Of two at the very same moment the later may be told to try again.
  const enrolled = [first!, second!, third].filter(({ status }) => status === 201)
  expect(third.status).toBe(201)
  expect(new Set(enrolled.map(({ answer }) => answer['device'])).size).toBe(1)
})

test('a code that is wrong, old, used or guessed too often makes nothing, and it is not said why', async () => {
  const no = { status: 403, answer: { error: 'code' } }
  const tries = async (code: string) => {
    const { privateKey, publicKey } = aMachineKey()
    return sends(curfew.url, 'enrol', {
      message: { code, publicKey, at: iso(), body: fine },
      key: privateKey,
    })
  }
  for (const code of ['', 'ABC', '22222-22222', 'x'.repeat(64)]) expect(await tries(code)).toEqual(no)
  const used = await curfew.codeFor(riley)
  expect((await tries(used.toLowerCase())).status).toBe(201)
  expect(await tries(used)).toEqual(no)
  const old = await curfew.codeFor(riley)
  const rows = curfew.connection.collection<{ _id: string }>('device_codes')
  await rows.updateOne({ _id: old.slice(0, 5) }, { $set: { until: new Date(Date.now() - 1_000) } })
  expect(await tries(old)).toEqual(no)
  const guessed = await curfew.codeFor(riley)
  for (const letter of 'ABCDE') {
    const last = guessed.endsWith(letter) ? 'F' : letter
    expect(await tries(`${guessed.slice(0, -1)}${last}`)).toEqual(no)
  }
  expect(await tries(guessed)).toEqual(no)
})

test('a device is of whom the code was made for, whoever types it, and they are named to who typed it', async () => {
  const { privateKey: key, publicKey } = aMachineKey()
  const message = { code: await curfew.codeFor(sam, ada), publicKey, at: iso(), body: fine }
  const { answer } = await sends(curfew.url, 'enrol', { message, key })
  expect(answer['owner']).toBe('Sam (sam@acme.example)')
  expect((await curfew.device(String(answer['device'])))?.owner?.id).toBe(sam.id)
})

test('nobody enrols the key of another, nor one that was removed', async () => {
  const { publicKey, privateKey, device } = await aMachine(curfew, riley)
  const message = { code: await curfew.codeFor(sam), publicKey, at: iso(), body: fine }
  const own = await sends(curfew.url, 'enrol', { message, key: aMachineKey().privateKey })
  expect(own).toEqual({ status: 401, answer: { error: 'unknown' } })
  await removeDeviceKey(curfew.world, { sourceId: device, by: riley })
  expect((await sends(curfew.url, 'enrol', { message, key: privateKey })).status).toBe(403)
  expect((await curfew.device(device))?.owner?.id).toBe(riley.id)
})

test('a device that is removed by its owner or an admin is heard no more; others cannot remove it', async () => {
  const [one, other] = [await aMachine(curfew, riley), await aMachine(curfew, riley)]
  expect(await removeDeviceKey(curfew.world, { sourceId: one.device, by: sam })).toMatchObject({
    refused: 'not-an-admin',
  })
  expect(await removeDeviceKey(curfew.world, { sourceId: one.device, by: riley })).toEqual({ removed: true })
  expect(await removeDeviceKey(curfew.world, { sourceId: other.device, by: ada })).toEqual({ removed: true })
  expect(await removeDeviceKey(curfew.world, { sourceId: other.device, by: ada })).toEqual({ removed: false })
  for (const { report, privateKey: key } of [one, other])
    expect(await sends(curfew.url, 'report', { message: report(1), key })).toEqual({
      status: 410,
      answer: { error: 'removed' },
    })
})

test('a machine can take itself back, once', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const { counter, at } = report(1)
  const message = { device, counter, at }
  expect((await sends(curfew.url, 'remove', { message, key })).status).toBe(200)
  expect((await sends(curfew.url, 'remove', { message: { ...message, counter: 2 }, key })).status).toBe(410)
})

test('what was said long ago counts as said then, and what is from the future not at all', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const enrolledAt = (await curfew.device(device))?.said['firewall']?.at.getTime() ?? 0
  const ahead = await sends(curfew.url, 'report', { message: report(1, { at: iso(3_600_000) }), key })
  expect(ahead).toMatchObject({ status: 422, answer: { error: 'clock' } })
  expect(Math.abs(Date.parse(String(ahead.answer['at'])) - Date.now())).toBeLessThan(10_000)
  // It used up no counter. A clock that is far back makes nothing young, and is told so.
  const back = await sends(curfew.url, 'report', {
    message: report(1, { at: '2020-01-01T00:00:00.000Z', body: off }),
    key,
  })
  expect(back.status).toBe(200)
  expect(back.answer['behindMs']).toBeGreaterThan(365 * 86_400_000)
  expect((await curfew.device(device))?.said['firewall']).toEqual({ value: true, at: new Date(enrolledAt) })
  // A little ahead is as of now, by our clock.
  expect((await sends(curfew.url, 'report', { message: report(2, { at: iso(120_000) }), key })).status).toBe(
    200,
  )
  expect((await curfew.device(device))?.lastSeenAt.getTime()).toBeLessThanOrEqual(Date.now())
})

test('a device cannot say what is not its to say', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const attributes = { ...fine.attributes, managed: true, blessed: 'yes' }
  const body = {
    ...fine,
    attributes,
    owner: { email: 'ada@acme.example', isProven: true },
    policies: { a: 1 },
  }
  expect((await sends(curfew.url, 'report', { message: report(1, { body }), key })).status).toBe(200)
  const known = await curfew.device(device)
  expect(Object.keys(known?.said ?? {}).sort()).toEqual(Object.keys(fine.attributes).sort())
  expect(known).toMatchObject({ owner: { id: riley.id }, claimed: null, policies: {} })
})

test('whoever an admin gave it to keeps it, and one in question stays so, whatever it reports', async () => {
  const { device, privateKey: key, report } = await aMachine(curfew, riley)
  const id = `laptops/${device}`
  const change = (more: object) =>
    curfew.world.devices.change(id, (known) => known && { device: { ...known, ...more }, isChanged: true })
  await change({ owner: sam })
  await sends(curfew.url, 'report', { message: report(1), key })
  expect((await curfew.device(device))?.owner?.id).toBe(sam.id)
  await change({ owner: null, isInQuestion: true })
  await sends(curfew.url, 'report', { message: report(2), key })
  expect((await curfew.device(device))?.owner).toBeNull()
})

test('10 MB are refused without being read; so is what is no JSON, and what has another form', async () => {
  const { privateKey: key, report } = await aMachine(curfew, riley)
  const change = () => Buffer.alloc(10_000_000, 'x')
  const large = await sends(curfew.url, 'report', { message: {}, key, change }).catch(() => null)
  // Cut off while it still sends, a client may not read the answer.
  expect(large === null || large.status === 413).toBe(true)
  for (const text of ['', 'null', '[]', '{', '{"device":1}', '\u0000', '['.repeat(8_000)])
    expect(
      (await sends(curfew.url, 'report', { message: {}, key, change: () => Buffer.from(text) })).status,
    ).toBe(400)
  for (const more of [{ counter: 0 }, { counter: 1.5 }, { counter: 2 ** 60 }, { at: 'now' }, { body: {} }])
    expect((await sends(curfew.url, 'report', { message: report(1, more), key })).status).toBe(400)
})
