import type { Entitlement } from './catalog.ts'
import type { Ended, Grant, Revoking } from './grant.ts'
import type { PersonRef } from './person.ts'
import type { Hold } from './hold.ts'
import type { AskedRow, LastUse } from './ports/grant-records.ts'

/** What one admin should know of a day: everything in it is theirs, and something in it is not empty. */
export interface Digest {
  /** By entitlement and rule, the most frequent first. */
  readonly byRule: readonly { readonly row: AskedRow; readonly because: string; readonly times: number }[]
  readonly lapsed: readonly AskedRow[]
  readonly waitedLongest: { readonly row: AskedRow; readonly forMs: number; readonly isOver: boolean } | null
  /** What ends within a day. */
  readonly ending: readonly Grant[]
  /** What nobody asked for or held for so long that it may be too much. */
  readonly unused: readonly Entitlement[]
  /** Who left that day. */
  readonly left: readonly Left[]
  /** What takes left on their systems, which opens nothing, and could not be removed. */
  readonly leftovers: readonly Hold[]
}

/** Somebody left, and what that ended. */
export interface Left {
  readonly person: PersonRef
  /** In words: "Riley left (okta, 14:02 UTC)". */
  readonly why: string
  readonly ended: number
  /** Of those, not known to be gone yet. */
  readonly unchecked: number
  readonly requests: number
  readonly series: number
}

export interface Day {
  readonly from: Date
  readonly to: Date
  /** Of what people asked for: what was asked, answered or closed that day at least, and what waits still. */
  readonly asked: readonly AskedRow[]
  /** What ended as its holder left, that day or still not known to be gone. */
  readonly endedByLeaving: readonly (Revoking | Ended)[]
  /** What is held. */
  readonly held: readonly Grant[]
  /** Null on days on which it is not looked at. */
  readonly uses: readonly LastUse[] | null
  /** What takes left, on all systems. */
  readonly leftovers: readonly Hold[]
}

export const unusedForMs = 90 * 24 * 60 * 60_000
const DAY_MS = 24 * 60 * 60_000

/** Of what somebody looks after; null where there is nothing to tell. */
export function digestFor(lookedAfter: readonly Entitlement[], day: Day): Digest | null {
  const theirs = new Map(
    lookedAfter
      .filter(({ isInDigest }) => isInDigest)
      .map((entitlement) => [keyOf({ resource: entitlement.resource, entitlement }), entitlement]),
  )
  const systems = new Set([...theirs.values()].map(({ system }) => system))
  const asked = day.asked.filter((row) => theirs.has(keyOf(row)))
  const ending = day.held.filter(
    (grant) =>
      theirs.has(keyOf(grant)) &&
      (grant.status === 'active' || grant.status === 'granting') &&
      !grant.isStanding &&
      // They end and begin each day, and their holders are warned.
      !grant.isSession &&
      grant.endsAt.getTime() <= day.to.getTime() + DAY_MS,
  )
  const dropped = asked.filter(
    ({ closedBecause, closedAt }) => closedBecause !== null && closedAt !== null && isWithin(closedAt, day),
  )
  const digest: Digest = {
    left: leftThatDay(
      day.endedByLeaving.filter((grant) => theirs.has(keyOf(grant))),
      dropped,
    ),
    byRule: byRule(asked.filter(({ requestedAt }) => isWithin(requestedAt, day))),
    lapsed: asked.filter(
      ({ status, closedAt }) => status === 'lapsed' && closedAt !== null && isWithin(closedAt, day),
    ),
    waitedLongest: waitedLongest(asked, day),
    ending: ending.sort((a, b) => endOf(a) - endOf(b)),
    leftovers: day.leftovers.filter(({ system }) => systems.has(system)),
    unused: day.uses === null ? [] : unused([...theirs.values()], day.uses, day.to),
  }
  const { waitedLongest: longest } = digest
  const lists = [digest.left, digest.byRule, digest.lapsed, digest.ending, digest.unused, digest.leftovers]
  return longest === null && lists.every(({ length }) => length === 0) ? null : digest
}

const keyOf = ({
  resource,
  entitlement,
}: {
  resource: { id: string }
  entitlement: { id: string }
}): string => `${resource.id}/${entitlement.id}`

/** Windows of a series that were not open count with their series. */
function leftThatDay(grants: readonly (Revoking | Ended)[], dropped: readonly AskedRow[]): Left[] {
  const found = new Map<string, Left>()
  const add = (person: PersonRef, why: string, more: Partial<Left>): void => {
    const known = found.get(person.id) ?? { person, why, ended: 0, unchecked: 0, requests: 0, series: 0 }
    found.set(person.id, {
      ...known,
      ended: known.ended + (more.ended ?? 0),
      unchecked: known.unchecked + (more.unchecked ?? 0),
      requests: known.requests + (more.requests ?? 0),
      series: known.series + (more.series ?? 0),
    })
  }
  for (const grant of grants) {
    const why = grant.endNote ?? ''
    if (grant.pattern !== null) add(grant.subject, why, { series: 1 })
    else if (grant.status === 'revoking') add(grant.subject, why, { ended: 1, unchecked: 1 })
    else if (grant.activeAt !== null) add(grant.subject, why, { ended: 1 })
  }
  for (const { subject, closedBecause } of dropped) add(subject, closedBecause ?? '', { requests: 1 })
  return [...found.values()]
}

const endOf = (grant: Grant): number => ('endsAt' in grant ? grant.endsAt.getTime() : 0)

const isWithin = (at: Date, { from, to }: Day): boolean => at >= from && at < to

function byRule(asked: readonly AskedRow[]): Digest['byRule'] {
  const found = new Map<string, { row: AskedRow; because: string; times: number }>()
  for (const row of asked) {
    if (row.because === null) continue
    const key = JSON.stringify([keyOf(row), row.because])
    const times = (found.get(key)?.times ?? 0) + 1
    found.set(key, { row, because: row.because, times })
  }
  return [...found.values()].sort((a, b) => b.times - a.times)
}

/** Of what people answered that day, and of what still waits. */
function waitedLongest(asked: readonly AskedRow[], day: Day): Digest['waitedLongest'] {
  const waits = asked.flatMap((row) => {
    if (row.status === 'pending')
      return { row, forMs: day.to.getTime() - row.requestedAt.getTime(), isOver: false }
    const last = row.reviews.at(-1)
    if (!last || last.preApprovalId !== null || !isWithin(last.at, day)) return []
    return { row, forMs: last.at.getTime() - row.requestedAt.getTime(), isOver: true }
  })
  return waits.reduce<Digest['waitedLongest']>(
    (longest, one) => (one.forMs > (longest?.forMs ?? 0) ? one : longest),
    null,
  )
}

/** Not used for so long; what was never used counts once everything is that old. */
function unused(entitlements: readonly Entitlement[], uses: readonly LastUse[], now: Date): Entitlement[] {
  const since = new Date(now.getTime() - unusedForMs)
  const last = new Map(uses.map(({ resource, entitlement, at }) => [`${resource}/${entitlement}`, at]))
  const isOld = uses.some(({ at }) => at < since)
  return entitlements.filter(({ mode, resource, id }) => {
    if (mode === 'standing') return false
    const at = last.get(`${resource.id}/${id}`)
    return at === undefined ? isOld : at < since
  })
}
