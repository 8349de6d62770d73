import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { parse } from 'yaml'
import { command } from '../../src/connectors/command/command.ts'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import { unused, type Connector, type Proxies } from '../../src/domain/connector.ts'
import { aProxy } from '../support/proxy.ts'
import { call, connectorContract, failureOf, giveCall, surroundings } from '../../src/testing/contract.ts'
import { aSecret, theDocumentedReceiver } from './webhook-harness.ts'

connectorContract('webhook (the documented receiver)', theDocumentedReceiver, {
  untried: {
    vanishTarget: 'whether a group exists is known to the receiver alone',
    lacking: 'a receiver tells of no rights',
  },
})

const secret = aSecret()
const target = { group: 'dba' }
const place = { principal: 'ada', target }
const until = new Date('2030-01-31T17:00:00Z')

describe('webhook', () => {
  let server: Server
  let connector: Connector
  let answer: RequestListener
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${portOf(server)}/curfew`
    connector = webhook.connect(
      webhook.settings.parse({ url, secret, headers: { 'x-gateway-key': 'gateway-secret' }, lag: '1500ms' }),
      surroundings(2_000),
    )
  })
  afterAll(async () => {
    await connector.close()
    server.closeAllConnections()
    server.close()
  })

  const answersWith =
    (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
    (request, response) => {
      request.resume()
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  const signal = () => AbortSignal.timeout(2_000)

  test('a secret in a file signs each call as it is by then, and a weak one signs nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-secret-'))
    const file = join(folder, 'secret')
    const [first, second] = [aSecret(), aSecret()]
    await writeFile(file, `${first}\n`)
    const received: { headers: IncomingMessage['headers']; body: string }[] = []
    answer = (request, response) => {
      void text(request).then((body) => {
        received.push({ headers: request.headers, body })
        response.writeHead(204).end()
      })
    }
    const hidden: string[] = []
    const url = `http://127.0.0.1:${portOf(server)}/curfew`
    const by = webhook.connect(webhook.settings.parse({ url, secret: { file } }), {
      ...surroundings(2_000),
      hide: (one) => void hidden.push(one),
    })
    try {
      await by.take({ ...place, idempotencyKey: 'one', signal: signal() })
      await writeFile(file, second)
      await by.take({ ...place, idempotencyKey: 'two', signal: signal() })
      await writeFile(file, 'whsec_d2Vhaw==')
      const failure = await failureOf(by.take({ ...place, idempotencyKey: 'three', signal: signal() }))
      const verified = [first, second].map((one, i) => {
        const { headers, body = '' } = received[i] ?? {}
        return new Webhook(one).verify(body, headers as Record<string, string>)
      })
      expect(verified).toHaveLength(2)
      expect(received).toHaveLength(2)
      expect(failure).toMatchObject({ retryable: true, happened: 'no' })
      expect(failure.message).toMatch(/must be|is not whsec_/)
      expect(hidden).toEqual(expect.arrayContaining([first, second]))
    } finally {
      await by.close()
      await rm(folder, { recursive: true })
    }
  })

  test('a give carries who, what, until when, and a signature that verifies', async () => {
    const received: { headers: IncomingMessage['headers']; body: string }[] = []
    answer = (request, response) => {
      void text(request).then((body) => {
        received.push({ headers: request.headers, body })
        response.writeHead(204).end()
      })
    }
    await connector.give({ ...giveCall('ada', target), until, idempotencyKey: 'hold-1:give:3' })
    const [{ headers, body } = { headers: {}, body: '' }] = received
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      action: 'give',
      principal: 'ada',
      target,
      until: '2030-01-31T17:00:00.000Z',
    })
    expect(headers).toMatchObject({
      'webhook-id': 'hold-1:give:3',
      'idempotency-key': 'hold-1:give:3',
      'x-gateway-key': 'gateway-secret',
    })
  })

  test('it is signed by the clock that it was given, whatever this process takes for the time', async () => {
    let signedAt = ''
    answer = (request, response) => {
      signedAt = String(request.headers['webhook-timestamp'])
      answersWith(200, {})(request, response)
    }
    const url = `http://127.0.0.1:${portOf(server)}/curfew`
    const now = () => new Date('2031-05-06T07:08:09.900Z')
    const other = webhook.connect(webhook.settings.parse({ url, secret }), { ...surroundings(2_000), now })
    await other.check({ targets: [], signal: signal() })
    await other.close()
    expect(new Date(Number(signedAt) * 1_000)).toEqual(new Date('2031-05-06T07:08:09Z'))
  })

  test('a proxy is asked for what is not excepted; one that is away or refuses was not reached', async () => {
    answer = answersWith(200, { holds: true })
    const proxy = await aProxy({ to: portOf(server) })
    const through = (url: string, settings: Partial<Proxies> = {}) =>
      webhook.connect(webhook.settings.parse({ url, secret }), {
        ...surroundings(2_000),
        proxies: { http: proxy.url, https: proxy.url, except: '', ...settings },
      })
    const here = `http://127.0.0.1:${portOf(server)}/curfew`
    const straight = through(here, { except: '127.0.0.1' })
    const proxied = through(here)
    const secure = through('https://access.example/curfew')
    const away = through(here, { http: 'http://127.0.0.1:1' })

    await straight.check({ targets: [], signal: signal() })
    expect(proxy.asked).toEqual([])
    expect(await proxied.has({ ...place, signal: signal() })).toBe(true)
    expect(proxy.asked).toEqual([`127.0.0.1:${portOf(server)}`])
    proxy.refuses = true
    const refused = await failureOf(secure.give(giveCall('ada', target)))
    expect(proxy.asked).toContain('access.example:443')
    expect(refused).toMatchObject({ retryable: true })
    expect(await failureOf(away.give(giveCall('ada', target)))).toMatchObject({
      retryable: true,
      happened: 'no',
    })
    await Promise.all([straight, proxied, secure, away].map((one) => one.close()))
  })

  test.each([
    [400, {}, { retryable: false, happened: 'no' }],
    [404, { error: 'no such person' }, { retryable: false, happened: 'no' }],
    [409, { error: 'busy', retryable: true }, { retryable: true, happened: 'unknown' }],
    [408, {}, { retryable: true, happened: 'unknown' }],
    [425, {}, { retryable: true, happened: 'unknown' }],
    [429, {}, { retryable: true, happened: 'unknown' }],
    [429, { happened: false }, { retryable: true, happened: 'no' }],
    [500, '<html>oops</html>', { retryable: true, happened: 'unknown' }],
    [503, { error: 'later', happened: false }, { retryable: true, happened: 'no' }],
    [501, { error: 'never', retryable: false }, { retryable: false, happened: 'no' }],
    [422, { error: 'half done', happened: true }, { retryable: false, happened: 'unknown' }],
    [301, '', { retryable: false, happened: 'no' }],
  ])('an answer of %i with %j is understood', async (status, body, expected) => {
    answer = answersWith(status, body, { location: '/elsewhere' })
    expect(await failureOf(connector.give(giveCall('ada', target)))).toMatchObject(expected)
  })

  test.each([
    ['no JSON', 'yes'],
    ['nothing', ''],
    ['another shape', '{"hold":true}'],
    ['a word for a truth value', '{"holds":"false","principals":"ada"}'],
    [
      'more than a megabyte',
      JSON.stringify({ holds: false, principals: [], padding: 'x'.repeat(1_100_000) }),
    ],
    ['a null', 'null'],
  ])('%s is never read as "no" or as "nobody"', async (_, body) => {
    answer = answersWith(200, body)
    const failures = await Promise.all([
      failureOf(connector.has({ ...place, signal: signal() })),
      failureOf(connector.list({ target, after: null, signal: signal() })),
    ])
    for (const failure of failures) expect(failure).toMatchObject({ retryable: true })
  })

  test("the receiver's own words reach the admins, without our secrets", async () => {
    answer = answersWith(403, { error: `bad key gateway-secret or ${secret}` })
    const failure = await failureOf(connector.check({ targets: [], signal: signal() }))
    expect(failure.message).toBe(
      "The webhook could not be checked: it did not accept Curfew's signature or headers (403): bad key … or …",
    )
    expect(inspect(failure, { depth: 12, showHidden: true })).not.toContain('gateway-secret')
  })

  test('a connection that closes in the middle of an answer is tried again, outcome unknown', async () => {
    answer = (request, response) => {
      request.resume()
      response.writeHead(200, { 'content-length': '100' }).write('{')
      setTimeout(() => response.destroy(), 20)
    }
    const failure = await failureOf(connector.take(call('ada', target)))
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  })

  test('a kept connection that the receiver closed meanwhile costs no failure: same key, sent again', async () => {
    const keys: unknown[] = []
    answer = answersWith(200, {})
    await connector.take(call('ada', target))
    let isFirst = true
    answer = (request, response) => {
      keys.push(request.headers['webhook-id'])
      if (isFirst) request.socket.destroy()
      else answersWith(200, {})(request, response)
      isFirst = false
    }
    await connector.take({ ...call('ada', target), idempotencyKey: 'key-7' })
    expect(keys).toEqual(['key-7', 'key-7'])
  })

  test('a next that is empty is the end, and not the first page again', async () => {
    answer = answersWith(200, { principals: ['ada'], next: '' })
    expect(await connector.list({ target, after: null, signal: signal() })).toEqual({
      principals: ['ada'],
      next: null,
    })
  })

  test('two tenants that the query tells apart are two places, and what it holds is not told', () => {
    const placeAt = (url: string) =>
      webhook.connect(webhook.settings.parse({ url, secret }), unused(100)).where
    const url = 'https://access.example.com/curfew'
    expect([placeAt(url), placeAt(`${url}/?`)]).toEqual(Array(2).fill(`webhook ${url}`))
    const places = ['a-tenant', 'b-tenant'].map((tenant) => placeAt(`${url}?tenant=${tenant}`))
    expect(new Set([...places, placeAt(url)]).size).toBe(3)
    for (const place of places)
      expect(place).toMatch(/^webhook https:\/\/access.example.com\/curfew query:[0-9a-f]{16}$/)
  })

  test('how late the system tells the truth comes from the catalog', () => {
    expect(connector.hasLagMs).toBe(1_500)
  })
})

