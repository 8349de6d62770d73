import { Secret, TOTP } from 'otpauth'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { mongoProofs } from '../../../src/mongo/confirming/proofs.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { mongoTickets } from '../../../src/mongo/tickets.ts'
import { askToConfirm } from '../../../src/operations/confirm/confirm.ts'
import { confirmPages } from '../../../src/web/confirm/pages.ts'
import { pageRoutes } from '../../../src/web/pages.ts'
import { serveWeb } from '../../../src/web/server.ts'
import { trustedProxies } from '../../../src/web/trusted-proxies.ts'
import { read, withKeys } from '../../catalog/reading.ts'
import { riley } from '../../support/builders.ts'
import { confirmingOn } from '../../support/confirming-on.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { aKey } from '../../support/ring.ts'
import { aSlackSide } from '../../support/slack-side.ts'
import { afterThis } from '../../workspace/support/a-workspace.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

const publicUrl = 'https://curfew.acme.example'
const limits = { failed: 10, withinMs: 60_000, atOnce: 1_000, addresses: 100 }

test('an office whose right codes Curfew cannot read, as a key is not configured, is not told that it guessed', async () => {
  const catalog = read(
    withKeys('mode: session', 'session: { length: 1h }').replace('\'"@engineering" in groups\'', "'true'"),
  )
  const { world: others } = aSlackSide({ catalog })
  const clock = { ...others.clock, now: () => new Date() }
  const proofs = mongoProofs(database.connection)
  const tickets = mongoTickets(database.connection)
  const withKey = (name: string) => ({
    ...others,
    clock,
    proofs,
    tickets,
    confirming: confirmingOn(database, { catalog: others.catalog(), key: aKey(name) }),
  })
  const { enrolling } = withKey('k1').confirming
  const secret = Secret.fromBase32(enrolling.codeOffer(riley, 'page')?.secret.replaceAll(' ', '') ?? '')
  await enrolling.addCode(riley, 'page', new TOTP({ secret }).generate())
  const world = withKey('k2')
  const room = confirmPages(world, { publicUrl, clientOf: trustedProxies.parse('127.0.0.1'), limits })
  const web = await serveWeb({ port: 0, slack: null, rooms: { '/confirm': pageRoutes(world, room) } })
  afterThis(() => web.close())
  const texts: string[] = []
  for (let i = 0; i < 12; i += 1) {
    const asked = await askToConfirm(world, {
      by: riley,
      what: { kind: 'open-session', resource: 'orders-db', entitlement: 'read' },
    })
    const link = isRefusal(asked) ? asked.refused : asked.ticket
    const answer = await fetch(`http://127.0.0.1:${web.port}/confirm/${link}/totp`, {
      method: 'POST',
      headers: { origin: publicUrl, 'sec-fetch-site': 'same-origin', 'x-forwarded-for': '203.0.113.9' },
      body: new URLSearchParams({ code: new TOTP({ secret }).generate() }),
    })
    texts.push(await answer.text())
  }
  expect(texts[0]).toMatch(/cannot read what it keeps of your app/)
  expect(texts.filter((text) => /Too many links and codes from your network were wrong/.test(text))).toEqual(
    [],
  )
})
