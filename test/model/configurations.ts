import type { Defines, Promised } from './check.ts'

/** Something that goes on, of which every promise is kept in every state. */
export interface Whole {
  readonly name: string
  readonly defines: Defines
  /** With more faults, or more at once: by `./scripts/model --deep`. */
  readonly deep: Defines | null
}

/** What cannot be closed: these promises are broken, and no other. */
export interface Limit {
  /** One word or two: what its pictures are called by. */
  readonly of: string
  readonly name: string
  readonly defines: Defines
  readonly breaks: readonly [Promised, ...Promised[]]
}

/** One rule left out. */
export interface Omission {
  readonly leftOut: string
  readonly rule: string
  readonly name: string
  readonly defines: Defines
  readonly tolerated?: readonly Promised[]
  /** The promise that the shortest counterexample breaks. */
  readonly breaks: Promised
}

const one = { GRANTS: 1, FAULTS: 1 } as const
const two = { GRANTS: 2, FAULTS: 1 } as const

export const wholes: readonly Whole[] = [
  {
    name: 'one grant, prepared ahead, that an outsider may have given before',
    defines: { GRANTS: 1, FAULTS: 2, AHEAD: true, HELD_BEFORE: true },
    deep: { GRANTS: 1, FAULTS: 4, AHEAD: true, HELD_BEFORE: true },
  },
  {
    name: 'two grants that begin and end at any time',
    defines: two,
    deep: { GRANTS: 2, FAULTS: 2 },
  },
  {
    name: 'two grants of what an outsider may have given before, and takes away by hand',
    defines: { ...two, HELD_BEFORE: true, REMOVES: true },
    deep: { ...two, AHEAD: true, HELD_BEFORE: true, REMOVES: true },
  },
  {
    name: 'an end that is moved',
    defines: { GRANTS: 1, FAULTS: 2, AHEAD: true, EXTENDS: true },
    deep: { ...two, EXTENDS: true },
  },
  {
    name: 'replicas that lose the time',
    defines: { GRANTS: 1, FAULTS: 2, CLOCK: true },
    deep: { GRANTS: 1, FAULTS: 3, CLOCK: true, AHEAD: true },
  },
  {
    name: 'a system that answers late, and says that it took back what it did not',
    defines: { ...one, LAG: true, LIES: true, HELD_BEFORE: true },
    deep: { ...two, LAG: true, LIES: true },
  },
  {
    name: 'a system that lets lapse what was given at the end that it was told',
    defines: { GRANTS: 2, FAULTS: 0, EXPIRES: true },
    deep: { ...two, EXPIRES: true },
  },
  {
    name: 'a system that does nothing twice for one key',
    defines: { GRANTS: 1, FAULTS: 2, KEYS: true },
    deep: { ...two, KEYS: true },
  },
  {
    name: 'calls that happen as late as the connector says, one grant',
    defines: { GRANTS: 1, FAULTS: 2, LATE: true, HELD_BEFORE: true },
    deep: { GRANTS: 1, FAULTS: 3, LATE: true },
  },
  {
    name: 'a secret, and what a take leaves over',
    defines: { GRANTS: 1, FAULTS: 2, SECRETS: true },
    deep: { ...two, SECRETS: true },
  },
]

export const limits: readonly Limit[] = [
  {
    of: 'stops for less than a watch',
    name: 'a process stops between its last check and the send, for less than a watch',
    defines: { ...two, GAP: 1 },
    breaks: ['returned', 'interrupted'],
  },
  {
    of: 'stops for longer',
    name: 'for longer than a watch, and lives on',
    defines: { ...two, GAP: 2 },
    breaks: ['returned', 'lied', 'interrupted'],
  },
  {
    of: 'stops for longer and dies',
    name: 'for longer than a watch, and dies of it',
    defines: { GRANTS: 1, FAULTS: 2, GAP: 3 },
    breaks: ['returned', 'lied', 'leaked'],
  },
  {
    of: 'after M within a watch',
    name: 'an effect comes later than M, within a watch',
    defines: { GRANTS: 1, FAULTS: 2, BEYOND_M: 1 },
    breaks: ['lied', 'returned'],
  },
  {
    of: 'after M',
    name: 'an effect comes later than M, whenever',
    defines: { GRANTS: 1, FAULTS: 2, BEYOND_M: 2 },
    breaks: ['lied', 'returned', 'leaked'],
  },
  {
    of: 'as late as said',
    name: 'a take comes later than M, as late as the connector says, while another grant has begun',
    defines: { ...two, LATE: true },
    breaks: ['interrupted'],
  },
  {
    of: 'adds by hand',
    name: 'an outsider adds the very same by hand while it is held',
    defines: { ...one, ADDS: true },
    breaks: ['stripped'],
  },
  {
    of: 'restored',
    name: 'the database is restored from a backup of before a give',
    defines: { GRANTS: 2, FAULTS: 0, RESTORE: true },
    breaks: ['lied', 'leaked'],
  },
]

