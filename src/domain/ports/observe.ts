import type { EndCause } from '../grant.ts'

/*
 * What happens and is measured, by name. Who it is about stays out of it: nothing of a person, and of a system its id and
 * kind. What happens to grants is told by their store (`onChange`).
 */

export type ConnectorVerb = 'give' | 'take' | 'cut' | 'tidy' | 'make' | 'has' | 'list' | 'check' | 'publish'

/**
 * `refused`: it said no, and would again. `failed`: no answer, trouble, or what cannot be read. `not-asked`: it did not
 * answer the calls before, and was not asked.
 */
export type ConnectorOutcome = 'done' | 'refused' | 'failed' | 'not-asked'

/** `refused`: Slack said why not. `rate-limited`: it said to wait. `trouble`: HTTP said so. `no-answer`: nothing did. */
export type SlackOutcome = 'done' | 'refused' | 'rate-limited' | 'trouble' | 'no-answer'

export type Observed =
  /** The first call of an opening, so long after its instant; planned: it was agreed to before, and not just approved. */
  | { type: 'opening-called'; isPlanned: boolean; lateMs: number }
  /** The first call of an end, so long after its instant. */
  | { type: 'end-called'; cause: EndCause; lateMs: number }
  | {
      type: 'connector-called'
      system: string
      kind: string
      verb: ConnectorVerb
      outcome: ConnectorOutcome
      tookMs: number
    }
  | { type: 'slack-called'; method: string; outcome: SlackOutcome; tookMs: number }
  /** Slack asked for a pause. */
  | { type: 'slack-paused'; method: string; forMs: number }
  | { type: 'job-ran'; job: string; outcome: 'done' | 'failed'; tookMs: number }

/** Tells whoever measures. Never throws, and nothing waits for it. */
export type Observe = (what: Observed) => void

/** Tells both. */
export const observedBy =
  (one: Observe, other: Observe): Observe =>
  (what) => {
    one(what)
    other(what)
  }

export const unobserved: Observe = () => undefined
