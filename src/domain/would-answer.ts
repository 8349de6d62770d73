import type { Answer } from './answer.ts'
import { explainAll } from './explain.ts'
import type { AnsweredAs } from './grant.ts'
import type { Reason } from './policy.ts'

/** Whether somebody would answer one stage of a request that nobody made yet. */
export interface WouldAnswer {
  /** Counted from 0. */
  readonly stage: number
  readonly answer: Answer
  /** As one of the stage's own, or in whose place; null where they would not, or nobody can say. */
  readonly as: AnsweredAs | null
  /** Requests of anybody, of those whom they manage, or of those whom nobody manages. */
  readonly whom: 'anybody' | 'managed' | 'unmanaged'
  /** The entries of the stage's lists that name them, in the catalog's own words. */
  readonly because: readonly string[]
  /** Why not, or why nobody can say. */
  readonly reasons: readonly Reason[]
}

const verbs: Record<AnsweredAs, string> = {
  own: 'approves',
  otherwise: 'stands in, as too few of its approvers can',
  admins: 'stands in as an admin, as too few of its approvers can',
  called: 'approves once called, where nobody answers',
}

const whose: Record<WouldAnswer['whom'], string> = {
  anybody: '',
  managed: ' for those whom they manage',
  unmanaged: ' for those whom nobody manages',
}

/** "approves, by @dba"; "perhaps: Slack does not say now who is in @dba". */
export function explainAnswer({ answer, as, whom, because, reasons }: WouldAnswer): string {
  if (answer === 'unknown') return `perhaps: ${explainAll(reasons)}`
  if (answer === 'no' || as === null) return `no: ${explainAll(reasons)}`
  return `${verbs[as]}${whose[whom]}${because.length === 0 ? '' : `, by ${because.join(', ')}`}`
}
