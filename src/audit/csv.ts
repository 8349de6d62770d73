import type { Link } from '../domain/audit/chain.ts'
import type { RecordedAct } from '../domain/audit/act.ts'
import { isOfGrant, type Recorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import type { PersonRef } from '../domain/person.ts'
import type { Format } from './format.ts'

/**
 * What begins so is a formula to spreadsheets, and to some of them behind spaces, signs that nobody sees, or in the wide
 * letters of East Asia. Source: OWASP, CSV injection.
 */
const asFormula = /^(?:[\s\p{C}]*[=+\-@＝＋－＠]|[\t\r\n])/u

/** Of each entry, whatever it is of, what these columns are called. */
const columns = {
  number: ({ number }: Link) => String(number),
  at: ({ at }: Link) => at.toISOString(),
  what: (_: Link, entry: Recorded) => (isOfGrant(entry) ? entry.happened.type : entry.type),
  outcome: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : entry.outcome),
  by: (_: Link, entry: Recorded) => byWhom(entry),
  about: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : thing(entry.about)),
  subject: ofGrant(({ subject }) => who(subject)),
  requester: ofGrant(({ requester }) => who(requester)),
  resource: ofGrant(({ resource }) => resource.id),
  entitlement: ofGrant(({ entitlement }) => entitlement.id),
  system: ofGrant(({ system }) => system),
  principal: ofGrant(({ principal }) => principal ?? ''),
  reason: ofGrant(({ reason }) => reason),
  grant: ofGrant(({ grantId }) => grantId),
  details: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : JSON.stringify(entry.details)),
} as const

/** For spreadsheets: by RFC 4180, each cell quoted. What they would compute is text. */
export const csv: Format = {
  head: row(Object.keys(columns)),
  line: (link, entry) => row(Object.values(columns).map((cell) => cell(link, entry))),
}

function ofGrant(cell: (entry: RecordedOfGrant) => string) {
  return (_: Link, entry: Recorded): string => (isOfGrant(entry) ? cell(entry) : '')
}

export function byWhom(entry: Recorded): string {
  if (isOfGrant(entry)) {
    const { happened } = entry
    return 'by' in happened && happened.by !== null ? who(happened.by) : ''
  }
  const { by } = entry
  if ('operator' in by) return `command line: ${by.operator}`
  if ('source' in by) return by.source
  return 'curfew' in by ? 'Curfew' : who(by)
}

const thing = ({ kind, id, name }: RecordedAct['about']): string =>
  `${kind} ${name === id ? id : `${name} (${id})`}`

function who({ name, email, slack }: PersonRef): string {
  return `${name} (${email ?? slack.userId})`
}

function row(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(text: string): string {
  const plain = asFormula.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}
