import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterThis } from '../workspace/support/a-workspace.ts'

export interface Proxy {
  readonly url: string
  /** The places it was asked for, `host:port`, in order. */
  readonly asked: string[]
  /** Its own login, as the header said. */
  readonly logins: ReadonlySet<string>
  /** Says 403 to all from now on. */
  refuses: boolean
}

/** A company's proxy: tunnels alone, every name leads to this port of this machine. Gone after the test. */
export async function aProxy({ to }: { to: number }): Promise<Proxy> {
  const asked: string[] = []
  const logins = new Set<string>()
  const server = createServer((_, response) => response.writeHead(405).end())
  server.on('connect', ({ url, headers }, socket) => {
    asked.push(String(url))
    logins.add(String(headers['proxy-authorization']))
    socket.on('error', () => undefined)
    if (proxy.refuses) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const target = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  const proxy: Proxy = { url: `http://ada:hunter2@127.0.0.1:${address.port}`, asked, logins, refuses: false }
  return proxy
}
