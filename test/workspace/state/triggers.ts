import type { Ids } from './ids.ts'

export type TriggerProblem = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id'

interface Trigger {
  personId: string
  madeAtMs: number
  isUsed: boolean
}

/** Triggers live three seconds and open one view. Source: facts/slack.md, Ack. */
export class Triggers {
  readonly #triggers = new Map<string, Trigger>()
  readonly #ids: Ids
  lifeMs: number

  constructor(ids: Ids, lifeMs: number) {
    this.#ids = ids
    this.lifeMs = lifeMs
  }

  make(personId: string): string {
    const id = `${this.#ids.next('').slice(1)}.${Date.now()}.${this.#ids.token(24)}`
    this.#triggers.set(id, { personId, madeAtMs: performance.now(), isUsed: false })
    return id
  }

  /** Whose screen it opens a view on, if it still may. Does not use it up. */
  look(id: string): { personId: string } | { problem: TriggerProblem } {
    const trigger = this.#triggers.get(id)
    if (!trigger) return { problem: 'invalid_trigger_id' }
    if (trigger.isUsed) return { problem: 'exchanged_trigger_id' }
    if (performance.now() - trigger.madeAtMs > this.lifeMs) return { problem: 'expired_trigger_id' }
    return { personId: trigger.personId }
  }

  use(id: string): void {
    const trigger = this.#triggers.get(id)
    if (trigger) trigger.isUsed = true
  }
}
