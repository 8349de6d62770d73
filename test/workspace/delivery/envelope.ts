import type { Json } from '../api/method.ts'
import type { DeliveryKind } from '../faults.ts'

/** One thing sent to the app, by whichever way. */
export interface Envelope {
  id: string
  type: DeliveryKind
  payload: Json
  /** Present on a redelivery. */
  retry?: { attempt: number; reason: string }
}

/** What became of it: the app's acknowledgement with its payload, or what the person reads instead. */
export type Answer =
  | { outcome: 'acked'; payload: unknown }
  | { outcome: 'operation_timeout' }
  | { outcome: 'dispatch_failed'; why: string }

/** A way to the app. Answers within `ackMs` or says `operation_timeout`. */
export interface Transport {
  send(envelope: Envelope, ackMs: number): Promise<Answer>
}
