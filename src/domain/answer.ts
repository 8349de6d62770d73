/** What a rule says; only `yes` opens a door. */
export type Answer = 'yes' | 'no' | 'unknown'
