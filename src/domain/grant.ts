import { createHash } from 'node:crypto'
import { z } from 'zod'
import { confirmation } from './confirmation.ts'
import { posture } from './devices/posture.ts'
import { endCauses, lefts } from './end-causes.ts'
import { happened } from './happened.ts'
import { personRef } from './person-ref.ts'
import { patternSchema } from './windows/pattern.ts'

/**
 * By which list of its stage somebody answered: its approvers, or in their place whoever stands in where they are too
 * few (its `otherwise`, or the admins), or was called since nobody answered.
 */
const answeredAs = z.enum(['own', 'otherwise', 'admins', 'called'])

const review = z.object({
  by: personRef,
  verdict: z.enum(['approve', 'deny']),
  note: z.string().nullable(),
  /** The duration this approver agreed to. */
  durationMs: z.number(),
  /** Which stage's seat it fills. */
  stage: z.number().default(0),
  /** Null: it was given before that was noted. */
  as: answeredAs.nullable().default(null),
  /** Given ahead: the pre-approval that answered. */
  preApprovalId: z.string().nullable().default(null),
  /** The longest that it agreed to, with more time; null: as long as holders may extend it by themselves. */
  mostMs: z.number().nullable().default(null),
  /** That it was they; null: the catalog did not ask for that. */
  confirmation: confirmation.nullable().default(null),
  at: z.date(),
})

/** One subject's wish for one entitlement, as asked. Everything a reader needs to understand it later is copied. */
const asked = z.object({
  id: z.string(),
  revision: z.number(),
  /** One submission; (requestId, line) is unique, so a redelivered one finds what it already made. */
  requestId: z.string(),
  line: z.number(),
  /** How many things its request asks for; null: not known, as it was made before that was noted. */
  lines: z.number().nullable().default(null),
  resource: z.object({ id: z.string(), name: z.string() }),
  entitlement: z.object({ id: z.string(), name: z.string() }),
  system: z.string(),
  /** What would be given, as the connector writes it: an approval is for this and nothing else. */
  canonical: z.string(),
  /** Slack channel of the card. */
  channel: z.string(),
  requester: personRef,
  subject: personRef,
  reason: z.string(),
  askedMs: z.number(),
  /** When it should start; null: as soon as it is approved. */
  startsAt: z.date().nullable().default(null),
  /** Asked for again and again: `askedMs` is what each window lasts. Null: once. */
  pattern: patternSchema.nullable().default(null),
  /** The recurring grant of which this one is a window. */
  window: z.object({ seriesId: z.string(), index: z.number() }).nullable().default(null),
  /** The catalog's own window ends then: nobody holds it longer, however it is extended. */
  notAfter: z.date().nullable().default(null),
  /** Taken at once in an emergency: nobody was asked first, and a review is owed afterwards. */
  isBreakGlass: z.boolean().default(false),
  /** The rule that approved it without a click; null: people decide. */
  auto: z.object({ because: z.string(), source: z.string(), isShown: z.boolean() }).nullable().default(null),
  /** Why the rules that approve by themselves left it to people, where one nearly did. */
  whyReviewed: z.string().nullable().default(null),
  /** What was known of the subject when they asked: rules can be tried on it later. */
  asker: z
    .object({
      groups: z.array(z.string()).nullable(),
      guest: z.boolean(),
      zone: z.string(),
      /** How many of their latest requests of the same were approved. */
      earlier: z.object({ approved: z.number(), of: z.number() }).nullable().default(null),
    })
    .nullable()
    .default(null),
  /**
   * Who the subject was on the system when it was asked for: approvers agree to this one. Null: not known, as it was made
   * before that was noted.
   */
  principal: z.string().nullable().default(null),
  /** The device that it was asked for on, and on no other; null: on whichever of theirs. */
  device: z.object({ id: z.string(), name: z.string() }).nullable().default(null),
  /** The grant that was cut as its device was not fit, and goes on in this one; null: it goes on for none. */
  resumes: z.string().nullable().default(null),
  /** Held by whoever matches the rule, without asking. */
  isStanding: z.boolean().default(false),
  /** Held by whoever confirms who they are: `notAfter` is then its longest, fixed when it began. */
  isSession: z.boolean().default(false),
  /** Of whoever asked for it, to ask; of a session's holder to begin, and each time to go on. */
  confirmations: z.array(confirmation).default([]),
  /** How many different people must approve, in all stages. */
  needs: z.number(),
  requestedAt: z.date(),
  reviews: z.array(review),
  history: z.array(happened),
  /** The next instant at which this grant needs someone. Null: nothing will ever happen by itself. */
  dueAt: z.date().nullable(),
  /** Slack does not show this revision yet. */
  unshown: z.boolean(),
})

