import type { Active, Grant, Granting, Revoking, Secret } from './grant.ts'
import { after } from './instants.ts'
import type { PersonRef } from './person.ts'
import { isRefusal, refuse, type Refusal } from './refusal.ts'

/*
 * A debt to a system: giving, taking back, or telling it of a new end. It is tried until it is settled, and said aloud
 * once it is late.
 */

interface FailedEvent {
  readonly type: 'failed'
  readonly error: string
  readonly retryAt: Date
  /** It was the system that did not answer, or could not just now. */
  readonly isAway?: boolean
  /** It is not there, and a call that nobody heard the end of may still give it until then. */
  readonly mayAppearUntil?: Date
  /** Slack or the catalog, asked then, said no. */
  readonly deniedAt?: Date | null
}

export type DebtEvent =
  /**
   * The system was told of this end; or need not be, of what was held before, which it may be no more. `secret`: what is
   * made of what it holds, where nothing was known of that yet.
   */
  | { type: 'told'; heldUntil: Date; heldBefore: boolean; secret?: Secret | null }
  /** What was shown to be held before came by a give of ours: its system knows another end, if any. */
  | { type: 'ours' }
  /** Slack and the catalog, asked then, said yes. */
  | { type: 'allowed'; at: Date }
  | FailedEvent
  | { type: 'busy'; until: Date }
  | { type: 'alert' }
  | { type: 'try-now'; by: PersonRef }

type Try = {
  tries: number
  lastError: string | null
  retryAt: Date
  isAway: boolean
  mayAppearUntil: Date | null
}

/** What is owed to its system by now, if anything: what was agreed and it does not know of yet stays so. */
export const owedFor = (grant: Told & Pick<Active, 'endsAt'>, now: Date): Active['owed'] =>
  grant.heldUntil < grant.endsAt ? owedNow(now, untoldUntil(grant, now)) : null

type Told = Pick<Active, 'heldUntil' | 'owed'>

const owedNow = (now: Date, until: Date | null): NonNullable<Active['owed']> => ({
  tries: 0,
  lastError: null,
  retryAt: now,
  isAway: false,
  mayAppearUntil: null,
  agreedUntil: until,
})

/** As they are counted to people: up to eight, then by the powers of two. */
export function triesWords(tries: number): string {
  if (tries > mostTriesCounted) return `more than ${2 ** (Math.ceil(Math.log2(tries)) - 1)} tries`
  return `${tries} ${tries === 1 ? 'try' : 'tries'}`
}

const mostTriesCounted = 8

/** Whether a try that failed shows anything new to people: what is tried each few seconds would be all that Slack has time for. */
export function isFailureShown(before: Grant, next: Grant): boolean {
  const [one, other] = [tryOf(before), tryOf(next)]
  return (
    withoutNumbers(one?.lastError) !== withoutNumbers(other?.lastError) ||
    one?.isAway !== other?.isAway ||
    one?.mayAppearUntil?.getTime() !== other?.mayAppearUntil?.getTime() ||
    minuteOf(one?.retryAt) !== minuteOf(other?.retryAt) ||
    triesWords(one?.tries ?? 0) !== triesWords(other?.tries ?? 0)
  )
}

const tryOf = (grant: Grant): Try | null =>
  isOwing(grant) ? grant : grant.status === 'active' ? grant.owed : null

/** Ids, times and counts are of one try alone; what a protocol or a program answered is not. */
const withoutNumbers = (error: string | null | undefined): string | undefined =>
  error?.replace(/(?<!\b(?:answered|status|code|exit) )(?!(?<=\()\d{3}\))\b(?=[\w-]*\d)[\w-]+/g, '#')

const minuteOf = (at: Date | undefined): number => Math.floor((at?.getTime() ?? 0) / 60_000)

