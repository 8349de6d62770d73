import { isApproved, isOpen, type Approved, type Grant } from '../../src/domain/grant.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { Barred, Deed, OnCall, Span, Trouble, Word } from './diary.ts'
import type { Rules } from './rules.ts'
import { blindness, stretchesOf, type Seen, type Stretch, type System } from './seen.ts'

/** What was seen by three that do not know each other: the systems, whoever made the trouble, and Curfew's database. */
export interface Evidence {
  readonly seen: readonly Seen[]
  readonly heldBefore: ReadonlySet<string>
  readonly troubles: readonly Trouble[]
  readonly barred: readonly Barred[]
  readonly deeds: readonly Deed[]
  readonly words: readonly Word[]
  readonly onCall: readonly OnCall[]
  readonly rules: Rules
  readonly replicas: readonly string[]
  /** Everything from the first act until all was quiet. */
  readonly lasted: Span
  readonly grants: readonly Grant[]
  readonly holds: readonly Hold[]
  /** Where Slack was told that something is gone. */
  readonly said: readonly Said[]
  /** What stands in Slack at the end, and is not so. */
  readonly stale: readonly { readonly grantId: string; readonly words: string }[]
  readonly record: RecordSeen
}

/** Words of the app about a grant, and when it sent them. */
export interface Said {
  readonly grantId: string
  readonly at: number
  readonly words: string
}

export interface RecordSeen {
  /** What `curfew audit verify` found wrong; empty: nothing. */
  readonly faults: readonly string[]
  /** What happened to the grants, in order. */
  readonly entries: readonly Entry[]
  readonly acts: readonly RecordedAct[]
}

/** What the record says of a grant. */
export interface Entry {
  /** `grant/<id>/<index>` */
  readonly source: string
  readonly grantId: string
  readonly reason: string
  readonly type: string
  /** Whose act it was, by their e-mail; null: nobody's. */
  readonly by: string | null
  /** Of an end. */
  readonly cause: string | null
}

/** What the record says of an act that is no grant's. */
export interface RecordedAct {
  readonly source: string
  readonly type: string
  /** The id of what it was done to. */
  readonly about: string
  readonly outcome: string
}

export const promises = [
  'given without approval or confirmation',
  'held too long after its end',
  'held after leaving, unfit or without the group',
  'stuck',
  'stripped though held before or still needed',
  'cards or DMs that say something untrue',
  'entries missing or doubled in the record',
] as const
export type Promised = (typeof promises)[number]

export interface Broken {
  readonly promise: Promised
  readonly what: string
  /** When it went wrong. */
  readonly at: number
  /** On which system, and whose, where that is known: `system who what`. */
  readonly key: string | null
}

export interface Verdict {
  readonly broken: readonly Broken[]
  /** How late each end was, without what was down meanwhile; ms. */
  readonly lateness: readonly number[]
  readonly stretches: readonly Stretch[]
}

/** Beyond what was down, whatever it is. */
export const allowedMs = 5_000
/** A look is a tenth of a second, and the clocks of database and observer are read at different moments of it. */
const sharpMs = 250
const clockBehindMs = 1_500

export function judge(evidence: Evidence): Verdict {
  const { seen, heldBefore, grants } = evidence
  const stretches = stretchesOf(seen)
  const broken: Broken[] = []
  const lateness: number[] = []
  const byKey = new Map<string, Approved[]>()
  for (const grant of grants) {
    if (!isApproved(grant) || grant.pattern !== null) continue
    const key = keyOf(grant)
    byKey.set(key, [...(byKey.get(key) ?? []), grant])
  }
  const down = downtimes(evidence)

  for (const stretch of stretches) {
    const key = `${stretch.system} ${stretch.key}`
    if (heldBefore.has(key)) {
      if (!stretch.isFromBefore || !stretch.isToTheEnd)
        broken.push({
          promise: 'stripped though held before or still needed',
          what: 'was held before, and was taken',
          at: stretch.ends[1],
          key,
        })
      continue
    }
    const allowed = (byKey.get(key) ?? []).map((grant) => allowedSpan(grant))
    // As short as it can have been.
    const held: Span = { from: stretch.begins[1], to: stretch.ends[0] }
    for (const rest of without(held, allowed)) {
      const before = allowed.filter(({ from }) => from <= rest.from + sharpMs)
      if (before.length === 0) {
        broken.push({
          promise: 'given without approval or confirmation',
          what: `held from ${clock(rest.from)} to ${clock(rest.to)}`,
          at: rest.from,
          key,
        })
        continue
      }
      const end = Math.max(...before.map(({ to }) => to).filter((to) => to <= rest.from + sharpMs))
      const late = rest.to - end - downWithin(down(stretch.system), { from: end, to: rest.to })
      lateness.push(late)
      if (late > allowedMs)
        broken.push({
          promise: 'held too long after its end',
          what: `until ${clock(rest.to)}, over at ${clock(end)}: ${late} ms beyond what was down`,
          at: rest.to,
          key,
        })
    }
  }
  broken.push(
    ...heldThoughBarred(evidence, stretches, byKey, down),
    ...stuck(evidence, stretches, byKey),
    ...missing(evidence, stretches, byKey),
    ...untrue(evidence, stretches),
    ...evidence.stale.map(({ grantId, words }) => ({
      promise: 'cards or DMs that say something untrue' as const,
      what: `at the end, of ${grantId}: ${words}`,
      at: evidence.lasted.to,
      key: null,
    })),
    ...ofRecord(evidence),
  )
  return { broken, lateness, stretches }
}

