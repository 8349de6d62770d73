import type { PersonRef } from './person.ts'
import type { AskedRow } from './ports/grant-records.ts'

/** How long requests of one resource waited for people. */
export interface WaitingTimes {
  readonly resource: AskedRow['resource']
  /** Requests that people approved: by a click, not ahead. */
  readonly approved: number
  readonly medianMs: number
  readonly p90Ms: number
  /** From the asking to their answer, the busiest first. */
  readonly approvers: readonly {
    readonly by: PersonRef
    readonly answers: number
    readonly medianMs: number
  }[]
  /** The group for which one rule would have answered the most of them; null where none would be worth it. */
  readonly rule: { readonly group: string; readonly answers: number } | null
}

const mostApprovers = 5
const worth = { leastAnswers: 5, leastShare: 0.25 }

/** By resource, the busiest first. Of what somebody asked for once for themselves, as rules may approve, and people did. */
export function waitingTimes(asked: readonly AskedRow[]): WaitingTimes[] {
  const byPeople = asked.filter(
    (row) =>
      row.approvedAt !== null &&
      row.because === null &&
      !row.isBreakGlass &&
      !row.isSeries &&
      row.requester.id === row.subject.id &&
      row.reviews.some(({ preApprovalId }) => preApprovalId === null),
  )
  const resources = groupBy(byPeople, ({ resource }) => resource.id)
  return [...resources.values()]
    .flatMap((rows) => {
      const [first] = rows
      return first ? [timesOf(first.resource, rows)] : []
    })
    .sort((a, b) => b.approved - a.approved)
}

function timesOf(resource: AskedRow['resource'], rows: readonly AskedRow[]): WaitingTimes {
  const waits = rows.flatMap(({ approvedAt, requestedAt }) =>
    approvedAt === null ? [] : approvedAt.getTime() - requestedAt.getTime(),
  )
  return {
    resource,
    approved: rows.length,
    medianMs: percentile(waits, 0.5),
    p90Ms: percentile(waits, 0.9),
    approvers: approversOf(rows),
    rule: ruleFor(rows),
  }
}

function approversOf(rows: readonly AskedRow[]): WaitingTimes['approvers'] {
  const answers = rows.flatMap(({ reviews, requestedAt }) =>
    reviews
      .filter(({ preApprovalId }) => preApprovalId === null)
      .map(({ by, at }) => ({ by, ms: at.getTime() - requestedAt.getTime() })),
  )
  const byPerson = groupBy(answers, ({ by }) => by.id)
  return [...byPerson.values()]
    .flatMap((own) => {
      const [first] = own
      const waits = own.map(({ ms }) => ms)
      return first ? [{ by: first.by, answers: own.length, medianMs: percentile(waits, 0.5) }] : []
    })
    .sort((a, b) => b.answers - a.answers)
    .slice(0, mostApprovers)
}

function ruleFor(rows: readonly AskedRow[]): WaitingTimes['rule'] {
  const counts = new Map<string, number>()
  for (const { asker } of rows)
    for (const group of asker?.groups ?? []) counts.set(group, (counts.get(group) ?? 0) + 1)
  const [best] = [...counts].sort(([a, one], [b, other]) => other - one || a.localeCompare(b))
  if (best === undefined) return null
  const [group, answers] = best
  const isWorth = answers >= worth.leastAnswers && answers >= rows.length * worth.leastShare
  return isWorth ? { group, answers } : null
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** The nearest rank: the smallest that at least this share of them does not exceed. 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