describe('the documented receiver', () => {
  let receiver: Awaited<ReturnType<typeof theDocumentedReceiver>>
  beforeAll(async () => {
    receiver = await theDocumentedReceiver()
  })
  afterAll(() => receiver.stop())

  /** A signed call, as somebody could have recorded it on its way; resolves to the answer's status. */
  const aRecorded = (action: 'give' | 'take', principal: string, group: string, id: string, at: Date) => {
    const body = JSON.stringify({ action, principal, target: { group }, until })
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(receiver.secret).sign(id, at, body),
    }
    return async () => (await fetch(receiver.url, { method: 'POST', headers, body })).status
  }
  const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000)

  test.each([
    ['seconds after', 30, 20],
    ['in the same second as', 10, 10],
  ])(
    'a recorded give that is sent again after a take %s it is refused, and nothing is held',
    async (_, gaveAgo, tookAgo) => {
      const [ada, grace] = [await receiver.aPrincipal(), await receiver.aPrincipal()]
      const give = aRecorded('give', ada, 'dba', 'hold-1:give:1', secondsAgo(gaveAgo))
      const take = aRecorded('take', ada, 'dba', 'hold-1:take:2', secondsAgo(tookAgo))
      const other = aRecorded('give', grace, 'dba', 'hold-2:give:1', secondsAgo(gaveAgo))

      expect([await give(), await give(), await take(), await give(), await other()]).toEqual([
        200, 200, 200, 409, 200,
      ])

      expect(await receiver.reallyHolds(ada, { group: 'dba' })).toBe(false)
      expect(await receiver.reallyHolds(grace, { group: 'dba' })).toBe(true)
    },
  )

  test('a give that was held up on its way is not carried out after a later take; a newer one is', async () => {
    const ada = await receiver.aPrincipal()
    const late = aRecorded('give', ada, 'dba', 'hold-3:give:1', secondsAgo(9))
    const take = aRecorded('take', ada, 'dba', 'hold-3:take:2', secondsAgo(8))
    const again = aRecorded('give', ada, 'dba', 'hold-3:give:3', secondsAgo(7))
    const retried = aRecorded('give', ada, 'dba', 'hold-3:give:3', secondsAgo(5))

    expect([await take(), await late(), await again(), await retried()]).toEqual([200, 409, 200, 200])

    expect(await receiver.reallyHolds(ada, { group: 'dba' })).toBe(true)
  })
})

