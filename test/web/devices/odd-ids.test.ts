import { aDeviceServer } from '../../support/devices-server.ts'

let server: Awaited<ReturnType<typeof aDeviceServer>>
beforeAll(async () => {
  server = await aDeviceServer()
})
afterAll(() => server.close())

test('one device whose id is half a character is refused by itself, and the others of its delivery are taken', async () => {
  const at = '2027-01-27T11:59:00Z'
  const body = `{"devices": [{"sourceId": "good", "at": "${at}"}, {"sourceId": "odd-\\ud800", "at": "${at}"}]}`
  expect(await server.deliver(body)).toMatchObject({ status: 200, accepted: 1, refused: [{}] })
  expect(await server.device('laptops/good')).not.toBeNull()
})

test('two ids that differ are two devices, or refused: never one', async () => {
  const at = '2027-01-27T11:59:00Z'
  const of = (id: string, name: string) => `{"sourceId": "${id}", "at": "${at}", "name": "${name}"}`
  await server.deliver(of('\\ufffd', 'first'))
  await server.deliver(of('\\ud801', 'second'))
  expect(await server.device('laptops/\ufffd')).toMatchObject({ name: 'first' })
})
