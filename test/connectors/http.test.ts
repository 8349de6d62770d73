import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts'
import { scim } from '../../src/connectors/scim/scim.ts'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import { failureOf, surroundings } from '../../src/testing/contract.ts'
import { aSecret } from './webhook-harness.ts'

const token = 'a-secret-token'

/**
 * Answers at first; then ends each warm connection at the next request, and answers what is sent once more with what is no
 * HTTP, and says the login that it was sent (a debugging proxy, or a server of another protocol that echoes).
 */
async function anEcho(good: string) {
  let isArmed = false
  const server = createServer((socket) => {
    const isWarm = !isArmed
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      // A body that comes by itself.
      if (!/ HTTP\/1\.1\r\n/.test(bytes.toString())) return
      if (!isArmed)
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${good.length}\r\n\r\n${good}`,
        )
      else if (isWarm) socket.destroy()
      else socket.end(`you said ${bytes.toString()}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    arm: () => void (isArmed = true),
    stop: () => void server.close(),
  }
}

test.each([
  [
    'webhook',
    (url: string) =>
      webhook.connect(
        webhook.settings.parse({ url, secret: aSecret(), headers: { 'x-gateway-key': token } }),
        surroundings(2_000),
      ),
    { group: 'g' },
    '{"holds":false}',
  ],
  [
    'kubernetes',
    (url: string) => kubernetes.connect(kubernetes.settings.parse({ url, token }), surroundings(2_000)),
    { namespace: 'a', role: 'b' },
    '{"metadata":{},"items":[]}',
  ],
  [
    'scim',
    (url: string) => scim.connect(scim.settings.parse({ url, token }), surroundings(2_000)),
    { group: 'g' },
    '{"id":"g","members":[]}',
  ],
])(
  '%s: what cannot be read of an answer to a second sending is not kept',
  async (_, connect, target, good) => {
    const echo = await anEcho(good)
    const connector = connect(echo.url)
    const list = () => connector.list({ target, after: null, signal: AbortSignal.timeout(2_000) })
    for (let i = 0; i < 4; i++) await list().catch(() => undefined)
    echo.arm()
    const failure = await failureOf(list())
    await connector.close()
    echo.stop()
    expect(inspect(failure, { depth: 12, showHidden: true })).not.toContain(token)
  },
)

test.each([
  ['nothing at all', ''],
  [
    'a part of its answer',
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  ],
])('a system that sends %s in its time gave no answer in time: nothing broke', async (_, said) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => void socket.write(said))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const settings = kubernetes.settings.parse({ url: `http://127.0.0.1:${port}`, token })
  const connector = kubernetes.connect(settings, surroundings(300))
  const target = { namespace: 'a', role: 'b' }
  const failure = await failureOf(
    connector.list({ target, after: null, signal: AbortSignal.timeout(15_000) }),
  )
  await connector.close()
  server.close()
  expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  expect(failure.message).toMatch(/: no answer in time$/)
})
