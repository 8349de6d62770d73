import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import type { State } from '../state/state.ts'
import type { Answer, Envelope, Transport } from './envelope.ts'

const mostSockets = 10
const ack = z.object({ envelope_id: z.string(), payload: z.unknown().optional() })

/** The app's Socket Mode connections: at most ten; each envelope goes to one of them, in turn. */
export class SocketMode implements Transport {
  readonly #state: State
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false, perMessageDeflate: false })
  readonly #sockets: WebSocket[] = []
  readonly #tickets = new Set<string>()
  readonly #waiting = new Map<string, (answer: Answer | 'lost') => void>()
  #turn = 0
  /** While true, no ping is answered, as when a network hangs. */
  isFrozen = false

  constructor(state: State) {
    this.#state = state
  }

  get open(): number {
    return this.#sockets.length
  }

  /** A ticket admits one connection. */
  newTicket(): string {
    const ticket = this.#state.ids.token(32)
    this.#tickets.add(ticket)
    return ticket
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { searchParams } = new URL(request.url ?? '/', 'http://workspace')
    if (!this.#tickets.delete(searchParams.get('ticket') ?? '')) {
      stream.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#welcome(socket))
  }

  async send(envelope: Envelope, ackMs: number): Promise<Answer> {
    const deadline = performance.now() + ackMs
    const answer = await this.#sendOnce(envelope, ackMs)
    if (answer !== 'lost') return answer
    const leftMs = deadline - performance.now()
    const retry = { attempt: (envelope.retry?.attempt ?? 0) + 1, reason: 'timeout' }
    return this.send({ ...envelope, retry }, leftMs)
  }

  /** Tells the sockets to go, as Slack does when it recycles a host; `abruptly` just cuts them. */
  disconnect({ reason = 'refresh_requested', abruptly = false } = {}): void {
    for (const socket of [...this.#sockets]) {
      if (abruptly) socket.terminate()
      else socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: debugInfo }))
    }
  }

  async close(): Promise<void> {
    for (const settle of this.#waiting.values()) settle({ outcome: 'dispatch_failed', why: 'closed' })
    for (const socket of this.#server.clients) socket.terminate()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #welcome(socket: WebSocket): void {
    // Each envelope that waits for its answer listens for the end of its socket.
    socket.setMaxListeners(0)
    if (this.#sockets.length >= mostSockets) {
      socket.send(
        JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', debug_info: debugInfo }),
      )
      socket.close()
      return
    }
    this.#sockets.push(socket)
    const pings = setInterval(() => {
      if (!this.isFrozen) socket.ping()
    }, 5000)
    socket.on('ping', (data) => {
      if (!this.isFrozen) socket.pong(data)
    })
    socket.on('message', (data: Buffer) => this.#hear(data.toString()))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clearInterval(pings)
      this.#sockets.splice(this.#sockets.indexOf(socket), 1)
      this.#state.changes.tell({ what: 'connections', open: this.open })
    })
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.open,
        debug_info: { ...debugInfo, build_number: 1, approximate_connection_time: 18_060 },
        connection_info: { app_id: this.#state.identity.appId },
      }),
    )
    this.#state.changes.tell({ what: 'connections', open: this.open })
  }

  #hear(frame: string): void {
    const parsed = ack.safeParse(JSON.parse(frame))
    const settle = parsed.success ? this.#waiting.get(parsed.data.envelope_id) : undefined
    if (parsed.success && settle) settle({ outcome: 'acked', payload: parsed.data.payload })
    else this.#state.complain({ about: 'socket', what: 'unexpected_frame', messages: [frame] })
  }

  /** Resolves `lost` if the connection went away before the acknowledgement: to be sent on another one. */
  #sendOnce({ id, type, payload, retry }: Envelope, ackMs: number): Promise<Answer | 'lost'> {
    const socket = this.#sockets[this.#turn++ % Math.max(1, this.#sockets.length)]
    if (!socket) return Promise.resolve({ outcome: 'dispatch_failed', why: 'no open connection' })
    return new Promise((resolve) => {
      const settle = (answer: Answer | 'lost') => {
        clearTimeout(timer)
        socket.off('close', lost)
        this.#waiting.delete(id)
        resolve(answer)
      }
      const lost = () => settle('lost')
      const timer = setTimeout(() => settle({ outcome: 'operation_timeout' }), Math.max(0, ackMs))
      socket.on('close', lost)
      this.#waiting.set(id, settle)
      const retried = retry && { retry_attempt: retry.attempt, retry_reason: retry.reason }
      const accepts_response_payload = type !== 'events_api'
      socket.send(JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload, ...retried }))
    })
  }
}

const debugInfo = { host: 'applink-local' }
