import { after, earliest } from '../instants.ts'
import { isUsable, type Device } from './device.ts'
import { valuesOf, type ReadValue } from './read-values.ts'
import type { DevicePart, FitRule, Reading } from './rules.ts'

/** Whether somebody's devices are fit by a rule: until when, if nothing more is heard; or what is missing, of which. */
export type Fitness =
  | {
      readonly isFit: true
      readonly until: Date
      /** Of all that are fit the one that counts: its time is over at `until`. */
      readonly device: Device
      readonly fit: readonly string[]
    }
  | { readonly isFit: false; readonly rule: string; readonly lacks: readonly Lack[] }

export type Lack =
  /** They have none that counts; these are theirs all the same. */
  | { readonly kind: 'no-device'; readonly devices: readonly Uncounted[] }
  /** The one that it was asked for on is none of theirs any more. */
  | { readonly kind: 'not-theirs'; readonly device: string }
  /** Nobody heard of it for longer than the rule lets that be: nothing of it is known now. */
  | { readonly kind: 'silent'; readonly device: Named; readonly maxAgeMs: number }
  | {
      readonly kind: 'unfit'
      readonly device: Named
      /** The part of the rule that is not met. */
      readonly part: string
      readonly values: readonly ReadValue[]
    }

export type Uncounted = Pick<Device, 'name' | 'approval' | 'isInQuestion'>

export type Named = Pick<Device, 'id' | 'name' | 'source' | 'lastSeenAt'> & { readonly os: string | null }

/**
 * Judges by what is known now. `onDevice`: the one that it was asked for on, and no other; null: all of theirs that were
 * seen lately.
 */
export function fitness(
  rule: FitRule,
  theirs: readonly Device[],
  { now, onDevice }: { now: Date; onDevice: string | null },
): Fitness {
  const usable = theirs.filter((device) => isUsable(device, rule))
  if (onDevice !== null) {
    const one = usable.find(({ id }) => id === onDevice)
    const named = theirs.find(({ id }) => id === onDevice)?.name ?? onDevice
    if (one === undefined)
      return { isFit: false, rule: rule.id, lacks: [{ kind: 'not-theirs', device: named }] }
    return combined(rule, [judge(rule, one, now)])
  }
  const lately = usable.filter(({ lastSeenAt }) => now.getTime() - lastSeenAt.getTime() < rule.seenWithinMs)
  if (usable.length === 0)
    return { isFit: false, rule: rule.id, lacks: [{ kind: 'no-device', devices: theirs }] }
  if (lately.length === 0) {
    const lacks = usable.map((device): Lack => ({
      kind: 'silent',
      device: namedOf(device),
      maxAgeMs: rule.seenWithinMs,
    }))
    return { isFit: false, rule: rule.id, lacks }
  }
  const judged = lately.map((device) => noLongerThanSeen(rule, judge(rule, device, now)))
  return rule.which === 'every' ? combined(rule, judged) : best(rule, judged)
}

type Judged = { readonly device: Device; readonly until: Date } | { readonly lacks: readonly Lack[] }

/** By itself it is none of those that were seen lately, some time. */
function noLongerThanSeen({ seenWithinMs }: FitRule, judged: Judged): Judged {
  if ('lacks' in judged) return judged
  const { device, until } = judged
  return { device, until: earliest(until, after(device.lastSeenAt, seenWithinMs)) }
}

/** All of them are: until the first of them is not. */
function combined(rule: FitRule, judged: readonly Judged[]): Fitness {
  const lacks = judged.flatMap((one) => ('lacks' in one ? one.lacks : []))
  if (lacks.length > 0) return { isFit: false, rule: rule.id, lacks }
  const fit = judged.flatMap((one) => ('lacks' in one ? [] : one)).sort(untilFirst)
  const [first] = fit
  if (first === undefined) return { isFit: false, rule: rule.id, lacks: [{ kind: 'no-device', devices: [] }] }
  return { isFit: true, ...first, fit: fit.map(({ device }) => device.id) }
}

/** One of them is: the one that is for the longest. */
function best(rule: FitRule, judged: readonly Judged[]): Fitness {
  const fit = judged.flatMap((one) => ('lacks' in one ? [] : one)).sort(untilFirst)
  const last = fit.at(-1)
  if (last !== undefined) return { isFit: true, ...last, fit: fit.map(({ device }) => device.id) }
  return { isFit: false, rule: rule.id, lacks: judged.flatMap((one) => ('lacks' in one ? one.lacks : [])) }
}

const untilFirst = (one: { until: Date }, other: { until: Date }): number =>
  one.until.getTime() - other.until.getTime()

/** That it was heard of at all counts as well: a rule that reads nothing else is not met by what is silent. */
function judge(rule: FitRule, device: Device, now: Date): Judged {
  const oldestAt = now.getTime() - rule.maxAgeMs
  const read = (reading: Reading): ReadValue[] =>
    valuesOf(device, reading).map((one) => ({
      ...one,
      isStale: one.at !== null && one.at.getTime() <= oldestAt,
    }))
  const isSilent = device.lastSeenAt.getTime() <= oldestAt
  const unmet = rule.when.parts.flatMap((part: DevicePart) => {
    const values = part.reads.flatMap(read)
    const isKnown = values.every(({ value, isStale }) => value !== null && !isStale)
    return isKnown && part.evaluate(device) === 'yes' ? [] : [{ part: part.source, values }]
  })
  const isMet = unmet.length === 0 && rule.when.evaluate(device) === 'yes'
  if (isMet && !isSilent) {
    const ats = rule.when.reads.flatMap(read).flatMap(({ at }) => at?.getTime() ?? [])
    const oldest = Math.min(device.lastSeenAt.getTime(), ...ats)
    return { device, until: new Date(oldest + rule.maxAgeMs) }
  }
  const named = namedOf(device)
  if (isSilent) return { lacks: [{ kind: 'silent', device: named, maxAgeMs: rule.maxAgeMs }] }
  const parts = unmet.length > 0 ? unmet : [{ part: rule.when.source, values: [] }]
  return { lacks: parts.map((one) => ({ kind: 'unfit', device: named, ...one })) }
}

function namedOf({ id, name, source, lastSeenAt, said }: Device): Named {
  const os = said['os']?.value
  return { id, name, source, lastSeenAt, os: typeof os === 'string' ? os : null }
}
