import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'
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

/**
 * Sends all of it over a connection of its own, and ends that. Resolves once the other side ended it too: whoever answers
 * an end has read all that came before it. It is asked to only after one more round trip, as nobody could tell that answer
 * from the end of a receiver that goes away by itself and reads nothing: what does so within that time fails.
 * Source: RFC 5425, 4.4: who receives close_notify "MUST reply with a close_notify".
 */
export function sentOverTls({ host, port, ca, patienceMs }: TlsPlace, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const beganAtMs = performance.now()
    const socket = connect({
      host,
      port,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(host) ? {} : { servername: host }),
      ...(ca === null ? {} : { ca }),
    })
    let [isAskedToEnd, hasEnded] = [false, false]
    let waiting: NodeJS.Timeout | undefined
    const fail = (error: Error): void => {
      clearTimeout(patience)
      clearTimeout(waiting)
      socket.destroy()
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
      hasEnded = true
      if (!isAskedToEnd) fail(new Error('the receiver ended the connection before it was asked to'))
    })
    socket.on('error', fail)
    socket.once('close', () => {
      if (!isAskedToEnd || !hasEnded) fail(new Error('the connection was closed'))
      clearTimeout(patience)
      resolve()
    })
    // It has nothing to say.
    socket.resume()
  })
}
