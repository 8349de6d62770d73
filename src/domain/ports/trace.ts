import type { Grant } from '../grant.ts'
import type { Happened } from '../happened.ts'
import type { RefusalCode } from '../refusal.ts'

/*
 * What is under way, by name, for whoever follows it through the processes. What it is about are ids of grants, systems
 * and entitlements: nobody's name, address, account or words, and no secret, has a place in these types.
 */

export type Step =
  /** What came from Slack; `of`: the name that our code has for what was clicked, sent or asked. */
  | { type: 'interaction'; kind: InteractionKind; of: string }
  | { type: 'request'; method: string }
  | { type: 'job'; job: string }
  /** Whatever is due for one grant. */
  | { type: 'settle'; grantId: string; system: string }
  | { type: 'repair' | 'tidy'; system: string }
  /** Slack is to show a grant as it is. */
  | { type: 'show'; grantId: string }
  | { type: 'write-grant'; grantId: string }
  | { type: 'lease' | 'watch'; system: string }
  /** `what`: the fields of the hold that are written. */
  | { type: 'write-hold'; system: string; what: readonly string[] }
  /** A step of work on a system, from when it waits for its place among the others. */
  | { type: 'place'; of: PlaceKind; system: string }
  /** For another grant of the same hold, or for the instant of what is prepared. */
  | { type: 'wait'; for: 'turn' | 'instant' }

export type InteractionKind = 'command' | 'click' | 'form' | 'shortcut' | 'options' | 'event' | 'other'
export type PlaceKind = 'call' | 'prepare' | 'record' | 'make' | 'tidy'

/** What turned out of a step. */
export interface Found {
  readonly outcome?: 'done' | 'failed' | 'taken' | 'busy' | 'lost'
  readonly refusal?: RefusalCode
  /** The pattern of an address, never the address: tickets are in those. */
  readonly route?: string
  readonly httpStatus?: number
  readonly queuedMs?: number
  readonly grant?: {
    readonly system: string
    readonly resource: string
    readonly entitlement: string
    /** Null: it is new. */
    readonly from: Grant['status'] | null
    readonly to: Grant['status']
    readonly happened: readonly Happened['type'][]
  }
}

export type Say = (found: Found) => void

/** Does the work as this step: what it begins is part of it. Never fails by itself, and nothing waits for it. */
export type Trace = <T>(step: Step, work: (say: Say) => Promise<T>) => Promise<T>

const unsaid: Say = () => undefined
export const untraced: Trace = (_step, work) => work(unsaid)
