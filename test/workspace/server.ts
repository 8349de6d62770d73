import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Room } from './api/method.ts'
import { serve } from './api/serve.ts'
import type { SocketMode } from './delivery/socket-mode.ts'
import type { Faults } from './faults.ts'
import type { Limits } from './limits.ts'

export interface Server {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  url: string
  close(): Promise<void>
}

/** The Web API, response_urls and Socket Mode on one loopback port. */
export async function listen(
  parts: { room: Room; faults: Faults; limits: Limits; sockets: SocketMode },
  port: number,
): Promise<Server> {
  const server = createServer((request, reply) => {
    serve(parts, request, reply).catch((error: unknown) => {
      if (request.destroyed && !reply.headersSent) return
      parts.room.state.complain({
        about: request.url ?? '',
        what: 'workspace_broke',
        messages: [String(error)],
      })
      if (!reply.headersSent) reply.writeHead(500)
      reply.end()
    })
  })
  server.on('upgrade', (request, stream, head) => parts.sockets.upgrade(request, stream, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      await parts.sockets.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