/** How the approvers of the stage that is open now are called. */
const nudge = z.object({
  stage: z.number(),
  /** When this stage began. */
  since: z.date(),
  reminded: z.number(),
  remindAt: z.date().nullable(),
  escalateAt: z.date().nullable(),
  escalatedAt: z.date().nullable(),
  /** How often a stage was called once more, as yeses of before counted no longer. */
  recounts: z.number().default(0),
})

/** More time that the holder asked for, and what became of it. The old end stands until it is `added`. */
const extension = z.object({
  askedAt: z.date(),
  by: personRef,
  /** Of whoever asked, that it is they; null: the catalog did not ask for that. */
  confirmation: confirmation.nullable().default(null),
  addMs: z.number(),
  outcome: z.enum(['asked', 'added', 'denied', 'lapsed']),
  needs: z.number(),
  /** Empty where the catalog lets holders extend at once. Each fills a seat of a stage, as with the request. */
  approvedBy: z.array(
    personRef.extend({
      stage: z.number().default(0),
      as: answeredAs.nullable().default(null),
      confirmation: confirmation.nullable().default(null),
    }),
  ),
  deniedBy: personRef.nullable(),
})

/** The review that is owed after glass was broken. */
const afterReview = z.object({
  /** How often they had taken the same so in the 24 hours before. */
  brokenBefore: z.number().default(0),
  /** They should have confirmed who they are, and nothing to confirm with answered. */
  isUnconfirmed: z.boolean().default(false),
  /** When people are reminded next; null once it is closed. */
  remindAt: z.date().nullable(),
  remindMs: z.number(),
  reminded: z.number(),
  closedAt: z.date().nullable(),
  closedBy: personRef.nullable(),
  note: z.string().nullable(),
})

const approval = {
  approvedAt: z.date(),
  durationMs: z.number(),
  /** Copied when giving starts: taking back reads only the grant, the hold and the system. */
  place: z.object({
    principal: z.string(),
    target: z.record(z.string(), z.unknown()),
    canonical: z.string(),
  }),
  /** Absolute, known before the first call. */
  endsAt: z.date(),
  warnMs: z.number().nullable(),
  alertMs: z.number(),
  extensions: z.array(extension).default([]),
  afterReview: afterReview.nullable().default(null),
  /** Null: no rule asks for a device. */
  posture: posture.nullable().default(null),
}

/** Something owed to a system: how often it was tried, and when next. */
const debt = {
  tries: z.number(),
  lastError: z.string().nullable(),
  /** The last try failed as the system did not answer, or could not just then. */
  isAway: z.boolean().default(false),
  /** The last try found it not there, and a call that nobody heard the end of may still give it until then. */
  mayAppearUntil: z.date().nullable().default(null),
  retryAt: z.date(),
  /** Said aloud in the admin channel at this time if still owed; null once it was said. */
  alertAt: z.date().nullable(),
  alertedAt: z.date().nullable(),
}

/** What is made when its holder asks to see it. */
const secret = z.object({ what: z.string(), brings: z.string().nullable() })

