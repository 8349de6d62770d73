import { z } from 'zod'
import { methods } from './confirmation.ts'
import { endCauses, lefts } from './end-causes.ts'
import { personRef } from './person-ref.ts'

/*
 * What happened to a grant, as data: a type, its instant, who did it where somebody did, and what a reader cannot know
 * otherwise. Words are made where it is shown. A field of which an entry of before says nothing is null.
 */

const at = z.date()
const by = personRef
const words = z.string().nullable()
const count = z.number().nullable()
/** By which they showed that it was they, where they were asked to. */
const method = z.enum(methods).exactOptional()
/** Ids of those whose yes before this counts no longer, as they may not approve any more. */
const voided = z.array(z.string()).exactOptional()
const of = <T extends string, S extends z.ZodRawShape>(type: T, fields: S) =>
  z.object({ type: z.literal(type), at, ...fields })

const typed = z.discriminatedUnion('type', [
  // Asking and answering.
  of('asked', { by, confirmedBy: method }),
  of('broke-glass', { by, confirmedBy: method }),
  of('matched-rule', { source: z.string() }),
  /** A session began by it, or goes on. */
  of('confirmed', { by, method: z.enum(methods) }),
  of('approved', { by, note: words, stage: count, durationMs: count, confirmedBy: method, voided }),
  of('approved-by-rule', { because: z.string() }),
  of('denied', { by, note: z.string() }),
  of('withdrawn', { by }),
  of('dropped', { why: z.string() }),
  of('lapsed', {}),
  of('reminded', {}),
  of('escalated', {}),
  /** `stage`: which is asked now; null: enough had said yes. */
  of('recounted', { stage: count, voided }),
  // A series and its windows; `number` from 1 on.
  /** `seriesId`: the grant that was approved. */
  of('window', { number: z.number(), of: z.number(), seriesId: z.string().exactOptional() }),
  of('skipped', { by, number: z.number() }),
  of('missed', { count: z.number(), before: z.number() }),
  of('series-over', {}),
  // Giving, holding, taking back.
  of('opened', {}),
  of('given', { heldBefore: z.boolean() }),
  /** What was held before came by a give of ours. */
  of('ours', {}),
  of('shown', { by, on: z.enum(['modal', 'page']) }),
  of('renewed', {}),
  of('warned', {}),
  of('more-time-asked', { by, addMs: count }),
  of('more-time-approved', { by, confirmedBy: method, voided }),
  of('more-time-denied', { by }),
  of('extended', { by, addMs: count }),
  /** The device is not fit: mended by then, nothing ends. */
  of('unfit', { why: z.string(), cutAt: at }),
  of('fit-again', {}),
  /** It goes on, in a new grant, as the device is fit again; `resumes`: the grant that was cut. */
  of('resumed', { resumes: z.string().exactOptional() }),
  of('late', { error: words }),
  of('tried-now', { by }),
  of('end', { cause: z.enum(endCauses), by: by.nullable(), note: words }),
  of('taken', { left: z.enum(lefts) }),
  // The review of broken glass.
  of('review-owed', {}),
  of('review-closed', { by, note: z.string() }),
  /** An entry of before that says none of these. */
  of('noted', { words: z.string(), by: by.nullable(), note: words }),
])

export type Happened = z.infer<typeof typed>

/** As entries were written before they were data. */
const told = z.object({ at, what: z.string(), by: by.nullable(), note: words })

type Told = z.infer<typeof told>

/** An entry of either kind, read as data. */
export const happened = z.union([typed, told.transform(asData)])

const plain: Readonly<Record<string, (line: Told) => Happened | null>> = {
  asked: ({ at, by }) => by && { type: 'asked', at, by },
  'broke glass': ({ at, by }) => by && { type: 'broke-glass', at, by },
  'matches the rule': ({ at, note }) => ({ type: 'matched-rule', at, source: note ?? '' }),
  approve: ({ at, by, note }) => by && { type: 'approved', at, by, note, stage: null, durationMs: null },
  'approved by a rule': ({ at, note }) => ({ type: 'approved-by-rule', at, because: note ?? '' }),
  deny: ({ at, by, note }) => by && { type: 'denied', at, by, note: note ?? '' },
  withdraw: ({ at, by }) => by && { type: 'withdrawn', at, by },
  closed: ({ at, note }) => ({ type: 'dropped', at, why: note ?? '' }),
  lapse: ({ at }) => ({ type: 'lapsed', at }),
  reminded: ({ at }) => ({ type: 'reminded', at }),
  escalated: ({ at }) => ({ type: 'escalated', at }),
  over: ({ at }) => ({ type: 'series-over', at }),
  open: ({ at }) => ({ type: 'opened', at }),
  given: ({ at }) => ({ type: 'given', at, heldBefore: false }),
  'given: was held before': ({ at }) => ({ type: 'given', at, heldBefore: true }),
  renew: ({ at }) => ({ type: 'renewed', at }),
  warn: ({ at }) => ({ type: 'warned', at }),
  'more time asked for': ({ at, by }) => by && { type: 'more-time-asked', at, by, addMs: null },
  'more time approved': ({ at, by }) => by && { type: 'more-time-approved', at, by },
  'more time denied': ({ at, by }) => by && { type: 'more-time-denied', at, by },
  extended: ({ at, by }) => by && { type: 'extended', at, by, addMs: null },
  late: ({ at, note }) => ({ type: 'late', at, error: note }),
  'try now': ({ at, by }) => by && { type: 'tried-now', at, by },
  'review owed': ({ at }) => ({ type: 'review-owed', at }),
  'review closed': ({ at, by, note }) => by && { type: 'review-closed', at, by, note: note ?? '' },
}

function asData(line: Told): Happened {
  const { at, by, note, what } = line
  return plain[what]?.(line) ?? numbered(line) ?? { type: 'noted', at, words: what, by, note }
}

/** Those that had a number or a name in their words. */
function numbered({ at, by, note, what }: Told): Happened | null {
  const window = /^window (\d+) of (\d+)$/.exec(what)
  if (window) return { type: 'window', at, number: Number(window[1]), of: Number(window[2]) }
  const skipped = /^skipped window (\d+)$/.exec(what)
  if (skipped && by) return { type: 'skipped', at, by, number: Number(skipped[1]) }
  const missed = /^missed (\d+) more before window (\d+)$/.exec(what)
  if (missed) return { type: 'missed', at, count: Number(missed[1]), before: Number(missed[2]) }
  const cause = endCauses.find((one) => what === `end: ${one}`)
  if (cause) return { type: 'end', at, cause, by, note }
  const left = lefts.find((one) => what === `taken: ${one}`)
  return left ? { type: 'taken', at, left } : null
}