/** From the approval, or the rule or proof in its place, until it is to be taken. */
function allowedSpan(grant: Approved): Span {
  const to =
    'takeAt' in grant ? Math.min(grant.takeAt.getTime(), grant.endsAt.getTime()) : grant.endsAt.getTime()
  return { from: Math.max(grant.approvedAt.getTime(), grant.startsAt?.getTime() ?? 0), to }
}

export function keyOf({ system, place }: Pick<Approved, 'system' | 'place'>): string {
  const { principal, target } = place
  const of = systemOf(system)
  const what =
    of === 'orders'
      ? `${String(target['database'])}/${String(target['role'])}`
      : String(target[of === 'billing' ? 'role' : 'net'])
  return `${of} ${principal} ${what}`
}

const systemOf = (name: string): System =>
  name === 'cluster' ? 'orders' : name === 'vpn' ? 'vpn' : 'billing'

/** When nobody could do anything about a system: it, all replicas, or the database was down, or nobody could look. */
function downtimes({ troubles, replicas, seen }: Evidence): (system: System) => readonly Span[] {
  const of = (where: string) => troubles.filter((trouble) => trouble.where === where)
  const [first = [], ...others] = replicas.map((name) => merged(of(name)))
  const allDown = others.reduce<readonly Span[]>((common, spans) => crossed(common, spans), first)
  const blind = blindness(seen)
  return (system) =>
    merged([
      ...of(system),
      ...of('database'),
      ...of('machine'),
      ...of('replicas'),
      ...allDown,
      ...blind.filter((one) => one.system === system).map(({ from, to }) => ({ from, to })),
    ])
}

function heldThoughBarred(
  { barred, heldBefore, grants }: Evidence,
  stretches: readonly Stretch[],
  byKey: ReadonlyMap<string, readonly Approved[]>,
  down: (system: System) => readonly Span[],
): Broken[] {
  const all = grants.filter(isApproved)
  return barred.flatMap(({ principal, why, entitlements, from, to }) =>
    stretches.flatMap((stretch): Broken[] => {
      const key = `${stretch.system} ${stretch.key}`
      if (!stretch.key.startsWith(`${principal} `) || heldBefore.has(key)) return []
      // What another grant of theirs keeps, which this does not concern, may be held.
      const others =
        entitlements === null
          ? []
          : (byKey.get(key) ?? []).filter((grant) => !entitlements.includes(nameOf(grant))).map(allowedSpan)
      const ofThese = all.some(
        (grant) => keyOf(grant) === key && (entitlements?.includes(nameOf(grant)) ?? true),
      )
      if (!ofThese) return []
      const held = { from: Math.max(from, stretch.begins[1]), to: Math.min(to, stretch.ends[0]) }
      return without(held, others).flatMap((rest) => {
        const began = Math.max(from, ...others.map((one) => one.to).filter((end) => end <= rest.from))
        const late = rest.to - began - downWithin(down(stretch.system), { from: began, to: rest.to })
        if (late <= allowedMs) return []
        return {
          promise: 'held after leaving, unfit or without the group' as const,
          what: `${why} since ${clock(from)}, held until ${clock(rest.to)}: ${late} ms beyond what was down`,
          at: rest.to,
          key,
        }
      })
    }),
  )
}

function stuck(
  { grants, holds, heldBefore, lasted }: Evidence,
  stretches: readonly Stretch[],
  byKey: ReadonlyMap<string, readonly Approved[]>,
): Broken[] {
  const at = lasted.to
  const open = grants
    .filter((grant) => isOpen(grant) && grant.status !== 'recurring' && !stands(grant))
    .map((grant) => ({
      what: `grant ${grant.id} is ${grant.status}`,
      key: isApproved(grant) ? keyOf(grant) : null,
    }))
  const standing = new Set(grants.filter(stands).filter(isApproved).map(keyOf))
  const claimed = holds.flatMap((hold) => {
    const claims = Object.keys(hold.claims).filter(
      (id) => !grants.some((grant) => grant.id === id && stands(grant)),
    )
    if (claims.length > 0)
      return { what: `hold of ${hold.principal} is claimed by ${claims.join()}`, key: null }
    return hold.watch === null ? [] : { what: `hold of ${hold.principal} is watched`, key: null }
  })
  const held = stretches
    .map((stretch) => ({ stretch, key: `${stretch.system} ${stretch.key}` }))
    .filter(({ stretch, key }) => stretch.isToTheEnd && !heldBefore.has(key) && !standing.has(key))
    .map(({ key }) => ({ what: `still held, of ${byKey.get(key)?.length ?? 0} grants`, key }))
  return [...open, ...claimed, ...held].map((one) => ({ promise: 'stuck', at, ...one }))
}

