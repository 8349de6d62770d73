import type { PersonRef } from '../person.ts'

/** What happened to somebody's ways of confirming. They are told each time, whoever did it: it may not have been them. */
export type FactorNews = { readonly person: string } & (
  | { readonly what: 'passkey-enrolled' | 'passkey-removed'; readonly label: string }
  | { readonly what: 'totp-enrolled' | 'totp-replaced' | 'totp-removed' }
  // By an admin who looks after identities.
  | { readonly what: 'code-made' | 'all-removed'; readonly by: PersonRef }
  // Too many wrong codes: by somebody who has their Slack, unless by themselves.
  | { readonly what: 'totp-locked'; readonly until: Date }
  // With a link of theirs somebody tried to confirm by an account or a passkey that is not theirs.
  | { readonly what: 'another-tried' }
  // It counts fewer uses than before: there may be two of it. Admins are told as well.
  | { readonly what: 'passkey-counter-back'; readonly label: string; readonly credentialId: string }
)

export const isForAdmins = ({ what }: FactorNews): boolean => what === 'passkey-counter-back'
