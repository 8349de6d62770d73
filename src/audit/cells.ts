import type { Link } from '../domain/audit/chain.ts'
import type { RecordedAct } from '../domain/audit/act.ts'
import { isOfGrant, type Recorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import { keptApart } from '../domain/cut.ts'
import { named, onOneLine } from '../who/words.ts'

/** Of each entry, whatever it is of, what these columns are called. */
const cells = {
  number: ({ number }: Link) => String(number),
  at: ({ at }: Link) => at.toISOString(),
  what: (_: Link, entry: Recorded) => (isOfGrant(entry) ? entry.happened.type : entry.type),
  outcome: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : entry.outcome),
  by: (_: Link, entry: Recorded) => byWhom(entry),
  about: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : thing(entry.about)),
  subject: ofGrant(({ subject }) => named(subject)),
  requester: ofGrant(({ requester }) => named(requester)),
  resource: ofGrant(({ resource }) => resource.id),
  entitlement: ofGrant(({ entitlement }) => entitlement.id),
  system: ofGrant(({ system }) => system),
  principal: ofGrant(({ principal }) => principal ?? ''),
  reason: ofGrant(({ reason }) => reason),
  grant: ofGrant(({ grantId }) => grantId),
  details: (_: Link, entry: Recorded) => (isOfGrant(entry) ? '' : JSON.stringify(entry.details)),
} as const

export const columns = Object.keys(cells)

/** What an entry says in each of them, as text. */
export const cellsOf = (link: Link, entry: Recorded): Record<keyof typeof cells, string> => {
  const { number, at, what, outcome, by, about, ...rest } = cells
  return {
    number: number(link),
    at: at(link),
    what: what(link, entry),
    outcome: outcome(link, entry),
    by: by(link, entry),
    about: about(link, entry),
    subject: rest.subject(link, entry),
    requester: rest.requester(link, entry),
    resource: rest.resource(link, entry),
    entitlement: rest.entitlement(link, entry),
    system: rest.system(link, entry),
    principal: rest.principal(link, entry),
    reason: rest.reason(link, entry),
    grant: rest.grant(link, entry),
    details: rest.details(link, entry),
  }
}

function ofGrant(cell: (entry: RecordedOfGrant) => string) {
  return (_: Link, entry: Recorded): string => (isOfGrant(entry) ? cell(entry) : '')
}

export function byWhom(entry: Recorded): string {
  if (isOfGrant(entry)) {
    const { happened } = entry
    return 'by' in happened && happened.by !== null ? named(happened.by) : ''
  }
  const { by } = entry
  if ('operator' in by) return `command line: ${by.operator}`
  if ('source' in by) return by.source
  return 'curfew' in by ? 'Curfew' : named(by)
}

const thing = ({ kind, id, name }: RecordedAct['about']): string =>
  `${kind} ${name === id ? id : `${onOneLine(keptApart(name))} (${id})`}`
