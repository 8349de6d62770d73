import { everyEntitlement, type Catalog, type Entitlement } from '../../domain/catalog.ts'
import type { ProofRules } from '../../domain/confirmation.ts'

/** Is there anything for which people need a way of their own to confirm? A sign-in elsewhere is nothing to be added. */
export const needsOwnWays = (catalog: Catalog): boolean =>
  (catalog.asksWhenConfirmed && isByOwnWay(catalog.proof)) ||
  everyEntitlement(catalog).some(
    (entitlement) =>
      (entitlement.session !== null && isByOwnWay(entitlement.session.proof)) ||
      (asksProof(entitlement) && isByOwnWay(catalog.proof)),
  )

const isByOwnWay = ({ methods }: ProofRules): boolean => methods.some((method) => method !== 'oidc')

/** Of whoever asks, approves or breaks glass. */
const asksProof = ({ asksProof: ofAsking, review, breakGlass }: Entitlement): boolean =>
  ofAsking || review.stages.some((stage) => stage.asksProof) || (breakGlass?.proof ?? 'none') !== 'none'