export const omissions: readonly Omission[] = [
  {
    leftOut: 'R1_TOKEN',
    rule: '1',
    name: 'a lost token is not noticed',
    defines: two,
    breaks: 'interrupted',
  },
  {
    leftOut: 'R1_NAMES',
    rule: '1',
    name: 'a write does not name its token',
    defines: two,
    breaks: 'lied',
  },
  {
    leftOut: 'R2_FITS',
    rule: '2',
    name: 'sent without looking whether M fits',
    defines: one,
    breaks: 'lied',
  },
  {
    leftOut: 'R3_RUNS_OUT',
    rule: '3',
    name: 'an unknown outcome releases the lease',
    defines: one,
    breaks: 'lied',
  },
  {
    leftOut: 'R4_CALL',
    rule: '4',
    name: 'the call is not written first',
    defines: { GRANTS: 1, FAULTS: 2, GAP: 1 },
    tolerated: ['returned'],
    breaks: 'lied',
  },
  {
    leftOut: 'R5_READ',
    rule: '5',
    name: 'the grant is not read again under the lease',
    defines: one,
    tolerated: ['stuck'],
    breaks: 'returned',
  },
  {
    leftOut: 'R5_ASK',
    rule: '5',
    name: 'the system is not asked',
    defines: { ...one, HELD_BEFORE: true },
    breaks: 'stripped',
  },
  {
    leftOut: 'R5_OURS',
    rule: '5',
    name: 'what a watched give may have given counts as held before',
    defines: { ...two, GAP: 1 },
    tolerated: ['returned', 'interrupted', 'lied'],
    breaks: 'leaked',
  },
  {
    leftOut: 'R5_AGAIN',
    rule: '5',
    name: 'what was held before is not asked again',
    defines: { ...two, HELD_BEFORE: true, REMOVES: true },
    breaks: 'interrupted',
  },
  {
    leftOut: 'R5_MEANWHILE',
    rule: '5',
    name: 'what came late while the system was asked counts as held before',
    defines: { ...two, GAP: 2 },
    tolerated: ['returned', 'lied', 'interrupted'],
    breaks: 'leaked',
  },
  { leftOut: 'R6_CLAIM', rule: '6', name: 'the claim is not written', defines: one, breaks: 'lied' },
  {
    leftOut: 'R6_HELD',
    rule: '6',
    name: 'what was held before is given',
    defines: { ...two, EXPIRES: true, HELD_BEFORE: true },
    breaks: 'stripped',
  },
  {
    leftOut: 'R6_END',
    rule: '6',
    name: 'given with its own end alone',
    defines: { ...two, EXPIRES: true },
    breaks: 'interrupted',
  },
  {
    leftOut: 'R6_READ',
    rule: '6',
    name: 'the grant is not read again right before a give',
    defines: { ...one, AHEAD: true },
    breaks: 'unpunctual',
  },
  {
    leftOut: 'R6_MOVES',
    rule: '6',
    name: 'the lease is given back before the grant moves on',
    defines: one,
    breaks: 'unpunctual',
  },
  {
    leftOut: 'R6_INSTANT',
    rule: '6',
    name: 'given before its instant',
    defines: { ...one, AHEAD: true },
    breaks: 'unapproved',
  },
  {
    leftOut: 'R7_READ',
    rule: '7',
    name: 'the grant is not read again under the lease',
    defines: { ...one, AHEAD: true, EXTENDS: true },
    breaks: 'interrupted',
  },
  {
    leftOut: 'R7_INSTANT',
    rule: '7',
    name: 'taken before its instant',
    defines: { ...one, AHEAD: true },
    breaks: 'interrupted',
  },
  {
    leftOut: 'R8_REMEMBERS',
    rule: '8',
    name: 'what the last to leave left is forgotten',
    defines: { ...one, HELD_BEFORE: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R8_SAYS',
    rule: '8',
    name: 'whoever leaves next does not say it first',
    defines: two,
    breaks: 'lied',
  },
  {
    leftOut: 'R9_CLAIMS',
    rule: '9',
    name: 'taken though others claim it',
    defines: two,
    breaks: 'interrupted',
  },
  {
    leftOut: 'R9_HELD',
    rule: '9',
    name: 'what was held before is taken',
    defines: { ...one, HELD_BEFORE: true },
    breaks: 'stripped',
  },
  {
    leftOut: 'R9_READ_BACK',
    rule: '9',
    name: 'not read back that it is gone',
    defines: { ...one, LIES: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R11_CALL',
    rule: '11',
    name: 'a call that was found written is not watched',
    defines: { GRANTS: 1, FAULTS: 2, GAP: 1 },
    tolerated: ['returned'],
    breaks: 'lied',
  },
  {
    leftOut: 'R11_SENT',
    rule: '11',
    name: 'what was sent under a token that is lost is not watched',
    defines: { ...one, GAP: 2 },
    tolerated: ['returned', 'lied'],
    breaks: 'leaked',
  },
  {
    leftOut: 'R11_GOES_ON',
    rule: '11',
    name: 'a watch that was set anew is stopped',
    defines: { ...one, GAP: 2 },
    tolerated: ['returned', 'lied'],
    breaks: 'leaked',
  },
  {
    leftOut: 'R12_LAG',
    rule: '12',
    name: 'a lag is not waited out',
    defines: { ...one, LAG: true, LIES: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R13_WATCH',
    rule: '13',
    name: 'a late call is watched for no longer than any',
    defines: { ...one, LATE: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R13_GONE',
    rule: '13',
    name: 'gone is said while a late give may still come',
    defines: { ...one, LATE: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R14_READ',
    rule: '14',
    name: 'a secret is made though its grant moved on',
    defines: { ...one, SECRETS: true },
    breaks: 'lied',
  },
  {
    leftOut: 'R15_LEFT',
    rule: '15',
    name: 'what a take leaves over is forgotten',
    defines: { ...one, SECRETS: true },
    breaks: 'stuck',
  },
  {
    leftOut: 'KEYS_RAISED',
    rule: 'keys',
    name: 'a new call has the key of an old one',
    defines: { ...two, KEYS: true },
    breaks: 'interrupted',
  },
  {
    leftOut: 'CLOCK_SURE',
    rule: 'Clock.isSure',
    name: 'given by a clock that is not sure',
    defines: { ...one, CLOCK: true },
    breaks: 'unpunctual',
  },
]
