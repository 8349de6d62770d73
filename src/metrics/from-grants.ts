import { isApproved, type Grant } from '../domain/grant.ts'
import { yesOrNo } from './from-observed.ts'
import type { Metrics } from './table.ts'

/** Counts what became of a grant by one write, from what it was before; null: it is new. */
export function countGrant(metrics: Metrics, grant: Grant, before: Grant | null): void {
  for (const { type } of grant.history.slice(before?.history.length ?? 0)) metrics.events.inc({ event: type })
  const kind = kindOf(grant)
  if (before === null && kind !== null) metrics.requests.inc({ kind })
  const answered = kind === 'once' || kind === 'series' ? answerOf(grant, before) : null
  if (answered !== null)
    metrics.answerWait.observe({ answer: answered.answer }, secondsBetween(grant.requestedAt, answered.at))
  if (grant.status === 'active' && before?.status === 'granting') {
    const planned = yesOrNo(grant.startsAt !== null || grant.window !== null)
    metrics.opening.observe({ planned }, secondsBetween(before.giveAt, grant.activeAt))
  }
  if (grant.status === 'ended' && before?.status === 'revoking' && grant.left === 'gone')
    metrics.end.observe({ cause: grant.cause }, secondsBetween(grant.takeAt, grant.endedAt))
}

/** Null: nobody asked for it; it is held by rule, a window of a series, or goes on for what was cut. */
function kindOf(grant: Grant): 'once' | 'series' | 'session' | 'break-glass' | null {
  if (grant.isStanding || grant.window !== null || grant.resumes !== null) return null
  if (grant.isBreakGlass) return 'break-glass'
  if (grant.isSession) return 'session'
  return grant.pattern === null ? 'once' : 'series'
}

type Answer = 'approved' | 'by-rule' | 'denied' | 'withdrawn' | 'lapsed'

/** How it was answered by this write, and when. */
function answerOf(grant: Grant, before: Grant | null): { answer: Answer; at: Date } | null {
  if (grant.status === 'pending' || (before !== null && before.status !== 'pending')) return null
  if (isApproved(grant)) return { answer: grant.auto === null ? 'approved' : 'by-rule', at: grant.approvedAt }
  return { answer: grant.status, at: grant.closedAt }
}

const secondsBetween = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / 1_000