export function applyToDebt(grant: Grant, event: DebtEvent, now: Date): Grant | Refusal {
  switch (event.type) {
    case 'told': {
      if (grant.status !== 'active') return refuse('not-held', { grant })
      const { heldUntil, heldBefore } = event
      // It turned out meanwhile that nothing was: its system knows another end.
      if (heldBefore && !grant.heldBefore) return refuse('not-held', { grant })
      const secret = heldBefore ? null : (grant.secret ?? event.secret ?? null)
      return { ...grant, heldBefore, heldUntil, secret, owed: owedFor({ ...grant, heldUntil }, now) }
    }
    case 'ours': {
      if (grant.status !== 'active' || !grant.heldBefore || now >= grant.endsAt)
        return refuse('not-held', { grant })
      // Where more time is owed, until when it was agreed before is what it was shown with.
      const until = grant.owed === null ? grant.endsAt : grant.heldUntil
      const owed = { ...owedNow(now, until), ...grant.owed, retryAt: now, agreedUntil: until }
      return { ...grant, heldBefore: false, heldUntil: now, owed }
    }
    case 'failed': {
      const { error: lastError, retryAt, isAway = false, mayAppearUntil = null } = event
      const next = owing(grant, ({ tries }) => ({
        tries: tries + 1,
        lastError,
        retryAt,
        isAway,
        mayAppearUntil,
      }))
      if (event.deniedAt == null) return next
      // A no stays the last word also where nothing is owed any more.
      const said = isRefusal(next) ? grant : next
      return said.status === 'active' ? withWord(said, { is: 'no', at: event.deniedAt }, now) : next
    }
    case 'allowed':
      return grant.status === 'active'
        ? withWord(grant, { is: 'yes', at: event.at }, now)
        : refuse('not-held', { grant })
    case 'busy':
      return owing(grant, (debt) => ({ ...debt, retryAt: event.until }))
    case 'alert':
      return isOwing(grant) && grant.alertAt !== null && now >= grant.alertAt
        ? { ...grant, alertAt: null, alertedAt: now }
        : refuse('not-held', { grant })
    case 'try-now':
      return isOwing(grant) ? { ...grant, retryAt: now } : refuse('not-held', { grant })
  }
}

/** Until when its system may be told by itself: what was agreed and it does not know of, unless the last word on it was no. */
export const agreedUntil = (grant: Told & Pick<Active, 'lastWord'>, now: Date): Date | null =>
  grant.lastWord?.is === 'no' ? null : untoldUntil(grant, now)

/** Whether those who were asked then, or later, said no. */
export function isDeniedSince(grant: Grant, at: Date, now: Date): boolean {
  if (grant.status !== 'active' || grant.lastWord === null) return false
  const { is, at: askedAt } = grant.lastWord
  return is === 'no' && askedAt >= at && !isFromAhead(askedAt, now)
}

/** By a clock that was set back since: the times of processes are less apart (docs/holds.md, 1). Any new word is later. */
const isFromAhead = (at: Date, now: Date): boolean => at > after(now, mostApartMs)
const mostApartMs = 5_000

/** Whether it may ever count what Slack and the catalog said last: only where it may turn out, or did, that it came by a give of ours. */
export const keepsWord = ({ heldBefore, owed }: Pick<Active, 'heldBefore' | 'owed'>): boolean =>
  heldBefore || owed?.agreedUntil != null

/** The last that was asked for stays, whichever is noted last; of one instant the no. */
export function withWord(grant: Active, word: NonNullable<Active['lastWord']>, now: Date): Active {
  const { lastWord } = grant
  const isLater =
    lastWord === null ||
    word.at > lastWord.at ||
    (word.is === 'no' && word.at >= lastWord.at) ||
    isFromAhead(lastWord.at, now)
  return isLater ? { ...grant, lastWord: word } : grant
}

/** What was agreed, is to come, and its system does not know of. */
function untoldUntil({ owed, heldUntil }: Told, now: Date): Date | null {
  const until = owed?.agreedUntil ?? null
  return until !== null && heldUntil < until && now < until ? until : null
}

function owing(grant: Grant, next: (debt: Try) => Try): Grant | Refusal {
  if (isOwing(grant)) return { ...grant, ...next(grant) }
  if (grant.status === 'active' && grant.owed !== null) {
    return { ...grant, owed: { ...grant.owed, ...next(grant.owed) } }
  }
  return refuse('not-held', { grant })
}

const isOwing = (grant: Grant): grant is Granting | Revoking =>
  grant.status === 'granting' || grant.status === 'revoking'
