import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import { createServer as createTcp, connect, type AddressInfo } from 'node:net'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** What went over a wire, as it went. */
export interface Exchange {
  /** `POST /devices/mdm`; of what is no HTTP, empty. */
  readonly asked: string
  /** Headers and body. */
  readonly request: Buffer
  readonly answer: Buffer
}

export interface Wire {
  readonly port: number
  readonly exchanges: readonly Exchange[]
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) if (chunk instanceof Buffer) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const withHeaders = ({ rawHeaders }: IncomingMessage, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${rawHeaders.join('\n')}\n\n`), body])

/** HTTP to that port of this machine, passed on as it is, whole, with its headers. */
export async function anHttpWire(to: number, port = 0): Promise<Wire> {
  const exchanges: Exchange[] = []
  const server = createServer((asking, answering) => {
    void (async () => {
      const { method = '', url: path = '', rawHeaders } = asking
      const body = await read(asking)
      const kept = rawHeaders.flatMap((_, i) =>
        i % 2 === 0 && !/^(?:transfer-encoding|connection)$/i.test(rawHeaders[i] ?? '')
          ? [rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']
          : [],
      )
      const length = /^content-length$/im.test(kept.join('\n')) ? [] : ['content-length', String(body.length)]
      const headers = [...kept, ...(body.length > 0 ? length : [])]
      const sent = request({ host: '127.0.0.1', port: to, method, path, headers })
      sent.end(body)
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      const answered = await read(answer)
      exchanges.push({
        asked: `${method} ${path.split('?')[0] ?? ''}`,
        request: Buffer.concat([Buffer.from(`${path}\n`), withHeaders(asking, body)]),
        answer: withHeaders(answer, answered),
      })
      answering.writeHead(answer.statusCode ?? 502, answer.rawHeaders).end(answered)
    })().catch(() => answering.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  afterThis(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, exchanges }
}

/** Whatever goes to that port of this machine, passed on as it is; an exchange is a connection. */
export async function aWire(to: number): Promise<Wire> {
  const exchanges: { asked: string; request: Buffer; answer: Buffer }[] = []
  const server = createTcp((socket) => {
    const exchange = { asked: '', request: Buffer.alloc(0), answer: Buffer.alloc(0) }
    exchanges.push(exchange)
    const target = connect(to, '127.0.0.1')
    for (const end of [socket, target]) end.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => (exchange.request = Buffer.concat([exchange.request, bytes])))
    target.on('data', (bytes: Buffer) => (exchange.answer = Buffer.concat([exchange.answer, bytes])))
    socket.pipe(target).pipe(socket)
    socket.on('close', () => target.destroy())
    target.on('close', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterThis(async () => void server.close())
  return { port: (server.address() as AddressInfo).port, exchanges }
}
