import { randomBytes } from 'node:crypto'
import { trustedProxies } from '../../../src/web/trusted-proxies.ts'
import { confirmPages } from '../../../src/web/confirm/pages.ts'
import { pageRoutes } from '../../../src/web/pages.ts'
import { serveWeb } from '../../../src/web/server.ts'
import type { ConfirmTicket } from '../../../src/domain/ports/tickets.ts'
import { riley } from '../../support/builders.ts'
import { aSlackSide } from '../../support/slack-side.ts'
import { afterThis } from '../../workspace/support/a-workspace.ts'

const publicUrl = 'https://curfew.acme.example'
const headers = { origin: publicUrl, 'sec-fetch-site': 'same-origin' }
const good = 'good'
const limits = { failed: 10, withinMs: 60_000, atOnce: 1_000, addresses: 100 }

/** One link is good, of something that is not had any more; all others are unknown. */
async function somePages() {
  const { world } = aSlackSide()
  const ticket: ConfirmTicket = {
    act: 'confirm',
    by: riley,
    what: { kind: 'open-session', resource: 'orders-db', entitlement: 'read' },
    terms: 'of before',
  }
  const look = (token: string) => Promise.resolve(token === good ? ticket : null)
  const own = { ...world, tickets: { ...world.tickets, look } }
  const clientOf = trustedProxies.parse('127.0.0.1')
  const room = confirmPages(own, { publicUrl, clientOf, limits })
  const web = await serveWeb({ port: 0, slack: null, rooms: { '/confirm': pageRoutes(own, room) } })
  afterThis(() => web.close())
  return (link: string, from: string, method = 'POST') =>
    fetch(`http://127.0.0.1:${web.port}/confirm/${link}`, {
      method,
      headers: { ...headers, 'x-forwarded-for': from },
      ...(method === 'POST' ? { body: new URLSearchParams({ code: '123456' }) } : {}),
    })
}

const guess = () => randomBytes(32).toString('base64url')

test.each([
  ['links that are opened', '', 'GET'],
  ['links by which something is sent', '/totp', 'POST'],
])('who guesses %s is told to wait, in words and by Retry-After; others are not', async (_, path, method) => {
  const sends = await somePages()
  const statuses = []
  for (let i = 0; i < 12; i += 1)
    statuses.push((await sends(`${guess()}${path}`, '203.0.113.9', method)).status)
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 410), 429, 429])
  const refused = await sends(`enrol/${guess()}/code`, '203.0.113.9')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(await refused.text()).toMatch(/Too many links and codes from your network were wrong/)
  expect((await sends(`${guess()}/totp`, '203.0.113.10')).status).toBe(410)
  // What a stranger writes of themselves is not believed.
  expect((await sends(`${guess()}/totp`, '198.51.100.1, 203.0.113.9')).status).toBe(429)
})

test('a company behind one address is not limited by what is nobody’s mistake', async () => {
  const sends = await somePages()
  const answers = await Promise.all(Array.from({ length: 200 }, () => sends(`${good}/totp`, '203.0.113.9')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([409]))
}, 60_000)
