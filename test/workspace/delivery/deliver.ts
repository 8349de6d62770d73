import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../api/method.ts'
import type { DeliveryKind, Faults } from '../faults.ts'
import type { Ids } from '../state/ids.ts'
import type { Answer, Envelope, Transport } from './envelope.ts'

/** Sends things to the app, meets the faults asked for, and tries events again as Slack does. */
export class Delivery {
  readonly #ids: Ids
  readonly #faults: Faults
  transport: Transport
  /** How long a person waits for an acknowledgement. */
  ackMs = 3000
  /** When an event that was not acknowledged is tried again: at once, after a minute, after five. */
  eventRetriesMs: readonly number[] = [0, 60_000, 300_000]
  last: Envelope | undefined
  readonly #running = new Set<Promise<unknown>>()
  readonly #stop = new AbortController()

  constructor(ids: Ids, faults: Faults, transport: Transport) {
    this.#ids = ids
    this.#faults = faults
    this.transport = transport
  }

  /** Resolves when the app acknowledged, or the person was told that it did not. */
  async deliver(type: DeliveryKind, payload: Json): Promise<Answer> {
    const envelope: Envelope = { id: this.#ids.token(36), type, payload }
    if (type !== 'events_api') this.last = envelope
    const fault = this.#faults.ofDelivery(type)
    if (fault === 'lose') {
      await this.#wait(this.ackMs)
      return { outcome: 'operation_timeout' }
    }
    if (typeof fault === 'object') await this.#wait(fault.delayMs)
    if (fault !== 'twice') return this.send(envelope)
    const [first] = await Promise.all([this.send(envelope), this.again(envelope)])
    return first
  }

  /** The same payload once more, as a redelivery that says so little as Slack sometimes does. */
  again(envelope: Envelope): Promise<Answer> {
    return this.send({ ...envelope, id: this.#ids.token(36), retry: { attempt: 0, reason: 'timeout' } })
  }

  send(envelope: Envelope): Promise<Answer> {
    return this.transport.send(envelope, this.ackMs)
  }

  /** An event, in the background: nobody waits for it on a screen. */
  tell(payload: Json): void {
    const running = this.#untilHeard(payload).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when no event is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.settled()
  }

  /** False if the workspace closed meanwhile. */
  #wait(ms: number): Promise<boolean> {
    const { signal } = this.#stop
    return sleep(ms, true, { signal }).catch(() => false)
  }

  async #untilHeard(payload: Json): Promise<void> {
    let answer = await this.deliver('events_api', payload)
    for (const [index, waitMs] of this.eventRetriesMs.entries()) {
      if (answer.outcome === 'acked') return
      const reason = answer.outcome === 'operation_timeout' ? 'http_timeout' : 'http_error'
      if (!(await this.#wait(waitMs))) return
      const retry = { attempt: index + 1, reason }
      answer = await this.send({ id: this.#ids.token(36), type: 'events_api', payload, retry })
    }
  }
}
