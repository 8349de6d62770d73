import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'
import type { MongoClientOptions } from 'mongodb'

/** What is relied on of the driver's own class, which it does not export. Source: mongodb 7.8, lib/cmap/connection.js. */
interface DriverConnection {
  readonly closed: boolean
  readonly socket: EventEmitter
  cleanup(error: Error): void
}

const require = createRequire(import.meta.url)
const { Connection } = require('mongodb/lib/cmap/connection.js') as {
  Connection: new (...given: unknown[]) => DriverConnection
}

/**
 * The driver's connection, but for one thing: what waits for its socket to take more is woken when it closes. A closed
 * socket never drains: without this, what was being written when it closed, or was asked of it in the moment before the
 * driver heard of that, never came back, and its place in the pool was lost. So is what begins to wait only after that, as
 * it was still being compressed. Woken, it finds the connection closed, and is tried again or fails as all else that was
 * asked of it.
 */
class WakingConnection extends Connection {
  override cleanup(error: Error): void {
    const wasOpen = !this.closed
    super.cleanup(error)
    if (!wasOpen) return
    const wake = (): void => void this.socket.emit('drain')
    this.socket.on('newListener', (event) => {
      if (event === 'drain') process.nextTick(wake)
    })
    wake()
  }
}

/** For each client of MongoDB's. */
export const waking = { connectionType: WakingConnection } as MongoClientOptions
