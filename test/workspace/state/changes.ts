import { EventEmitter } from 'node:events'
import type { RecordedCall } from './calls.ts'
import type { Account, Channel, Group } from './directory.ts'
import type { Message } from './messages.ts'

/** Everything that can change on somebody's screen, and what passed over the wire. */
export type Change =
  | { what: 'message'; how: 'posted' | 'edited' | 'deleted'; message: Message }
  | { what: 'views' | 'home' | 'inputs'; personId: string }
  | { what: 'toast'; personId: string; text: string }
  | { what: 'person'; account: Account }
  | { what: 'channel'; channel: Channel }
  | { what: 'group'; group: Group }
  | { what: 'read'; personId: string; channelId: string }
  | { what: 'connections'; open: number }
  | { what: 'call'; call: RecordedCall }
  | { what: 'complaint'; complaint: Complaint }

/** Something the app did that Slack would not take, or that this workspace does not know. */
export interface Complaint {
  about: string
  what: string
  messages?: string[]
}

/** How long a wait lasts, and what it says it was waiting for when it gives up. */
export interface Patience {
  withinMs?: number
  what?: string | (() => string)
}

/** Says what changed, synchronously, right after it changed; and waits for a change. */
export class Changes extends EventEmitter<{ change: [Change] }> {
  constructor() {
    super()
    this.setMaxListeners(0)
  }

  tell(change: Change): void {
    this.emit('change', change)
  }

  /** Resolves with the first true-ish value of `condition`: tried now, at every change, and at the end. */
  until<T>(condition: () => T, { withinMs = 3000, what = 'it to become true' }: Patience = {}) {
    const caller = new Error('waited in vain')
    return new Promise<Exclude<T, undefined | null | false | 0 | ''>>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        this.off('change', attempt)
      }
      const attempt = () => {
        try {
          const found = condition()
          if (!isThere(found)) return false
          stop()
          resolve(found)
        } catch (error) {
          stop()
          reject(error instanceof Error ? error : new Error(String(error)))
        }
        return true
      }
      const timer = setTimeout(() => {
        if (attempt()) return
        stop()
        caller.message = `waited ${withinMs} ms for ${typeof what === 'string' ? what : what()}`
        reject(caller)
      }, withinMs)
      this.on('change', attempt)
      attempt()
    })
  }
}

const isThere = <T>(found: T): found is Exclude<T, undefined | null | false | 0 | ''> => Boolean(found)
