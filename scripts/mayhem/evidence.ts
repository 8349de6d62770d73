import type { Grant } from '../../src/domain/grant.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { Barred, Deed, Grounds, OnCall, Span, Trouble, Word } from './diary.ts'
import type { Rules } from './rules.ts'
import type { Seen } from './seen.ts'

/**
 * What was seen by those that do not know each other: the systems, whoever made the trouble, whoever lived in it, Slack, and
 * Curfew itself, of which nothing is believed that the others could tell.
 */
export interface Evidence {
  readonly seen: readonly Seen[]
  readonly heldBefore: ReadonlySet<string>
  readonly troubles: readonly Trouble[]
  readonly barred: readonly Barred[]
  readonly grounds: readonly Grounds[]
  /** What people did. */
  readonly deeds: readonly Deed[]
  /** What the directory told. */
  readonly words: readonly Word[]
  readonly onCall: readonly OnCall[]
  /** What must be so before anybody holds anything. */
  readonly rules: Rules
  readonly replicas: readonly string[]
  /** Everything from the first act until all was quiet. */
  readonly lasted: Span
  readonly grants: readonly Grant[]
  readonly holds: readonly Hold[]
  /** Where Slack was told what became of something. */
  readonly said: readonly Said[]
  /** Where Slack was told that somebody did something. */
  readonly answers: readonly Answer[]
  /** What stands in Slack at the end, and is not so. */
  readonly stale: readonly { readonly grantId: string; readonly words: string }[]
  readonly record: RecordSeen
}

/** Words of the app about what a grant's holder has, and when it sent them. */
export interface Said {
  readonly grantId: string
  readonly at: number
  readonly what: 'gone' | 'nothing-given' | 'before'
  readonly words: string
}

/** Words of the app that somebody did something. */
export interface Answer {
  readonly grantId: string
  /** The record must have one of these. */
  readonly types: readonly string[]
  /** Whoever did it, by the e-mail in the words; null: they name nobody. */
  readonly by: string | null
  readonly words: string
}

export interface RecordSeen {
  /** What `curfew audit verify` found wrong; empty: nothing. */
  readonly faults: readonly string[]
  /** What happened to the grants, in order. */
  readonly entries: readonly Entry[]
  readonly acts: readonly RecordedAct[]
}

/** What the record says of a grant. */
export interface Entry {
  /** `grant/<id>/<index>` */
  readonly source: string
  readonly grantId: string
  readonly reason: string
  readonly type: string
  /** Whose act it was, by their e-mail; null: nobody's. */
  readonly by: string | null
  /** Of an end. */
  readonly cause: string | null
}

/** What the record says of an act that is no grant's. */
export interface RecordedAct {
  readonly source: string
  readonly type: string
  /** The id of what it was done to. */
  readonly about: string
  readonly outcome: string
}
