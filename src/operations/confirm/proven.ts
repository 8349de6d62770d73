import { countingOf } from '../../domain/catalog.ts'
import { countsStill, youngProof, type Confirmation } from '../../domain/confirmation.ts'
import type { PersonRef } from '../../domain/person.ts'
import { asIfConfirmed } from './doable.ts'
import type { World } from '../world.ts'

/**
 * That it is they, where the catalog asks for that: what they just confirmed, or a proof that is young enough still. Null
 * where there is none: they must confirm first. One proof is as old as it is, however often it is used.
 */
export async function provenBy(
  { proofs, catalog, clock }: Pick<World, 'proofs' | 'catalog' | 'clock'>,
  by: Pick<PersonRef, 'id'>,
  given: Confirmation | null | undefined,
): Promise<Confirmation | null> {
  // What was proven a moment ago by a way that does not count any more is no proof.
  if (given != null)
    return given === asIfConfirmed || countsStill(given, countingOf(catalog())) ? given : null
  const known = (await proofs.latest([by.id])).get(by.id) ?? []
  return youngProof(known, countingOf(catalog()), clock.now())
}
