/** Who signed in at the identity provider, as a signed ID token says it. */
export interface OpenIdIdentity {
  readonly issuer: string
  readonly subject: string
  /** Only where the provider says that it is verified. */
  readonly email: string | null
  /** What a directory may have sent by SCIM as this account's externalId. */
  readonly externalIds: readonly string[]
}

/** A sign-in that is fresh and strong enough. Whose it is was not judged yet: `openid-link.ts`. */
export interface OpenIdConfirmation extends OpenIdIdentity {
  /** When they signed in: `auth_time`, never when the token was made. */
  readonly at: Date
  readonly acr: string | null
  readonly acrs: readonly string[]
  readonly amr: readonly string[]
}

/** Kept with the ticket between leaving for the provider and coming back; good once. Never logged. */
export interface OpenIdAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Why somebody is not confirmed. None holds a word of the provider's own beside its codes. */
export type OpenIdRefusal =
  /** The provider cannot be used now. Slow: no answer in time; unreadable: an answer that makes no sense. */
  | { readonly refused: 'unreachable'; readonly why: 'slow' | 'down' | 'unreadable' }
  /** An admin must change something: at the provider, or in the catalog. */
  | { readonly refused: 'misconfigured'; readonly why: string }
  /** They said no there, or were not let in; `why` is the provider's code. */
  | { readonly refused: 'cancelled'; readonly why: string }
  /** The code was spent, or the provider's keys changed: begin anew. */
  | { readonly refused: 'again' }
  /** The answer is not to this attempt, not of this provider, or not for us; `why` names what differs. */
  | { readonly refused: 'other'; readonly why: string }
  | { readonly refused: 'no-subject' }
  /** The provider does not say when they signed in; `setting` is what to change there. */
  | { readonly refused: 'no-auth-time'; readonly setting: string }
  | { readonly refused: 'stale'; readonly at: Date }
  /** It would be later than now: the clocks differ, or its unit is not the second. */
  | { readonly refused: 'future' }
  /** Not the factors that are asked for. `got` is null where the provider itself refused. */
  | {
      readonly refused: 'weak'
      readonly claim: 'acr' | 'acrs' | 'amr'
      readonly wanted: readonly string[]
      readonly got: readonly string[] | null
    }

/** Comes out of the pages of one attempt: where to send the browser, and what to remember. */
export interface OpenIdBeginning {
  readonly url: string
  readonly attempt: OpenIdAttempt
}
