import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { oldSecret, secret } from '../../support/device-sources.ts'
import { aDeviceServer, signed } from '../../support/devices-server.ts'

const docs = readFileSync('docs/devices/webhook.md', 'utf8')
/** The sources of the example below this heading, with secrets of the test. */
function documented(heading: string): string {
  const section = docs.slice(docs.indexOf(`\n${heading}\n`))
  const [example = ''] = /(?<=```yaml\n)[^]*?(?=```)/.exec(section) ?? []
  return example
    .replace(/^devices:\n {2}sources:\n/, '')
    .replace(/^ {4}/gm, '')
    .replaceAll(/\$\{CURFEW_\w+_PASSWORD\}/g, password)
    .replaceAll(/\$\{CURFEW_\w+\}/g, secret)
}
const password = 'correct-horse-battery'
const noon = new Date('2027-01-27T12:00:00Z')

let server: Awaited<ReturnType<typeof aDeviceServer>>
beforeAll(async () => {
  server = await aDeviceServer(
    `${documented('## In the catalog')}${documented('### Kolide')}${documented('### Jamf Pro')}
proved: { kind: webhook, secret: "${secret}", owner: proven }
`,
  )
})
afterAll(() => server.close())
beforeEach(() => server.setNow(noon))

describe('Kolide', () => {
  let events = 0
  const kolide = (event: string, data: object, { timestamp = '2027-01-27T11:59:30Z', by = secret } = {}) => {
    const text = JSON.stringify({ event, id: `01HDVY6MBEYST7797${(events += 1)}`, timestamp, data })
    const authorization = createHmac('sha256', by).update(text).digest('hex')
    return { text, headers: { authorization } }
  }
  const send = ({ text, headers }: ReturnType<typeof kolide>) => server.send('kolide', text, headers)
  const device = {
    id: 1152637,
    name: 'Rileys-MacBook-Pro',
    serial: 'C02XK1',
    hardware_uuid: '07b8f36b-a821-a045-9c72-7dc103794cc2',
    device_type: 'Mac',
    registered_owner: { name: 'Riley', email: 'Riley@acme.example' },
  }
  const issue = (check: string) => ({
    id: 455173998,
    title: `${check} is off`,
    check: { id: 3, name: check },
    device: { id: device.id, name: device.name },
  })

  test('a device that enrols is known, with whose it is said to be', async () => {
    expect(await send(kolide('devices.created', device))).toMatchObject({ status: 200, accepted: 1 })
    const at = new Date('2027-01-27T11:59:30Z')
    expect(await server.device('kolide/1152637')).toMatchObject({
      name: 'Rileys-MacBook-Pro',
      serial: 'C02XK1',
      uuid: device.hardware_uuid,
      claimed: 'riley@acme.example',
      said: { os: { value: 'macos', at }, managed: { value: true, at } },
    })
  })

  test('an issue fails its check with what to do, and its end passes it', async () => {
    await send(kolide('issues.new', issue('Firewall')))
    const policies = async () => (await server.device('kolide/1152637'))?.policies
    expect(await policies()).toMatchObject({ Firewall: { result: 'fail', remedy: 'Firewall is off' } })
    await send(kolide('issues.resolved', issue('Firewall'), { timestamp: '2027-01-27T11:59:50Z' }))
    expect(await policies()).toMatchObject({ Firewall: { result: 'pass' } })
    // By what people recognise it, an issue says nothing.
    expect(await server.device('kolide/1152637')).toMatchObject({
      serial: 'C02XK1',
      uuid: device.hardware_uuid,
    })
  })

  test('checks that are not listed, other events and the test of the endpoint do nothing', async () => {
    const nothing = { status: 200, accepted: 0, refused: [] }
    expect(await send(kolide('issues.new', issue('SSH Keys')))).toMatchObject(nothing)
    expect(await send(kolide('auth_logs.success', {}))).toMatchObject(nothing)
    expect(await send(kolide('webhook.test', { message: 'This is a test' }))).toMatchObject(nothing)
  })

  test('the same event again does nothing; an old one, an altered one and one of another secret are refused', async () => {
    const event = kolide('devices.created', { ...device, id: 7 })
    expect(await send(event)).toMatchObject({ status: 200, accepted: 1 })
    expect(await send(event)).toMatchObject({ status: 200, accepted: 0 })
    const old = kolide('devices.created', device, { timestamp: '2027-01-27T11:54:59Z' })
    expect((await send(old)).status).toBe(401)
    expect((await send(kolide('devices.created', device, { timestamp: 'lately' }))).status).toBe(401)
    expect((await send(kolide('devices.created', device, { by: oldSecret }))).status).toBe(401)
    expect((await send({ ...event, text: event.text.replace('"id":7', '"id":8') })).status).toBe(401)
  })
})

