import { createHash } from 'node:crypto'
import type { Confirmation, ProofRules } from '../../domain/confirmation.ts'
import type { Grant } from '../../domain/grant.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { weekdayNames, type Recurrence } from '../../domain/timing.ts'
import type { World } from '../world.ts'

/** What would be done, as it is shown and agreed to. */
export interface Act {
  readonly shown: string
  /** A mark of what may be otherwise by the time they confirm: it changes when that does, and only then. */
  readonly terms: string
  readonly proof: ProofRules
}

export interface Doable extends Act {
  /** What the words name, and no more: of several, those that can be done. It is what a ticket is for. */
  readonly what: Confirmable
  /**
   * By the rules of then, whatever they were when it was shown. With the mark of its ticket in the confirmation: doing it
   * twice is doing it once.
   */
  perform(world: World, confirmation: Confirmation): Promise<Grant | Refusal>
}

export const marked = (...terms: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(terms)).digest('base64url')

/** To find out whether confirming is all that is missing. */
export const asIfConfirmed: Confirmation = { method: 'totp', at: new Date(0), shown: '', ticket: '' }

/** What is given, and where. */
export const inWords = ({ entitlement, resource }: Pick<Grant, 'entitlement' | 'resource'>): string =>
  `${entitlement.name} on ${resource.name}`

/** From when, or how often; nothing where it is now and once. */
export function whenInWords(startsAt: Date | null, recurrence: Recurrence | null): string {
  if (recurrence === null) return startsAt === null ? '' : ` from ${startsAt.toISOString().slice(0, 16)} UTC`
  const { weekdays, everyWeeks, from, until, start, zone } = recurrence
  const often = everyWeeks === 1 ? 'each week' : `every ${String(everyWeeks)} weeks`
  const days = weekdays.map((day) => weekdayNames[day - 1] ?? '').join(', ')
  return ` each time, ${often} on ${days} at ${start} (${zone}), from ${from} until ${until}`
}
