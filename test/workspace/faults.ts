/** What can go wrong with a call. `drop` loses it before its effect, `dropAfter` loses only the reply. */
export type CallFault =
  | 'drop'
  | 'dropAfter'
  | { ratelimited: true; retryAfterSeconds: number }
  | { status: number }
  | { error: string }
  | { delayMs: number }

/** What can go wrong with a delivery to the app: it never arrives, arrives twice, or late. */
export type DeliveryFault = 'lose' | 'twice' | { delayMs: number }

export type DeliveryKind = 'slash_commands' | 'interactive' | 'events_api'

/** Faults on demand, met in the order asked for; `*` stands for any method or kind. */
export class Faults {
  readonly #calls = new Queues<CallFault>()
  readonly #deliveries = new Queues<DeliveryFault>()

  /** The next `times` calls of `method` meet `fault`; Infinity means until `clear()`.
   *  A response_url counts as method `response_url`. */
  next(method: string, fault: CallFault, times = 1): void {
    this.#calls.add(method, fault, times)
  }

  nextDelivery(kind: DeliveryKind | '*', fault: DeliveryFault, times = 1): void {
    this.#deliveries.add(kind, fault, times)
  }

  clear(): void {
    this.#calls.clear()
    this.#deliveries.clear()
  }

  ofCall(method: string): CallFault | undefined {
    return this.#calls.take(method)
  }

  ofDelivery(kind: DeliveryKind): DeliveryFault | undefined {
    return this.#deliveries.take(kind)
  }
}

class Queues<F> {
  readonly #queues = new Map<string, { fault: F; left: number }[]>()

  add(name: string, fault: F, times: number): void {
    this.#queues.set(name, [...(this.#queues.get(name) ?? []), { fault, left: times }])
  }

  take(name: string): F | undefined {
    const queue = [name, '*'].map((key) => this.#queues.get(key)).find((found) => found?.length)
    const [first] = queue ?? []
    if (!queue || !first) return undefined
    first.left -= 1
    if (first.left <= 0) queue.shift()
    return first.fault
  }

  clear(): void {
    this.#queues.clear()
  }
}
