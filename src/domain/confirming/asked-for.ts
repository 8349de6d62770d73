import { everyEntitlement, perCatalog, type Catalog, type Entitlement } from '../catalog.ts'
import { methods, type Method } from '../confirmation.ts'

/** The ways by which somebody may be asked to confirm who they are; empty where nothing of the catalog asks for that. */
export const methodsAskedFor = perCatalog((catalog): readonly Method[] => {
  const every = everyEntitlement(catalog)
  const usual = catalog.asksWhenConfirmed || every.some(asksProof) ? catalog.proof.methods : []
  const asked = new Set([...usual, ...every.flatMap(({ session }) => session?.proof.methods ?? [])])
  return methods.filter((method) => asked.has(method))
})

/** Is there anything for which people need a way of their own to confirm? A sign-in elsewhere is nothing to be added. */
export const needsOwnWays = (catalog: Catalog): boolean =>
  methodsAskedFor(catalog).some((method) => method !== 'oidc')

/** Of whoever asks, approves or breaks glass. */
const asksProof = ({ asksProof: ofAsking, review, breakGlass }: Entitlement): boolean =>
  ofAsking || review.stages.some((stage) => stage.asksProof) || (breakGlass?.proof ?? 'none') !== 'none'

const needs = {
  oidc: ['PUBLIC_URL', 'PORT'],
  passkey: ['PUBLIC_URL', 'PORT', 'CURFEW_KEYS'],
  totp: ['CURFEW_KEYS'],
} as const satisfies Record<Method, readonly string[]>

/** What is not set of the environment that some way needs, in words with the way: nobody could confirm by it. */
export const lacksToConfirm = (
  catalog: Catalog,
  isSet: (variable: 'PUBLIC_URL' | 'PORT' | 'CURFEW_KEYS') => boolean,
): string[] =>
  methodsAskedFor(catalog).flatMap((method) =>
    needs[method]
      .filter((variable) => !isSet(variable))
      .map((variable) => `nobody can confirm by ${method}: ${variable} is not set`),
  )
