import { onOneLine } from '../who/words.ts'
import { row } from './csv-row.ts'
import type { ReviewRow } from './review-row.ts'
import { stateLines, unreadableWords, type ReviewFormat } from './review-words.ts'

const columns = [
  'kind',
  'resource',
  'entitlement',
  'system',
  'person',
  'email',
  'slack',
  'as',
  'how',
  'times',
  'total_hours',
  'longest_hours',
  'first_from',
  'last_until',
  'approved_by',
  'why',
  'usage',
  'outside_grants',
  'borne_out',
  'decision',
] as const
type Column = (typeof columns)[number]

const written = (cells: Partial<Record<Column, string>>): string =>
  row(columns.map((column) => cells[column] ?? ''))

/** One row a person and entitlement; first what can be said of the record, each in a row of its own. */
export const reviewCsv: ReviewFormat = {
  head: (head) =>
    row(columns) +
    stateLines(head)
      .map((why) => written({ kind: 'statement', why }))
      .join(''),
  entitlement: function* ({ resource, entitlement, count, rows, isCut }) {
    const kind = isCut ? 'cannot be told' : 'held by nobody'
    if (count === 0) yield written({ kind, resource, entitlement, ...(isCut ? { why: cutWhy } : {}) })
    for (const one of rows) yield heldRow(one)
  },
  accepted: ({ system, canonical, principal, by, at, until, bornOut }) =>
    written({
      kind: 'accepted',
      entitlement: canonical,
      system,
      as: principal,
      how: 'outside any grant',
      first_from: at.toISOString(),
      last_until: until.toISOString(),
      approved_by: by,
      usage: 'unknown',
      borne_out: { yes: 'yes', no: 'NO', before: 'cannot be told: since before the record begins' }[bornOut],
    }),
  end: ({ unreadable }) =>
    unreadable === 0 ? '' : written({ kind: 'statement', why: `NOT WHOLE: ${unreadableWords(unreadable)}` }),
}

function heldRow(one: ReviewRow): string {
  const { person, more } = one
  return written({
    kind: 'held',
    resource: one.resource,
    entitlement: one.entitlement,
    system: one.systems.join('; '),
    person: onOneLine(person.name),
    email: person.email ?? '',
    slack: person.slack.userId,
    as: one.principals.join('; '),
    how: one.ways.join('; '),
    times: String(one.times),
    total_hours: hours(one.totalMs),
    longest_hours: hours(one.longestMs),
    first_from: one.firstAt.toISOString(),
    last_until: one.lastUntil?.toISOString() ?? 'held still',
    approved_by: several(one.approvedBy, more.approvedBy),
    why: several(one.reasons, more.reasons),
    usage: one.usage,
    outside_grants: one.isStatic ? 'yes' : '',
    borne_out: borneOut(one),
  })
}

function borneOut({ unproven, ofBefore, lacksKeys }: ReviewRow): string {
  if (unproven > 0) return `NO: ${unproven}`
  if (lacksKeys.length > 0) return `cannot be told: AUDIT_KEYS has no key ${lacksKeys.join(', ')}`
  return ofBefore === 0 ? 'yes' : `cannot be told: ${ofBefore}, since before the record begins`
}

const cutWhy = 'what was recorded of that time was removed in part, as it was too old'

const hours = (ms: number): string => (ms / 3_600_000).toFixed(2)

const several = (some: readonly string[], more: number): string =>
  [...some, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
