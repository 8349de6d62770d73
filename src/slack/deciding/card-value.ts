import { termsOf, type Grant } from '../../domain/grant.ts'

/** What a button carries: the grant, and the terms that the clicker saw. Not the revision, which a second reviewer changes. */
export const cardValue = (grant: Grant): string => `${grant.id}:${termsOf(grant)}`

/** Of several lines at once. */
export const cardValues = (grants: readonly Grant[]): string => grants.map(cardValue).join(',')

export const parseCardValues = (value: string): { grantId: string; terms: string }[] =>
  value.split(',').map(parseCardValue)

export function parseCardValue(value: string): { grantId: string; terms: string } {
  const [grantId = '', terms = ''] = value.split(':')
  return { grantId, terms }
}
