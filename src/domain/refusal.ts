import type { Grant } from './grant.ts'

/** A person asked for what cannot be. A value, not an error; the words for it live beside the surface that shows them. */
export type Refusal = {
  readonly refused: RefusalCode
  readonly reasons: readonly string[]
  readonly grant: Grant | null
}

export type RefusalCode =
  // asking
  | 'unknown-entitlement'
  | 'not-allowed'
  | 'external'
  | 'not-here'
  /** Their device, or devices, do not meet the catalog's rule. */
  | 'unfit'
  | 'no-principal'
  | 'bad-duration'
  | 'bad-reason'
  | 'bad-start'
  | 'not-asked-for'
  | 'bad-pattern'
  | 'outside-windows'
  | 'already-held'
  | 'being-taken'
  | 'too-many-open'
  | 'asked-too-often'
  | 'not-for-others'
  | 'not-for-them'
  | 'asked-already'
  // reviewing
  | 'own-request'
  | 'already-reviewed'
  | 'not-an-approver'
  | 'not-yet'
  | 'not-an-admin'
  | 'terms-changed'
  | 'rules-changed'
  | 'bad-note'
  | 'bad-until'
  | 'decided'
  // more time
  | 'extend-never'
  | 'extend-asked'
  | 'extend-times'
  | 'extend-total'
  | 'extend-denied'
  | 'extend-early'
  | 'extended-already'
  | 'extension-decided'
  // in an emergency
  | 'no-break-glass'
  | 'bad-typed'
  | 'review-closed'
  | 'bad-review'
  // shown once
  | 'nothing-to-show'
  | 'not-made'
  | 'not-made-now'
  | 'bad-ticket'
  // confirming
  | 'not-confirmed'
  /** Nothing that they did: Curfew, or the identity provider, cannot tell now. */
  | 'cannot-confirm'
  /** They left the sign-in, or it is to be done once more: no guess of anybody's. */
  | 'not-signed-in'
  | 'must-confirm'
  | 'own-ways'
  | 'not-helped'
  // ending
  | 'not-yours'
  | 'not-held'
  | 'too-late'
  // held by rules
  | 'loss-changed'
  // who is who
  | 'identity-settled'
  | 'own-identity'
  // what people work on
  | 'own-device'
  | 'device-settled'
  | 'no-owner'
  // held without a grant
  | 'differs-otherwise'
  | 'not-taken-now'
  // anywhere
  | 'not-found'
  | 'unsure'

export function refuse(
  refused: RefusalCode,
  { reasons = [], grant = null }: { reasons?: readonly string[]; grant?: Grant | null } = {},
): Refusal {
  return { refused, reasons, grant }
}

export const isRefusal = (value: object): value is Refusal => 'refused' in value