/** Held by rule, and rightly so to the end. */
const stands = (grant: Grant): boolean => grant.isStanding && grant.status === 'active'

/** While a grant runs by Curfew's own word it is held. */
function missing(
  evidence: Evidence,
  stretches: readonly Stretch[],
  byKey: ReadonlyMap<string, readonly Approved[]>,
): Broken[] {
  const blind = blindness(evidence.seen)
  return [...byKey].flatMap(([key, grants]) =>
    grants.flatMap((grant): Broken[] => {
      if (!('activeAt' in grant) || grant.activeAt === null) return []
      const to = Math.min(allowedSpan(grant).to, evidence.lasted.to) - sharpMs
      const activeAt = grant.activeAt.getTime()
      const held = stretches
        .filter((one) => `${one.system} ${one.key}` === key)
        // As long as it can have been.
        .map(({ begins, ends, isToTheEnd }) => ({ from: begins[0], to: isToTheEnd ? Infinity : ends[1] }))
      // Curfew's clock is never ahead of the database's, and behind it by as much as asking it took.
      const first = held.find(({ to: until }) => until > activeAt)?.from ?? Infinity
      const span = { from: Math.max(activeAt, Math.min(first, activeAt + clockBehindMs)), to }
      const unseen = blind.filter(({ system }) => key.startsWith(`${system} `))
      return without(span, [...held, ...unseen]).map((gap) => ({
        promise: 'stripped though held before or still needed' as const,
        what: `grant ${grant.id} ran without it for ${Math.round(gap.to - gap.from)} ms`,
        at: gap.from,
        key,
      }))
    }),
  )
}

/** "Gone" is said of what is away. */
function untrue({ said, grants, heldBefore }: Evidence, stretches: readonly Stretch[]): Broken[] {
  const byId = new Map(grants.map((grant) => [grant.id, grant]))
  return said.flatMap(({ grantId, at, words }): Broken[] => {
    const grant = byId.get(grantId)
    if (grant === undefined || !isApproved(grant)) return []
    const key = keyOf(grant)
    const isHeld = stretches.some(
      ({ system, key: of, begins, ends }) =>
        `${system} ${of}` === key && begins[1] < at - sharpMs && at < ends[0] && !heldBefore.has(key),
    )
    const isAnothers = grants.some(
      (other) =>
        other.id !== grantId &&
        isApproved(other) &&
        keyOf(other) === key &&
        other.approvedAt.getTime() <= at &&
        ('endedAt' in other ? other.endedAt.getTime() : Infinity) >= at,
    )
    if (!isHeld || isAnothers) return []
    return [{ promise: 'cards or DMs that say something untrue', what: words, at, key }]
  })
}

function ofRecord({ record, grants, lasted }: Evidence): Broken[] {
  const counts = new Map<string, number>()
  for (const { source } of record.entries) counts.set(source, (counts.get(source) ?? 0) + 1)
  const wanted = grants.flatMap(({ id, history }) => history.map((_, index) => `grant/${id}/${index}`))
  const bad = [
    ...record.faults,
    ...wanted.filter((source) => !counts.has(source)).map((source) => `${source} is missing`),
    ...[...counts].flatMap(([source, count]) => (count > 1 ? `${source} is there ${count} times` : [])),
  ]
  return bad.map((what) => ({
    promise: 'entries missing or doubled in the record',
    what,
    at: lasted.to,
    key: null,
  }))
}

const nameOf = ({ resource, entitlement }: Grant): string => `${resource.id}/${entitlement.id}`

/** What of a span none of the others covers. */
export function without({ from, to }: Span, others: readonly Span[]): Span[] {
  const rest: Span[] = []
  let at = from
  for (const other of merged(others)) {
    if (other.to <= at) continue
    if (other.from >= to) break
    if (other.from > at) rest.push({ from: at, to: other.from })
    at = Math.max(at, other.to)
  }
  if (at < to) rest.push({ from: at, to })
  return rest
}

export function merged(spans: readonly Span[]): Span[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

/** What both cover. */
export const crossed = (some: readonly Span[], others: readonly Span[]): Span[] =>
  some.flatMap((one) =>
    others.flatMap((other) => {
      const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)]
      return from < to ? [{ from, to }] : []
    }),
  )

const downWithin = (down: readonly Span[], span: Span): number =>
  merged(crossed(down, [span])).reduce((sum, { from, to }) => sum + to - from, 0)

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23)