const end = {
  cause: z.enum(endCauses),
  endedBy: personRef.nullable(),
  /** Why, where it could not be given or went away for a reason. */
  endNote: z.string().nullable(),
  /** When taking back starts: nothing is called or shown before. */
  takeAt: z.date(),
  activeAt: z.date().nullable(),
}

const left = {
  left: z.enum(lefts),
  /** How long another grant keeps it, where one does. */
  keptUntil: z.date().nullable(),
}

export const grantSchema = z.discriminatedUnion('status', [
  asked.extend({
    status: z.literal('pending'),
    lapsesAt: z.date(),
    nudge: nudge.nullable().default(null),
  }),
  asked.extend({ status: z.literal('denied'), closedAt: z.date() }),
  asked.extend({
    status: z.literal('withdrawn'),
    closedAt: z.date(),
    /** The request that took its place, if one did. */
    supersededBy: z.string().nullable(),
    /** Null: nobody did, or it was withdrawn before that was noted here. */
    withdrawnBy: personRef.nullable().default(null),
    /** Nobody withdrew it: whoever asked, or was to hold it, left. Null where somebody did. */
    closedBecause: z.string().nullable().default(null),
  }),
  asked.extend({ status: z.literal('lapsed'), closedAt: z.date(), lapsesAt: z.date() }),
  /** Approved, and nothing is held: it opens later. */
  asked.extend({ status: z.literal('waiting'), ...approval, opensAt: z.date() }),
  /** Approved: each of its windows opens as a grant of its own; nothing is held by this one. */
  asked.extend({
    status: z.literal('recurring'),
    ...approval,
    pattern: patternSchema,
    /** The window that is made next; null when none is left. */
    next: z.object({ index: z.number(), opensAt: z.date() }).nullable(),
    /** The newest window that was made. */
    made: z.number().nullable(),
    /** Windows to come that will not open. */
    skipped: z.array(z.number()),
    /** How many were over before they could be made. */
    missed: z.number(),
    /** Stopped: what is open is ended, and nothing opens any more. */
    stop: z
      .object({
        cause: z.enum(endCauses),
        by: personRef.nullable(),
        note: z.string().nullable(),
        at: z.date(),
      })
      .nullable(),
    /** Once stopped or past its last window: when to look whether all windows have ended. */
    lookAt: z.date(),
  }),
  asked.extend({
    status: z.literal('granting'),
    ...approval,
    ...debt,
    /** When giving starts: an opening is prepared a little ahead, and nothing is given or shown before. */
    giveAt: z.date().default(new Date(0)),
  }),
  asked.extend({
    status: z.literal('active'),
    ...approval,
    activeAt: z.date(),
    /** What the system was told; before `endsAt` an extension is still owed. */
    heldUntil: z.date(),
    /** For display: the system had it before Curfew came. */
    heldBefore: z.boolean(),
    /** What its holder may ask to be shown; null: nothing. */
    secret: secret.nullable().default(null),
    /** Not null exactly while `heldUntil` is before `endsAt`: the system has yet to be told of the new end. */
    owed: z
      .object({
        tries: debt.tries,
        lastError: debt.lastError,
        isAway: debt.isAway,
        mayAppearUntil: debt.mayAppearUntil,
        retryAt: debt.retryAt,
        /** Not null: an end until then was agreed before, and telling its system of it adds nothing. */
        agreedUntil: z.date().nullable().default(null),
      })
      .nullable()
      .default(null),
    /** What Slack and the catalog said last on more time for it, and when they were asked; kept where it may count. */
    lastWord: z
      .object({ is: z.enum(['yes', 'no']), at: z.date() })
      .nullable()
      .default(null),
    warnAt: z.date().nullable(),
    warnedAt: z.date().nullable(),
  }),
  asked.extend({ status: z.literal('revoking'), ...approval, ...debt, ...end }),
  asked.extend({
    status: z.literal('ended'),
    ...approval,
    ...end,
    endedAt: z.date(),
    ...left,
  }),
])

