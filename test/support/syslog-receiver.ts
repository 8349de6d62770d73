import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { Certificate } from './certificate.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

export interface SyslogReceiver {
  readonly port: number
  /** Each message that came whole, as RFC 5424 writes it. */
  readonly messages: readonly string[]
  /** What stands behind their headers. */
  texts(): string[]
  /** As if its process were killed: whatever is open breaks, and nobody listens. */
  kill(): Promise<void>
  /** Listens again where it did. */
  comesBack(): Promise<void>
  /** What it does with connections from now on: it reads them to their end, unless said otherwise. */
  behaves(how: 'reads' | 'hangs' | 'leaves at once'): void
}

/** A receiver of syslog over TLS, as RFC 5425 has it. Gone after the test. */
export async function aSyslogReceiver({ key, cert }: Certificate): Promise<SyslogReceiver> {
  const messages: string[] = []
  const open = new Set<TLSSocket>()
  let behaviour: 'reads' | 'hangs' | 'leaves at once' = 'reads'
  const server = createServer({ key, cert }, (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    if (behaviour === 'leaves at once') socket.destroy()
    if (behaviour !== 'reads') return
    let unread = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      unread = Buffer.concat([unread, bytes])
      for (;;) {
        const space = unread.indexOf(' ')
        const length = Number(unread.subarray(0, Math.max(0, space)).toString())
        if (space < 1 || unread.length < space + 1 + length) return
        messages.push(unread.subarray(space + 1, space + 1 + length).toString())
        unread = unread.subarray(space + 1 + length)
      }
    })
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const kill = async () => {
    const closed = server.listening ? once(server, 'close') : null
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  const port = await listen(0)
  afterThis(kill)
  return {
    port,
    messages,
    texts: () => messages.map((message) => /^<\d+>1 \S+ \S+ curfew - \S+ - (.*)$/s.exec(message)?.[1] ?? ''),
    kill,
    comesBack: async () => {
      await listen(port)
    },
    behaves: (how) => {
      behaviour = how
    },
  }
}
