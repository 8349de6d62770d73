import type { Observed } from '../domain/ports/observe.ts'
import type { Metrics } from './table.ts'

/** Counts what was observed. */
export function countObserved(metrics: Metrics, what: Observed): void {
  switch (what.type) {
    case 'opening-called':
      metrics.openingCall.observe({ planned: yesOrNo(what.isPlanned) }, seconds(what.lateMs))
      return
    case 'end-called':
      metrics.endCall.observe({ cause: what.cause }, seconds(what.lateMs))
      return
    case 'connector-called': {
      const { kind, verb: action, outcome, tookMs } = what
      metrics.connectorCalls.inc({ kind, action, outcome })
      // It says nothing of the system how long that took.
      if (outcome !== 'not-asked') metrics.connectorTook.observe({ kind, action }, seconds(tookMs))
      return
    }
    case 'slack-called': {
      const { method, outcome, tookMs } = what
      metrics.slackCalls.inc({ method, outcome })
      metrics.slackTook.observe({ method }, seconds(tookMs))
      return
    }
    case 'slack-paused':
      metrics.slackPauses.inc({ method: what.method })
      metrics.slackPaused.inc({ method: what.method }, seconds(what.forMs))
      return
    case 'job-ran':
      metrics.jobRuns.inc({ name: what.job, outcome: what.outcome })
      metrics.jobTook.set({ name: what.job }, seconds(what.tookMs))
  }
}

const seconds = (ms: number): number => ms / 1_000
export const yesOrNo = (is: boolean): 'yes' | 'no' => (is ? 'yes' : 'no')
