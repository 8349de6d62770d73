import type { Link } from '../domain/audit/chain.ts'
import type { Recorded } from '../domain/audit/recorded.ts'
import type { PersonRef } from '../domain/person.ts'

/** How entries of the record are written for other programs. */
export interface Format {
  /** What stands before all entries. */
  readonly head: string
  line(link: Link, entry: Recorded): string
}

/** As it stands in the record, with what it takes to check it: one JSON object a line. */
const jsonl: Format = {
  head: '',
  line: ({ number, source, at, keyId, mark, text }) =>
    `${JSON.stringify({ number, source, at, keyId, mark, text })}\n`,
}

const columns = {
  number: ({ number }: Link) => String(number),
  at: ({ at }: Link) => at.toISOString(),
  what: (_: Link, { happened }: Recorded) => happened.type,
  by: (_: Link, { happened }: Recorded) => ('by' in happened && happened.by !== null ? who(happened.by) : ''),
  subject: (_: Link, { subject }: Recorded) => who(subject),
  requester: (_: Link, { requester }: Recorded) => who(requester),
  resource: (_: Link, { resource }: Recorded) => resource.id,
  entitlement: (_: Link, { entitlement }: Recorded) => entitlement.id,
  system: (_: Link, { system }: Recorded) => system,
  principal: (_: Link, { principal }: Recorded) => principal ?? '',
  reason: (_: Link, { reason }: Recorded) => reason,
  grant: (_: Link, { grantId }: Recorded) => grantId,
} as const

/** For spreadsheets: by RFC 4180, each cell quoted. What they would compute is text. */
const csv: Format = {
  head: row(Object.keys(columns)),
  line: (link, entry) => row(Object.values(columns).map((cell) => cell(link, entry))),
}

export const formats: Readonly<Record<string, Format>> = { jsonl, csv }

function who({ name, email, slack }: PersonRef): string {
  return `${name} (${email ?? slack.userId})`
}

function row(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/** What begins so is a formula to spreadsheets. Source: OWASP, CSV injection. */
function cellOf(text: string): string {
  const plain = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}
