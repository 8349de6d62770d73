import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { syslogReceiver } from '../../src/audit/forward/syslog.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { aCertificate } from '../support/certificate.ts'
import { aSyslogReceiver } from '../support/syslog-receiver.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { happening, upTo } from './a-forwarding.ts'

/**
 * The receiver proves who it is by its certificate, so that nobody on the way to it can take its place. Nobody on the way,
 * who has no key of anybody, can end a connection in its name either: a TLS end is signed by who it is from, an end of TCP is
 * not.
 */

/** Hands on what both say until the receiver has shown its certificate; then nothing, and ends what the sender ends. */
async function somebodyOnTheWay(to: number): Promise<number> {
  const open = new Set<Socket>()
  const server = createServer((sender) => {
    const receiver = connect(to, '127.0.0.1')
    let isShown = false
    for (const one of [sender, receiver]) {
      open.add(one)
      one.on('error', () => undefined)
    }
    sender.on('data', (bytes) => {
      if (!isShown) receiver.write(bytes)
    })
    receiver.on('data', (bytes) => {
      isShown = true
      sender.write(bytes)
    })
    sender.on('end', () => sender.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterThis(async () => {
    for (const one of open) one.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

test('entries that somebody on the way kept back are not taken for sent', async () => {
  const certificate = await aCertificate()
  const siem = await aSyslogReceiver(certificate)
  const port = await somebodyOnTheWay(siem.port)
  const place = { host: 'localhost', port, ca: certificate.cert, patienceMs: 3_000, messageBytes: 8_192 }
  const links = linked(
    noLink,
    upTo(3).map((n) => happening(n)),
    { id: 'k1', bytes: new Uint8Array(32) },
  )
  const sent = await syslogReceiver(place, formats['jsonl'] as Format)
    .take(links)
    .then(
      () => 'sent',
      () => 'not sent',
    )
  expect([siem.messages.length, sent]).toEqual([0, 'not sent'])
})
