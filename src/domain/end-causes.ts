/** `unmatched`: the rules do not allow it any more; `offboarded`: its holder left; `removed`: it left the catalog; `unfit`: the device it was held on is not fit any more. */
export const endCauses = [
  'expired',
  'released',
  'revoked',
  'failed',
  'removed',
  'unmatched',
  'offboarded',
  'unfit',
] as const

/** What was left when it ended. `gone` is said only of what was read back; `never-given`: no call was ever meant. */
export const lefts = ['gone', 'never-given', 'kept-for-grant', 'kept-before'] as const
