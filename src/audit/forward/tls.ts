import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'

export interface TlsPlace {
  readonly host: string
  readonly port: number
  /** Certificates that are trusted, and no others; null: the usual ones. */
  readonly ca: string | null
  /** How long all of it may take. */
  readonly patienceMs: number
}

const [leastWaitMs, longestWaitMs] = [50, 1_000]
/** What came before the end of TCP is read by then. */
const readByMs = 500

/**
 * What both say to each other, as it is. That the other side ended TCP is told to `ended` and not to TLS, which takes it for
 * an end of its own: who has no key can end TCP, and only who has one TLS.
 */
function wire(raw: Socket, ended: () => void): Duplex {
  const between = new Duplex({
    read: () => raw.resume(),
    write: (bytes: Buffer, _, done) => void raw.write(bytes, done),
    final: (done) => void raw.end(done),
    destroy: (error, done) => {
      raw.destroy()
      done(error)
    },
  })
  raw.on('data', (bytes: Buffer) => {
    if (!between.push(bytes)) raw.pause()
  })
  raw.once('end', ended)
  raw.once('error', (error) => between.destroy(error))
  return between
}

/**
 * Sends all of it over a connection of its own, and ends that. Resolves once the other side ended it too: whoever answers
 * an end has read all that came before it. It is asked to only after one more round trip, as nobody could tell that answer
 * from the end of a receiver that goes away by itself and reads nothing: what does so within that time fails. An end is
 * one of TLS: whoever is on the way can end the connection below it.
 * Source: RFC 5425, 4.4: who receives close_notify "MUST reply with a close_notify".
 */
export function sentOverTls({ host, port, ca, patienceMs }: TlsPlace, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const beganAtMs = performance.now()
    const raw = connectTcp({ host, port, allowHalfOpen: true })
    const between = wire(raw, () => {
      cutting = setTimeout(() => fail(new Error('the connection was cut, not ended by TLS')), readByMs)
    })
    const socket = connect({
      socket: between,
      host,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(host) ? {} : { servername: host }),
      ...(ca === null ? {} : { ca }),
    })
    let isAskedToEnd = false
    let [waiting, cutting]: (NodeJS.Timeout | undefined)[] = []
    const over = (): void => {
      for (const timer of [patience, waiting, cutting]) clearTimeout(timer)
    }
    const fail = (error: Error): void => {
      over()
      socket.destroy()
      raw.destroy()
      reject(error)
    }
    const patience = setTimeout(() => fail(new Error(`no answer within ${patienceMs} ms`)), patienceMs)
    socket.once('secureConnect', () => {
      const roundTripMs = performance.now() - beganAtMs
      socket.write(bytes, () => {
        const waitMs = Math.min(longestWaitMs, Math.max(leastWaitMs, roundTripMs))
        waiting = setTimeout(() => {
          isAskedToEnd = true
          socket.end()
        }, waitMs)
      })
    })
    socket.once('end', () => {
      if (!isAskedToEnd) {
        fail(new Error('the receiver ended the connection before it was asked to'))
        return
      }
      over()
      resolve()
      raw.destroySoon()
    })
    socket.on('error', fail)
    socket.once('close', () => fail(new Error('the connection was closed')))
    // It has nothing to say.
    socket.resume()
  })
}
