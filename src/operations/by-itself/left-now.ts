import type { PersonFacts, PersonRef } from '../../domain/person.ts'

/** Why what somebody had ends who left: by whose word, and since when, where it is not Slack's. */
export function leftNow(
  { name }: PersonRef,
  { left }: Pick<PersonFacts, 'left'>,
): { cause: 'offboarded'; note: string } {
  const whose =
    left === undefined ? ' the workspace' : ` (${left.source}, ${left.at.toISOString().slice(11, 16)} UTC)`
  return { cause: 'offboarded', note: `${name} left${whose}` }
}
