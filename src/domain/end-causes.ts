/** `unmatched`: the rules do not allow it any more; `offboarded`: its holder left; `removed`: it left the catalog. */
export const endCauses = [
  'expired',
  'released',
  'revoked',
  'failed',
  'removed',
  'unmatched',
  'offboarded',
] as const

/** What was left when it ended. `gone` is said only of what was read back; `never-given`: no call was ever meant. */
export const lefts = ['gone', 'never-given', 'kept-for-grant', 'kept-before'] as const
