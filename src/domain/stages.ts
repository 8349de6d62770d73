import type { Stage } from './catalog.ts'
import type { Grant, Nudge, Pending, Review } from './grant.ts'
import { after } from './instants.ts'
import { refuse, type Refusal } from './refusal.ts'
import { fixedWindowAt, nextFixedWindow, type FixedWindow } from './windows/fixed.ts'

/*
 * Stages are answered one after the other. How the approvers of the open one are called, reminded and passed over for
 * others, is reckoned here from its rules; who they are is for `operations/panel.ts` to find out.
 */

/** What reckoning needs of a stage. */
export type StageRules = Pick<Stage, 'needs' | 'remindMs' | 'escalate' | 'hours'>

export type NudgeEvent = {
  type: 'nudge'
  /** Those of the open stage now; null when it is gone. */
  rules: StageRules | null
}

/** The first stage that has empty seats; null when none has. */
export function openStage(
  reviews: readonly Pick<Review, 'stage' | 'verdict'>[],
  stages: readonly Pick<Stage, 'needs'>[],
): number | null {
  const isFilled = ({ needs }: Pick<Stage, 'needs'>, index: number) =>
    reviews.filter(({ stage, verdict }) => verdict === 'approve' && stage === index).length >= needs
  const at = stages.findIndex((stage, index) => !isFilled(stage, index))
  return at === -1 ? null : at
}

export const seatsOf = (stages: readonly Pick<Stage, 'needs'>[]): number =>
  stages.reduce((sum, { needs }) => sum + needs, 0)

/** From now on this stage is asked. */
export function startNudges(stage: number, rules: StageRules, now: Date, recounts = 0): Nudge {
  const { escalate, hours } = rules
  return {
    stage,
    since: now,
    reminded: 0,
    remindAt: reminderAt(rules, now, 0),
    escalateAt: escalate && withinHours(after(now, escalate.afterMs), hours),
    escalatedAt: null,
    recounts,
  }
}

export const nudgeDueAt = ({ nudge }: Pending): Date | null => {
  if (nudge === null) return null
  const { remindAt, escalateAt } = nudge
  return remindAt === null || (escalateAt !== null && escalateAt < remindAt) ? escalateAt : remindAt
}

/** Whatever is due of reminding and escalating is done now: shown where the grant is shown. */
export function nudged(grant: Grant, { rules }: NudgeEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'pending' || grant.nudge === null) return refuse('decided', { grant })
  const { nudge } = grant
  const isReminded = nudge.remindAt !== null && nudge.remindAt <= now
  const isEscalated = nudge.escalateAt !== null && nudge.escalateAt <= now
  if (!isReminded && !isEscalated) return refuse('decided', { grant })
  const reminded = nudge.reminded + (isReminded ? 1 : 0)
  return {
    ...grant,
    nudge: {
      ...nudge,
      reminded,
      remindAt: isReminded ? rules && reminderAt(rules, nudge.since, reminded, now) : nudge.remindAt,
      escalateAt: isEscalated ? null : nudge.escalateAt,
      escalatedAt: isEscalated ? now : nudge.escalatedAt,
    },
  }
}

/** When the reminder with this number comes; those that an outage made late come as one. */
function reminderAt({ remindMs, hours }: StageRules, since: Date, number: number, now = since): Date | null {
  const at = remindMs
    .slice(number)
    .map((ms) => withinHours(after(since, ms), hours))
    .find((one) => one === null || one > now)
  return at ?? null
}

/** At that time, or when the hours begin that come next; null if none ever come. */
function withinHours(at: Date, hours: readonly FixedWindow[]): Date | null {
  if (hours.length === 0 || fixedWindowAt(hours, at) !== null) return at
  return nextFixedWindow(hours, at)?.start ?? null
}
