import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A wire to a server on this machine, which can be held up and cut. */
export interface Gate {
  readonly port: number
  /** From now on what is sent waits here; `released` passes it on, also for a client that has gone meanwhile. */
  hold(): void
  /** The same, from the first of what is sent that `isIt`. */
  holdFrom(isIt: (bytes: Buffer) => boolean): void
  release(): void
  /** Resolves once something waits here. */
  waiting(): Promise<void>
  /** Breaks every connection, with what waits here, and each that is made until it is mended. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

interface Wire {
  readonly client: Socket
  readonly server: Socket
  readonly held: Buffer[]
  isOver: boolean
}

export async function aGate(toPort: number): Promise<Gate> {
  const wires = new Set<Wire>()
  let isHeld = false
  let isFirst: (bytes: Buffer) => boolean = () => false
  let isCut = false
  const flush = (wire: Wire): void => {
    for (const bytes of wire.held.splice(0)) wire.server.write(bytes)
    if (wire.isOver) wire.server.end()
  }
  const listener = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const server = connect(toPort, '127.0.0.1')
    const wire: Wire = { client, server, held: [], isOver: false }
    wires.add(wire)
    client.on('data', (bytes) => {
      isHeld ||= isFirst(bytes)
      wire.held.push(bytes)
      if (!isHeld) flush(wire)
    })
    client.on('close', () => {
      wire.isOver = true
      if (!isHeld) flush(wire)
    })
    server.on('data', (bytes) => client.write(bytes))
    server.on('close', () => {
      wires.delete(wire)
      client.destroy()
    })
    for (const socket of [client, server]) socket.on('error', () => socket.destroy())
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    hold: () => void (isHeld = true),
    holdFrom: (isIt) => void (isFirst = isIt),
    release: () => {
      isHeld = false
      isFirst = () => false
      for (const wire of wires) flush(wire)
    },
    waiting: async () => {
      while (![...wires].some(({ held }) => held.length > 0)) await sleep(5)
    },
    cut: () => {
      isCut = true
      for (const { client, server, held } of wires) {
        held.splice(0)
        client.destroy()
        server.destroy()
      }
    },
    mend: () => void (isCut = false),
    close: async () => {
      for (const { client, server } of wires) {
        client.destroy()
        server.destroy()
      }
      listener.close()
      await once(listener, 'close')
    },
  }
}
