import { connect, createServer, type Socket } from 'node:net'

/**
 * `refuses`: nobody is let in, and whoever is in is thrown out. `hangs`: what is sent stays on its way, and is lost when
 * whoever sent it gives up. `loses-replies`: what is asked for is done, and the answer is lost.
 */
export const gateFaults = ['refuses', 'hangs', 'loses-replies'] as const
export type GateFault = (typeof gateFaults)[number]

export interface Gate {
  readonly port: number
  fault: GateFault | null
  close(): Promise<void>
}

const lostAfterMs = 300

/** A way to a port of this machine that can be broken. */
export async function openGate(to: number): Promise<Gate> {
  const sockets = new Set<Socket>()
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  let fault: GateFault | null = null
  /** Called when the fault changes. */
  const waiting = new Set<() => void>()
  const server = createServer((client) => {
    if (fault === 'refuses') {
      client.destroy()
      return
    }
    const system = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [client, system],
      [system, client],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    let asked: Buffer[] = []
    const goOn = () => {
      if (fault === 'hangs' || client.destroyed) return
      for (const part of asked) system.write(part)
      asked = []
    }
    waiting.add(goOn)
    client.on('close', () => waiting.delete(goOn))
    client.on('data', (part: Buffer) => {
      if (fault === 'hangs' || asked.length > 0) asked.push(part)
      else system.write(part)
    })
    system.on('data', (part: Buffer) => {
      if (fault === 'loses-replies') setTimeout(() => client.destroy(), lostAfterMs)
      else if (!client.destroyed) client.write(part)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gate does not listen')
  return {
    port: address.port,
    get fault() {
      return fault
    },
    set fault(next: GateFault | null) {
      fault = next
      if (next === 'refuses') drop()
      for (const goOn of waiting) goOn()
    },
    close: async () => {
      drop()
      server.close()
    },
  }
}
