import type { AutoRule, Condition, Entitlement, Stage } from '../domain/catalog.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Report } from './explain.ts'
import type { Path } from './problem.ts'
import type { Defaults, WrittenStage } from './schema.ts'
import { problemIn, type Source } from './source.ts'

/** What one place in a file says: the entitlement, its resource, or the defaults of the file. */
export interface Level {
  readonly path: Path
  readonly rules: Defaults & {
    readonly who?: Condition | undefined
    readonly external?: boolean | undefined
    readonly onBehalf?: Condition | undefined
  }
}

type Stages = readonly [Stage, ...Stage[]]

type Inherited = Pick<
  Entitlement,
  | 'channel'
  | 'admins'
  | 'who'
  | 'external'
  | 'review'
  | 'duration'
  | 'warnMs'
  | 'alertMs'
  | 'startsWithinMs'
  | 'windows'
  | 'breakGlass'
  | 'keeps'
  | 'confirmAbove'
  | 'auto'
  | 'preApproveMs'
  | 'onBehalf'
  | 'isInDigest'
  | 'extend'
  | 'reasonExample'
  | 'how'
  | 'confirm'
  | 'asksProof'
>

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const USUAL = { withinMs: DAY, defaultMs: HOUR, maxMs: 8 * HOUR, alertMs: MINUTE, confirmAbove: 50 }
const USUAL_CHOICES = [
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  DAY,
  3 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
]

/** Key by key, the nearest level that says something counts. `levels` go from the entitlement outwards. */
export function inherit(
  source: Source,
  levels: readonly [Level, ...Level[]],
  { report, needsNobody }: { report: Report; needsNobody: boolean },
): Inherited | null {
  const [{ path }] = levels
  const pick = <T>(read: (rules: Level['rules']) => T | undefined, ...key: Path) => nearest(levels, read, key)
  const missing = (key: string, message: string) => report(problemIn(source, [...path, key], message))

  const channel = pick((rules) => rules.channel)
  const admins = pick((rules) => rules.admins)
  const who = pick((rules) => rules.who)
  // Nobody answers where nobody asks: the admins stand there instead.
  const nobody: Stages | null =
    needsNobody && admins
      ? [stageOf({ approvers: { ...noList, people: admins.value }, needs: 1 }, levels)]
      : null
  const stages = stagesOf(source, levels, report) ?? nobody
  if (!channel) missing('channel', 'is missing, here and in what it inherits')
  if (!admins)
    missing('admins', 'is missing, here and in what it inherits: somebody must be able to end access')
  if (!who) missing('who', 'is missing: say who may ask ("true" for everyone)')
  if (!stages) missing('approvers', 'is missing, here and in what it inherits: nobody could ever approve')

  const duration = durationOf(source, levels, report)
  const warn = pick((rules) => rules.warn, 'warn')
  if (warn && warn.value >= duration.maxMs && warn.depth <= duration.maxDepth)
    report(
      problemIn(
        source,
        warn.path,
        `must be shorter than the longest access, ${formatDuration(duration.maxMs)}`,
      ),
    )
  if (!channel || !admins || !who || !stages) return null
  const confirm = pick((rules) => rules.confirm)?.value ?? false

  return {
    channel: channel.value,
    admins: admins.value,
    who: who.value,
    external: pick((rules) => rules.external)?.value ?? false,
    review: { stages, withinMs: pick((rules) => rules.review?.within)?.value ?? USUAL.withinMs },
    duration: { defaultMs: duration.defaultMs, maxMs: duration.maxMs, choicesMs: duration.choicesMs },
    warnMs: warn && warn.value < duration.maxMs ? warn.value : null,
    alertMs: pick((rules) => rules.alert)?.value ?? USUAL.alertMs,
    startsWithinMs: pick((rules) => rules.ahead)?.value ?? null,
    windows: windowsOf(levels),
    breakGlass: breakGlassOf(levels, duration),
    keeps: pick((rules) => rules.keep)?.value ?? false,
    confirmAbove: confirmAboveOf(levels),
    auto: autoOf(source, levels, duration, report),
    preApproveMs: pick((rules) => rules.preApprove?.until)?.value ?? null,
    onBehalf: pick((rules) => rules.onBehalf)?.value ?? null,
    isInDigest: pick((rules) => rules.digest)?.value ?? true,
    extend: extendOf(levels, duration),
    reasonExample: pick((rules) => rules.reason?.example)?.value ?? null,
    how: pick((rules) => rules.how)?.value ?? null,
    confirm: confirm === true,
    asksProof: confirm === 'mfa',
  }
}

function nearest<T>(levels: readonly Level[], read: (rules: Level['rules']) => T | undefined, key: Path) {
  for (const [depth, { rules, path }] of levels.entries()) {
    const value = read(rules)
    if (value !== undefined) return { value, depth, path: [...path, ...key] }
  }
  return null
}

/** `approvers` is the short form of one stage; the nearest of either counts, as a whole. */
function stagesOf(source: Source, levels: readonly Level[], report: Report): Stages | null {
  for (const { path, rules } of levels) {
    const stages = rules.review?.stages
    if (rules.approvers && stages)
      report(
        problemIn(
          source,
          [...path, 'approvers'],
          'is the short form of review.stages: write one of them',
          'key',
        ),
      )
    const [first, ...others] = stages ?? (rules.approvers ? [{ approvers: rules.approvers, needs: 1 }] : [])
    if (first) return [stageOf(first, levels), ...others.map((stage) => stageOf(stage, levels))]
  }
  return null
}

