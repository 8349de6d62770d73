import type { Actor } from '../domain/audit/act.ts'
import { isOfGrant, type Recorded } from '../domain/audit/recorded.ts'
import type { Happened } from '../domain/happened.ts'
import type { PersonRef } from '../domain/person.ts'
import { kindOf } from './kinds.ts'

/** Who did it; what nobody did, Curfew did by itself. */
export function actorOf(entry: Recorded): Actor {
  if (!isOfGrant(entry)) return entry.by
  return ('by' in entry.happened ? entry.happened.by : null) ?? { curfew: true }
}

/** The name of somebody's account, as other systems have it most probably. */
export const accountOf = ({ email, slack }: PersonRef): string => email ?? slack.userId

/** What an entry says beside its type, its instant and who did it. */
export function restOf(happened: Happened): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(happened).filter(([name]) => name !== 'type' && name !== 'at' && name !== 'by'),
  )
}

/** One sentence for whoever reads it in a list. */
export function sentenceOf(entry: Recorded): string {
  const { name } = kindOf(entry)
  if (!isOfGrant(entry)) return `${name}: ${entry.about.name}`
  const { entitlement, resource, subject } = entry
  return `${name}: ${entitlement.name} on ${resource.name} for ${subject.name}`
}

/** How it went. */
export function outcomeOf(entry: Recorded): 'success' | 'failure' | 'unknown' {
  if (isOfGrant(entry)) {
    const { happened } = entry
    const isFailed = happened.type === 'late' || (happened.type === 'end' && happened.cause === 'failed')
    return isFailed ? 'failure' : 'success'
  }
  if (entry.outcome === 'unknown') return 'unknown'
  return entry.outcome === 'done' ? 'success' : 'failure'
}
