import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { eventually } from '../../journeys/acts.ts'
import { afterThis } from '../support/a-workspace.ts'
import { Laptop } from './laptop.ts'
import type { ShownLaptop } from './protocol.ts'

/** A laptop, and whoever it reports to: it answers as the test says, and keeps what was rightly signed. */
async function aLaptop() {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const heard: unknown[] = []
  const there = { status: 200, says: { accepted: 1, refused: [] } as object }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]))
      heard.push(new Webhook(secret).verify(body, headers))
      response.writeHead(there.status, { 'content-type': 'application/json' }).end(JSON.stringify(there.says))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const laptop = new Laptop({
    owner: { id: 'U1', name: 'Riley', email: 'riley@contractor.example' },
    door: 'customers-db',
    reports: { url: `http://127.0.0.1:${port}/devices/laptops`, secret },
    everyMs: 20,
  })
  afterThis(stop)
  afterThis(() => laptop.close())
  let shown: ShownLaptop | undefined
  laptop.shownBy((now) => {
    shown = now
  })
  return { laptop, heard, there, stop, shown: () => shown }
}

test('plugged in, it says again and again how it is, signed; unplugged, nothing', async () => {
  const { laptop, heard, shown } = await aLaptop()
  await laptop.setFirewall(false)
  expect(heard).toEqual([])
  await laptop.setNetwork(true)
  await laptop.installsUpdates()
  await eventually(
    async () => heard.length,
    (count) => count >= 5,
  )
  expect(heard.at(-1)).toMatchObject({
    sourceId: 'riley-1',
    owner: 'riley@contractor.example',
    attributes: { osVersion: '15.2', firewall: false },
  })
  expect(shown()).toMatchObject({ problem: null, reported: { says: 'macOS 15.2, encrypted, firewall off' } })

  await laptop.setNetwork(false)
  const before = heard.length
  await laptop.setFirewall(true)
  expect(heard).toHaveLength(before)
  expect(shown()).toMatchObject({
    isFirewallOn: true,
    reported: { says: 'macOS 15.2, encrypted, firewall off' },
  })
})

test('what is not taken is not shown as reported, and it says why until it is', async () => {
  const { laptop, there, stop, shown } = await aLaptop()
  Object.assign(there, { status: 401, says: { error: 'not signed by who may send here' } })
  await laptop.setNetwork(true)
  expect(shown()).toMatchObject({
    problem: 'Curfew answered 401: not signed by who may send here',
    reported: null,
  })
  Object.assign(there, { status: 200, says: { accepted: 0, refused: [{ why: 'at is missing' }] } })
  await laptop.setFirewall(false)
  expect(shown()).toMatchObject({ problem: 'at is missing', reported: null })
  Object.assign(there, { status: 200, says: { accepted: 1, refused: [] } })
  await laptop.setFirewall(true)
  expect(shown()).toMatchObject({ problem: null, reported: { says: 'macOS 15.1, encrypted, firewall on' } })
  await stop()
  await laptop.setFirewall(false)
  expect(shown()).toMatchObject({ problem: expect.stringContaining('cannot be reached') as string })
})