export type Grant = z.infer<typeof grantSchema>
export type Status = Grant['status']
export type Pending = Extract<Grant, { status: 'pending' }>
export type Withdrawn = Extract<Grant, { status: 'withdrawn' }>
export type Waiting = Extract<Grant, { status: 'waiting' }>
export type Recurring = Extract<Grant, { status: 'recurring' }>
export type Granting = Extract<Grant, { status: 'granting' }>
export type Active = Extract<Grant, { status: 'active' }>
export type Revoking = Extract<Grant, { status: 'revoking' }>
export type Ended = Extract<Grant, { status: 'ended' }>
/** Anything that was approved: it has a place on a system and an end. */
export type Approved = Waiting | Recurring | Granting | Active | Revoking | Ended
export type Review = z.infer<typeof review>
export type AnsweredAs = z.infer<typeof answeredAs>
export type Nudge = z.infer<typeof nudge>
export type WindowOf = NonNullable<Grant['window']>
export type AfterReview = z.infer<typeof afterReview>
export type Extension = z.infer<typeof extension>
export type EndCause = (typeof endCauses)[number]
export type Secret = NonNullable<Active['secret']>
export type GrantPlace = Granting['place']

export const openStatuses = [
  'pending',
  'waiting',
  'recurring',
  'granting',
  'active',
  'revoking',
] as const satisfies readonly Status[]
export type Open = Extract<Grant, { status: (typeof openStatuses)[number] }>

export const isOpen = (grant: Grant): grant is Open =>
  (openStatuses as readonly Status[]).includes(grant.status)

export const isApproved = (grant: Grant): grant is Approved =>
  grant.status === 'waiting' ||
  grant.status === 'recurring' ||
  grant.status === 'granting' ||
  grant.status === 'active' ||
  grant.status === 'revoking' ||
  grant.status === 'ended'

/**
 * Unfinished grants of one subject on one entitlement differ in this: one asked for once, one series, and its windows,
 * of which one may open while the last is still being taken back, and what is taken in an emergency beside all of them.
 */
export function slotOf({
  pattern,
  window,
  isBreakGlass,
  isStanding,
  device,
}: Pick<Grant, 'pattern' | 'window' | 'isBreakGlass' | 'isStanding' | 'device'>): string {
  const on = device === null ? '' : ` on ${device.id}`
  if (isStanding) return `standing${on}`
  if (isBreakGlass) return `break-glass${on}`
  if (window !== null) return `window ${window.index} of ${window.seriesId}`
  return `${pattern === null ? 'once' : 'series'}${on}`
}

/** What approving would give now: the shortest that an approver agreed to, or what was asked. */
export function offeredMs(grant: Grant): number {
  const agreed = grant.reviews.filter(({ verdict }) => verdict === 'approve').map((r) => r.durationMs)
  return agreed.length > 0 ? Math.min(...agreed) : grant.askedMs
}

/** A short mark of what an approver sees and agrees to: it changes when that does, and only then. */
export function termsOf(grant: Grant): string {
  const { subject, resource, entitlement, system, canonical, reason, startsAt, pattern } = grant
  const terms = [
    subject.id,
    resource.id,
    entitlement.id,
    system,
    canonical,
    offeredMs(grant),
    reason,
    startsAt,
    ...(grant.device === null ? [] : [grant.device.id]),
    // As it was made or as it was read: in whatever order its fields stand.
    pattern && Object.entries(pattern).sort(([one], [other]) => (one < other ? -1 : 1)),
  ]
  return createHash('sha256').update(JSON.stringify(terms)).digest('base64url').slice(0, 10)
}

/** May others be lines of the same request? Only what was asked for once can. */
export const mayHaveLines = ({ lines, window, pattern, isBreakGlass }: Grant): boolean =>
  lines === null ? window === null && pattern === null && !isBreakGlass : lines > 1