describe('Jamf Pro', () => {
  const basic = (by = `curfew:${password}`) => ({
    authorization: `Basic ${Buffer.from(by).toString('base64')}`,
  })
  const jamf = (webhookEvent: string, event: object) =>
    JSON.stringify({
      event,
      webhook: { eventTimestamp: noon.getTime() - 1_000, id: 7, name: 'Curfew', webhookEvent },
    })
  const computer = (jssID: number) => ({
    alternateMacAddress: '72:00:03:EF:A1:D0',
    building: 'Block D',
    department: 'Operations',
    deviceName: 'Rileys Mac',
    emailAddress: 'riley@acme.example',
    ipAddress: '10.0.0.1',
    jssID,
    macAddress: '60:F8:1D:B7:EF:AA',
    model: 'MacBook Pro',
    osBuild: '24B83',
    osVersion: '15.1',
    realName: 'Riley',
    serialNumber: 'C02XK1',
    udid: 'CA40F812-60A3-11E4-90B8-12DF261F2C7E',
    userDirectoryID: '-1',
    username: 'riley',
    managementId: '',
  })
  const group = (added: number[], removed: number[], name = 'Not compliant') =>
    jamf('SmartGroupComputerMembershipChange', {
      computer: true,
      groupAddedDevices: [],
      groupAddedDevicesIds: added,
      groupRemovedDevices: [],
      groupRemovedDevicesIds: removed,
      jssid: 12,
      name,
      smartGroup: true,
    })
  const script = (jssID: number, result: string, at = '2027-01-27T11:00:00Z') => {
    const text = JSON.stringify({ sourceId: String(jssID), at, policies: { Compliant: result } })
    return server.send('jamf', text, signed(text, { at: server.world.clock.now() }))
  }
  const compliant = async (jssID: number) =>
    (await server.device(`jamf/${jssID}`))?.policies['Compliant']?.result

  test('makes no device known, whatever it says of it', async () => {
    const unknown = [{ sourceId: '51', why: expect.stringContaining('no such device is known') as unknown }]
    for (const text of [
      jamf('ComputerAdded', computer(51)),
      jamf('ComputerCheckIn', { computer: computer(51), trigger: 'CLIENT_CHECKIN', username: 'riley' }),
      group([51], []),
    ])
      expect(await server.send('jamf', text, basic())).toMatchObject({ accepted: 0, refused: unknown })
    expect(await server.device('jamf/51')).toBeNull()
  })

  test('who comes into the group fails at once, and leaves it by what is signed alone', async () => {
    expect(await script(52, 'pass')).toMatchObject({ status: 200, accepted: 1 })
    await server.send('jamf', group([52, 99], []), basic())
    expect(await compliant(52)).toBe('fail')
    server.setNow(new Date(noon.getTime() + 60_000))
    await server.send('jamf', group([], [52]), basic())
    expect(await compliant(52)).toBe('fail')
    await script(52, 'pass', '2027-01-27T12:00:30Z')
    expect(await compliant(52)).toBe('pass')
  })

  test('names no owner, changes no value, and is not taken for a sign of life', async () => {
    await script(53, 'pass')
    const before = await server.device('jamf/53')
    await server.send('jamf', jamf('ComputerCheckIn', { computer: computer(53) }), basic())
    expect(await server.device('jamf/53')).toEqual({ ...before, revision: expect.any(Number) as unknown })
  })

  test('binds no owner, even where the source proves them', async () => {
    const proving = await aDeviceServer(
      documented('### Jamf Pro').replace('user: curfew', 'user: curfew\n  owner: proven'),
      { database: server.database },
    )
    await script(55, 'pass')
    const checkIn = jamf('ComputerCheckIn', { computer: computer(55) })
    await proving.send('jamf', checkIn, basic())
    expect(await proving.device('jamf/55')).toMatchObject({ owner: null, claimed: null })
    await proving.close()
  })

  test('other groups and other events do nothing', async () => {
    await script(54, 'pass')
    await server.send('jamf', group([54], [], 'All Macs'), basic())
    await server.send('jamf', jamf('JSSStartup', {}), basic())
    expect(await compliant(54)).toBe('pass')
  })

  test.each([
    ['another password', basic(`curfew:${password}x`)],
    ['a shorter one', basic(`curfew:${password.slice(0, -1)}`)],
    ['another user', basic(`ada:${password}`)],
    ['nothing', {}],
    ['a bearer token', { authorization: `Bearer ${password}` }],
  ])('%s is answered 401', async (_, headers) => {
    expect((await server.send('jamf', group([52], []), headers)).status).toBe(401)
  })

  test('signed on by a gateway, all of it counts', async () => {
    const gateway = await aDeviceServer(
      documented('### Jamf Pro')
        .replace('signature: basic', 'signature: standard')
        .replace(/^ *(?:user|password): .*\n/gm, ''),
      { database: server.database },
    )
    const deliver = (text: string) => gateway.deliver(text, {}, 'jamf')
    expect(await deliver(jamf('ComputerCheckIn', { computer: computer(60) }))).toMatchObject({ accepted: 1 })
    expect(await gateway.device('jamf/60')).toMatchObject({
      name: 'Rileys Mac',
      serial: 'C02XK1',
      claimed: 'riley@acme.example',
      said: { osVersion: { value: '15.1', at: new Date(noon.getTime() - 1_000) } },
    })
    await deliver(jamf('ComputerAdded', computer(61)))
    await deliver(group([61], [60]))
    expect((await gateway.device('jamf/60'))?.policies['Compliant']?.result).toBe('pass')
    expect((await gateway.device('jamf/61'))?.policies['Compliant']?.result).toBe('fail')
    await gateway.close()
  })
})

test('the example with curl makes a device known', async () => {
  const [example = ''] = /(?<=```bash\n)[^]*?(?=```)/.exec(docs) ?? []
  server.setNow(new Date())
  const env = { ...process.env, URL: server.url.replace(/\/devices$/, ''), SECRET: secret }
  const { stdout } = await promisify(execFile)('bash', ['-euc', example], { env })
  expect(JSON.parse(stdout)).toEqual({ accepted: 1, refused: [] })
  expect(await server.device('laptops/riley-1')).toMatchObject({
    claimed: 'riley@acme.example',
    said: { diskEncrypted: { value: true } },
    policies: { Compliant: { result: 'pass' } },
  })
})

test('an owner binds by itself only where the source proves it', async () => {
  const told = (source: string) =>
    server.deliver({ sourceId: 'bound', at: '2027-01-27T11:59:00Z', owner: 'Riley@acme.example' }, {}, source)
  await told('proved')
  await told('laptops')
  expect((await server.device('proved/bound'))?.owner?.name).toBe('Riley')
  expect((await server.device('laptops/bound'))?.owner).toBeNull()
})