describe('webhook settings', () => {
  const good = { url: 'https://access.example.com/curfew', secret }
  test.each([
    ['https', good, true],
    ['http on this machine', { ...good, url: 'http://localhost:8080' }, true],
    ['http on this machine, by IPv6', { ...good, url: 'http://[::1]:8080' }, true],
    ['http elsewhere', { ...good, url: 'http://access.example.com' }, false],
    ['http at a name that only looks local', { ...good, url: 'http://127.0.0.1.example.com' }, false],
    ['a password in the url', { ...good, url: 'https://ada:pw@example.com' }, false],
    ['a short secret', { ...good, secret: 'whsec_c2hvcnQ=' }, false],
    ['a secret of another kind', { ...good, secret: 'hunter2' }, false],
    ['a header of ours', { ...good, headers: { 'Webhook-Id': 'x' } }, false],
    ['a header with a line break', { ...good, headers: { 'x-key': 'a\r\nb: c' } }, false],
    ['a lag', { ...good, lag: '1m' }, true],
    ['a lag without a unit', { ...good, lag: '5' }, false],
    ['an unknown key', { ...good, sercet: 'x' }, false],
  ])('%s', (_, settings, isGood) => {
    expect(webhook.settings.safeParse(settings).success).toBe(isGood)
  })

  test.each(['account: 9007199254740993', 'deep: [{ account: -9007199254740992 }]', 'account: 1e300'])(
    'a number that JavaScript cannot hold is refused, and not sent as another: %s',
    (text) => {
      for (const kind of [webhook, command])
        expect(kind.target.safeParse(parse(text)).error?.issues).toMatchObject([
          {
            message:
              'must hold no whole number beyond 9007199254740991, which would be sent as another: write it as a text',
          },
        ])
      expect(webhook.target.safeParse(parse('{ account: 9007199254740991, part: 0.5 }')).success).toBe(true)
    },
  )

  test('a target is any JSON object of up to 4 KB', () => {
    const verdicts = [{}, { deep: [{ a: null }] }, { big: 'x'.repeat(5_000) }, { when: new Date() }, ['no']]
    expect(verdicts.map((one) => webhook.target.safeParse(one).success)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}
