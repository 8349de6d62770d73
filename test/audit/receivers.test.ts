import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { fileReceiver } from '../../src/audit/forward/file.ts'
import { openReceiver } from '../../src/audit/forward/receiver.ts'
import { messagesOf, syslogReceiver } from '../../src/audit/forward/syslog.ts'
import { webhookReceiver } from '../../src/audit/forward/webhook.ts'
import { saidOf } from '../../src/audit/forward/words.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink, type Link } from '../../src/domain/audit/chain.ts'
import { at } from '../support/builders.ts'
import { aCertificate } from '../support/certificate.ts'
import { aSyslogReceiver } from '../support/syslog-receiver.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { happening, upTo } from './a-forwarding.ts'

const key = { id: 'k1', bytes: new Uint8Array(32) }
const jsonl = formats['jsonl'] as Format
const links = (count: number, word?: string): Link[] =>
  linked(
    noLink,
    upTo(count).map((n) => happening(n, word)),
    key,
  )
const asExported = (all: readonly Link[]) => all.map((one) => jsonl.line(one, {} as never).trimEnd())

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-forward-'))
  afterThis(() => rm(folder, { recursive: true }))
  return folder
}

describe('syslog over TLS', () => {
  const aSyslog = async ({ patienceMs = 5_000, messageBytes = 8_192 } = {}) => {
    const certificate = await aCertificate()
    const server = await aSyslogReceiver(certificate)
    const place = { host: 'localhost', port: server.port, ca: certificate.cert, patienceMs, messageBytes }
    return { server, place, receiver: syslogReceiver(place, jsonl) }
  }

  test('each entry is a message by its length, at its own instant, as the export has it', async () => {
    const { server, receiver } = await aSyslog()
    const all = links(300)
    await receiver.take(all.slice(0, 200))
    await receiver.take(all.slice(200))
    expect(server.texts()).toEqual(asExported(all))
    expect(server.messages[0]).toMatch(/^<110>1 2026-01-05T09:00:01\.000Z \S+ curfew - entry - \{"number":1,/)
  })

  test('nothing is sent to who cannot prove who they are', async () => {
    const { server, place } = await aSyslog()
    const one = links(1)
    await expect(syslogReceiver({ ...place, ca: null }, jsonl).take(one)).rejects.toThrow(/self.signed/)
    await expect(syslogReceiver({ ...place, host: '127.0.0.1' }, jsonl).take(one)).rejects.toThrow(/altnames/)
    expect(server.messages).toEqual([])
  })

  test('a receiver that hangs, leaves before it read, or is not there does not have them', async () => {
    const { server, receiver } = await aSyslog({ patienceMs: 500 })
    server.behaves('hangs')
    await expect(receiver.take(links(3))).rejects.toThrow('no answer within 500 ms')
    server.behaves('leaves at once')
    for (let i = 0; i < 5; i++) await expect(receiver.take(links(1))).rejects.toThrow()
    await server.kill()
    await expect(receiver.take(links(3))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    server.behaves('reads')
    await server.comesBack()
    await receiver.take(links(3))
    expect(server.texts()).toEqual(asExported(links(3)))
  })

  test('what is longer than receivers take comes in parts, none of them too long, that are the entry again', async () => {
    const [, long] = links(2, 'a "reason" of 🗝️ and \\ '.repeat(300)) as [Link, Link]
    const now = at(0)
    const parts = messagesOf(long, jsonl, { most: 2_048, now })
    expect(parts.length).toBeGreaterThan(5)
    expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(2_048)
    const read = parts.map(
      (part) =>
        JSON.parse(/ part - (.*)$/s.exec(part)?.[1] ?? '') as Record<'number' | 'part' | 'of', number> & {
          piece: string
        },
    )
    expect(read.map(({ number, part, of }) => [number, part, of])).toEqual(
      upTo(parts.length).map((n) => [2, n, parts.length]),
    )
    expect(read.map(({ piece }) => piece).join('')).toBe(asExported([long])[0])
    expect(messagesOf(long, jsonl, { most: 100_000, now })).toHaveLength(1)
  })

  test('what is wrong with the record is critical', () => {
    const had = { number: 9, mark: 'm' }
    const said = [{ number: 4, source: null } as const, { kind: 'went-back', had, from: 3 } as const]
    expect(said.flatMap((one) => messagesOf(one, jsonl, { most: 2_048, now: at(0) }))).toEqual([
      expect.stringMatching(
        /^<106>1 2026-01-05T09:00:00\.000Z \S+ curfew - unreadable - \{"number":4,"unreadable":true\}$/,
      ),
      expect.stringMatching(
        /^<106>1 .* - went-back - \{"recordWentBack":true,"had":\{"number":9,"mark":"m"\},"from":3\}$/,
      ),
    ])
  })
})

test('an entry that this version has no words for is sent with all that it takes to check it, whatever the format', () => {
  const ofLater = { source: 'later/1', at: at(0), text: '{"what":"something later"}' }
  const [link] = linked(noLink, [ofLater], key) as [Link]
  for (const format of Object.values(formats)) {
    const { text, what } = saidOf(link, format)
    expect(what).toBe('unreadable')
    expect(JSON.parse(text)).toEqual({ ...link, at: link.at.toISOString(), unreadable: true })
  }
})

test('an entry that a format has no words for holds up no other: it is sent as it stands', () => {
  const [link] = links(1) as [Link]
  const wordless: Format = {
    head: '',
    line: () => {
      throw new Error('no words')
    },
  }
  const { text, what } = saidOf(link, wordless)
  expect([what, JSON.parse(text)]).toEqual([
    'unreadable',
    expect.objectContaining({ number: 1, mark: link.mark }),
  ])
})

describe('a webhook', () => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const aHook = async (answers: number[] = []) => {
    const certificate = await aCertificate()
    const heard: { headers: Record<string, string>; body: string }[] = []
    const server = createServer(certificate, (request: IncomingMessage, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part: string) => (body += part))
      request.on('end', () => {
        heard.push({ headers: request.headers as Record<string, string>, body })
        const status = answers.shift() ?? 204
        if (status !== 0) response.writeHead(status, { location: '/elsewhere' }).end('well')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterThis(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const url = `https://localhost:${(server.address() as AddressInfo).port}/record`
    const to = { url, secret, ca: certificate.cert, proxies: null, now: () => new Date() }
    return { heard, to, receiver: webhookReceiver(to, jsonl) }
  }

  const read = ({ body }: { body: string }) => JSON.parse(body) as unknown[]
  const exported = (all: readonly Link[]) => asExported(all).map((line): unknown => JSON.parse(line))

  test('gets an array of entries, signed as Standard Webhooks say; the same again goes by the same id', async () => {
    const { heard, receiver } = await aHook()
    await receiver.take(links(3))
    await receiver.take(links(3))
    for (const { body, headers } of heard)
      expect(new Webhook(secret).verify(body, headers)).toEqual(exported(links(3)))
    expect(heard.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'application/json',
    ])
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  test('without a secret is not signed', async () => {
    const { heard, to } = await aHook()
    await webhookReceiver({ ...to, secret: null }, jsonl).take(links(1))
    expect(heard[0]?.headers).not.toHaveProperty('webhook-signature')
  })

  test('has them only once it answered 2xx, and nothing goes elsewhere', async () => {
    const { heard, receiver } = await aHook([500, 302, 401])
    for (const why of ['500', 'fetch failed', '401'])
      await expect(receiver.take(links(1))).rejects.toThrow(why)
    await receiver.take(links(1))
    expect(heard).toHaveLength(4)
  })

  test('is trusted by the certificates of the settings alone, where they name some', async () => {
    const { heard, to } = await aHook()
    await expect(webhookReceiver({ ...to, ca: null }, jsonl).take(links(1))).rejects.toThrow()
    const other = await aCertificate()
    await expect(webhookReceiver({ ...to, ca: other.cert }, jsonl).take(links(1))).rejects.toThrow()
    expect(heard).toEqual([])
  })

  test('gets what is large in several requests, in order', async () => {
    const { heard, receiver } = await aHook()
    const all = links(30, 'x'.repeat(40_000))
    await receiver.take(all)
    expect(heard.length).toBeGreaterThan(1)
    expect(heard.flatMap(read)).toEqual(exported(all))
    expect(Math.max(...heard.map(({ body }) => body.length))).toBeLessThan(600_000)
  })

  test('reads the columns before each batch of a format that has some', async () => {
    const { heard, to } = await aHook()
    const csv = formats['csv'] as Format
    await webhookReceiver(to, csv).take(links(1))
    expect(heard[0]?.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(heard[0]?.body.startsWith(csv.head)).toBe(true)
  })
})

describe('a file', () => {
  test('goes on under its name when it was rotated, and begins each with its columns', async () => {
    const path = join(await aFolder(), 'record.csv')
    const csv = formats['csv'] as Format
    const receiver = fileReceiver(path, csv)
    const [one, two, three] = links(3) as [Link, Link, Link]
    await receiver.take([one])
    await receiver.take([two])
    await rename(path, `${path}.1`)
    await receiver.take([three])
    const linesOf = async (name: string) => (await readFile(name, 'utf8')).trimEnd().split(/\r?\n/)
    expect((await linesOf(`${path}.1`)).length).toBe(3)
    expect(await linesOf(path)).toEqual([csv.head.trimEnd(), expect.stringMatching(/^"3",/)])
  })

  test('whose last line a full disk cut off has it again, whole', async () => {
    const path = join(await aFolder(), 'record.jsonl')
    const receiver = fileReceiver(path, jsonl)
    const all = links(2)
    await receiver.take(all)
    await truncate(path, (await readFile(path)).length - 20)
    await receiver.take(all.slice(1))
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines).toEqual(asExported(all))
  })

  test('that cannot be written does not have them', async () => {
    await expect(
      fileReceiver(join(await aFolder(), 'nowhere', 'record.jsonl'), jsonl).take(links(1)),
    ).rejects.toThrow('ENOENT')
  })
})

test('certificates that cannot be read are said before anything is sent', async () => {
  const folder = await aFolder()
  const path = join(folder, 'ca.pem')
  const settings = {
    place: { kind: 'syslog', host: 'siem', port: 6514 },
    format: 'jsonl',
    from: null,
    secret: null,
    caPath: path,
    messageBytes: 8_192,
  } as const
  const opened = () => openReceiver(settings, { proxies: null, now: () => at(0) })
  await expect(opened()).rejects.toThrow(`AUDIT_FORWARD_CA: ${path} cannot be read`)
  await writeFile(path, 'no certificate')
  await expect(opened()).rejects.toThrow('holds no certificate in PEM')
})
