import { z } from 'zod'
import { after, earliest } from '../instants.ts'
import type { Fitness } from './fitness.ts'
import type { FitRule } from './rules.ts'

/** How it stands with the device, or devices, on which something is held. */
export const posture = z.object({
  /** A mark of the rule by which it was judged: by another it is judged anew. */
  rule: z.string(),
  /** The device by which it is fit, or was: without that one it is over. Null: it never was, or that was not noted. */
  on: z.string().nullable().default(null),
  /** So long it is fit if nothing more is heard; null while it is not. */
  until: z.date().nullable(),
  /** It was not fit, and the catalog gives time to mend it; null: all is well. */
  unfit: z
    .object({
      since: z.date(),
      /** Not mended by then, it ends. */
      cutAt: z.date(),
      /** In words, what was missing. */
      why: z.string(),
      /** It is fit again, and counts as mended if it stays so until then; null while it is not. */
      steadyAt: z.date().nullable(),
    })
    .nullable(),
})
export type Posture = z.infer<typeof posture>

/** What was found out right before giving, and again and again while it is held. */
export interface PostureEvent {
  readonly type: 'posture'
  /** Null: no rule of the catalog asks for a device any more. */
  readonly posture: Posture | null
}

/** It is not fit now, and its holder is to mend it. */
export const isUnfitNow = (posture: Posture | null): boolean =>
  posture?.unfit != null && posture.unfit.steadyAt === null

export const isPostureShown = (before: Posture | null, next: Posture | null): boolean =>
  (before?.unfit == null) !== (next?.unfit == null) || isUnfitNow(before) !== isUnfitNow(next)

/** When it is to be judged again by itself. */
export function postureDueAt(now: Posture | null): Date | null {
  if (now === null) return null
  const { until, unfit } = now
  if (unfit === null) return until
  return unfit.steadyAt === null ? unfit.cutAt : earliest(unfit.steadyAt, until)
}

export type Judged =
  { readonly ends: true; readonly why: string } | { readonly ends: false; readonly posture: Posture }

export interface JudgedBy {
  readonly rule: FitRule
  readonly fitness: Fitness
  /** What is missing, in words. */
  readonly why: string
  /** The device that it was held on counts for them no more: nobody can mend that in time. */
  readonly isLost: boolean
}

/**
 * What is to become of what is held, by what is known now. Not fit for as long as the rule's grace, it ends; whatever is
 * fit for a moment in between does not begin that time anew, so a device that changes each minute has one grace.
 */
export function judgedPosture(
  before: Posture | null,
  { rule, fitness, why, isLost }: JudgedBy,
  now: Date,
): Judged {
  const mark = markOfRule(rule)
  const known = before?.unfit ?? null
  // It stayed fit for so long, though nobody looked at that moment.
  const unfit = known?.steadyAt != null && now >= known.steadyAt ? null : known
  if (!fitness.isFit) {
    const since = unfit?.since ?? now
    // By the grace of now, which may be another than when it began.
    const cutAt = after(since, rule.graceMs)
    if (isLost || now >= cutAt) return { ends: true, why }
    const on = before?.on ?? null
    return {
      ends: false,
      posture: { rule: mark, on, until: null, unfit: { since, cutAt, why, steadyAt: null } },
    }
  }
  const { until } = fitness
  const on = before?.on != null && fitness.fit.includes(before.on) ? before.on : fitness.device.id
  if (unfit === null) return { ends: false, posture: { rule: mark, on, until, unfit: null } }
  const steadyAt = unfit.steadyAt ?? after(now, rule.graceMs)
  const isMended = now >= steadyAt
  return { ends: false, posture: { rule: mark, on, until, unfit: isMended ? null : { ...unfit, steadyAt } } }
}

/** Worth writing: it is to be judged at another moment than is noted, or otherwise than it is shown. */
export const isOtherPosture = (before: Posture | null, next: Posture, now: Date): boolean =>
  before === null ||
  before.rule !== next.rule ||
  // Where it was not known yet, it is noted with what is written next.
  (before.on !== null && before.on !== next.on) ||
  before.unfit?.steadyAt?.getTime() !== next.unfit?.steadyAt?.getTime() ||
  isPostureShown(before, next) ||
  (before.unfit !== null && before.unfit.why !== next.unfit?.why) ||
  // That it is fit for longer is seen when its time is over.
  (before.until !== null && next.until !== null && (next.until < before.until || before.until <= now))

/** Whatever of the rule decides. */
export const markOfRule = ({
  id,
  when,
  maxAgeMs,
  which,
  seenWithinMs,
  needsApproval,
  graceMs,
  sources,
}: FitRule): string =>
  JSON.stringify([
    id,
    when.source,
    maxAgeMs,
    which,
    seenWithinMs,
    needsApproval,
    graceMs,
    [...sources].sort(),
  ])