const noList = { groups: [], manager: false, who: null }

/** What a stage does not say of confirming, reminders and hours is said by the nearest `review`. */
function stageOf(written: WrittenStage, levels: readonly Level[]): Stage {
  const { name, approvers, needs, quiet, otherwise, escalate } = written
  const remindMs = written.remind ?? nearest(levels, ({ review }) => review?.remind, ['remind'])?.value ?? []
  return {
    name: name ?? null,
    approvers,
    needs,
    asksProof:
      (written.confirm ?? nearest(levels, ({ review }) => review?.confirm, ['confirm'])?.value) === 'mfa',
    quiet: quiet ?? null,
    otherwise: otherwise ?? null,
    escalate: escalate ? { afterMs: escalate.after, to: escalate.to } : null,
    remindMs: [...remindMs].sort((a, b) => a - b),
    hours: written.hours ?? nearest(levels, ({ review }) => review?.hours, ['hours'])?.value ?? [],
  }
}

/** `standing.confirmAbove` is the same, written before it was for all kinds of access. */
const confirmAboveOf = (levels: readonly Level[]): number =>
  nearest(levels, ({ confirmAbove, standing }) => confirmAbove ?? standing?.confirmAbove, ['confirmAbove'])
    ?.value ?? USUAL.confirmAbove

/** The nearest counts as a whole. */
function windowsOf(levels: readonly Level[]): Entitlement['windows'] {
  const rules = nearest(levels, (level) => level.windows, ['windows'])?.value
  if (!rules) return null
  return { untilMs: rules.until ?? null, warns: rules.warn, only: rules.only ?? [] }
}

/** The nearest counts as a whole; never longer than what is approved may last. */
function breakGlassOf(levels: readonly Level[], { maxMs }: { maxMs: number }): Entitlement['breakGlass'] {
  const rules = nearest(levels, (level) => level.breakGlass, ['breakGlass'])?.value
  if (!rules) return null
  const proof = rules.confirm !== 'mfa' ? 'none' : rules.ifDown === 'louder' ? 'unless-down' : 'always'
  return { maxMs: Math.min(rules.max, maxMs), remindMs: rules.remind, proof }
}

/** The nearest list counts as a whole; a rule approves no longer than may be asked for. */
function autoOf(
  source: Source,
  levels: readonly Level[],
  { maxMs }: { maxMs: number },
  report: Report,
): AutoRule[] {
  const rules = nearest(levels, (level) => level.auto, ['auto'])
  return (rules?.value ?? []).map(({ because, when, max, quota, notAfter, card }, at) => {
    if (rules?.depth === 0 && max !== undefined && max > maxMs)
      report(
        problemIn(source, [...rules.path, at, 'max'], `is longer than the maximum, ${formatDuration(maxMs)}`),
      )
    return {
      because,
      when,
      notAfter: notAfter ?? null,
      isShown: card,
      maxMs: Math.min(max ?? maxMs, maxMs),
      quota: quota ? { uses: quota.uses, perMs: quota.per } : null,
    }
  })
}

/** The nearest counts as a whole. In all no more than one request may ask for, and in steps of the usual time, unless it says otherwise. */
function extendOf(
  levels: readonly Level[],
  { maxMs, defaultMs }: { maxMs: number; defaultMs: number },
): Entitlement['extend'] {
  const rules = nearest(levels, (level) => level.extend, ['extend'])?.value
  if (!rules) return null
  const { max: maxTimes, total: totalMs = maxMs, by: stepMs = defaultMs, after: afterShare, review } = rules
  return { maxTimes, totalMs, stepMs, afterShare, isReviewed: review }
}

/** A default or choice longer than the maximum is wrong where it is written; one that is inherited is cut to fit. */
function durationOf(source: Source, levels: readonly Level[], report: Report) {
  const max = nearest(levels, (rules) => rules.duration?.max, ['duration', 'max'])
  const usual = nearest(levels, (rules) => rules.duration?.default, ['duration', 'default'])
  const choices = nearest(levels, (rules) => rules.duration?.choices, ['duration', 'choices'])
  const maxMs = max?.value ?? USUAL.maxMs
  const maxDepth = max?.depth ?? levels.length
  const tooLong = `is longer than the maximum, ${formatDuration(maxMs)}${max ? '' : ' unless max says otherwise'}`

  if (usual && usual.value > maxMs && usual.depth <= maxDepth) report(problemIn(source, usual.path, tooLong))
  for (const [index, choice] of (choices?.value ?? []).entries())
    if (choices && choice > maxMs && choices.depth <= maxDepth)
      report(problemIn(source, [...choices.path, index], tooLong))

  const defaultMs = Math.min(usual?.value ?? USUAL.defaultMs, maxMs)
  const fitting = (choices?.value ?? [...USUAL_CHOICES, maxMs]).filter((choice) => choice <= maxMs)
  return {
    maxMs,
    maxDepth,
    defaultMs,
    choicesMs: [...new Set([...fitting, defaultMs])].sort((a, b) => a - b),
  }
}
