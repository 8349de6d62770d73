import { mongoDeviceSources } from '../../../src/mongo/device-sources.ts'
import { secret } from '../../support/device-sources.ts'
import { aDeviceServer } from '../../support/devices-server.ts'

const password = 'a password of sixteen'
let server: Awaited<ReturnType<typeof aDeviceServer>>
beforeAll(async () => {
  server = await aDeviceServer(
    `jamf:
  kind: webhook
  signature: basic
  user: curfew
  password: ${password}
  secret: "${secret}"
  map:
    - { when: 'body.event == "checkIn"', id: body.id, at: body.at, attributes: { firewall: body.firewall } }
laptops: { kind: webhook, secret: "${secret}" }
`,
  )
  Object.assign(server.world, { deviceSources: mongoDeviceSources(server.database.connection) })
})
afterAll(() => server.close())

const heardOf = async () => (await server.world.deviceSources.all()).map(({ source }) => source)

test('what comes unsigned, of which nothing is taken, does not hide from the admins that a source is silent', async () => {
  const body = JSON.stringify({ event: 'checkIn', id: 'riley-1', at: '2027-01-27T11:59:00Z', firewall: true })
  const authorization = `Basic ${Buffer.from(`curfew:${password}`).toString('base64')}`
  expect(await server.send('jamf', body, { authorization })).toMatchObject({ status: 200, accepted: 0 })
  expect(await heardOf()).not.toContain('jamf')
})

test('a source of which all is refused, as its clock is ahead, is silent: its admins are warned before people lose what they hold', async () => {
  const report = { sourceId: 'riley-1', at: '2027-01-27T12:06:00Z', attributes: { firewall: true } }
  expect(await server.deliver(report)).toMatchObject({ status: 200, accepted: 0 })
  expect(await heardOf()).not.toContain('laptops')
})
