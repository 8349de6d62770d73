import { whoWithdrew } from '../../domain/closing.ts'
import { findEntitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { MayExtend } from '../../domain/extension.ts'
import {
  isOpen,
  isApproved,
  type Approved,
  type Ended,
  type Grant,
  type Review,
  type Withdrawn,
} from '../../domain/grant.ts'
import { isSameHuman, plainlyNamed, type PersonFacts } from '../../domain/person.ts'
import { describePattern } from '../../domain/windows/pattern.ts'
import { mentionedOf, type AskedOf } from '../../operations/asked-of.ts'
import { mayHaveMore } from '../../operations/extend.ts'
import { asCounted } from '../deciding/calls.ts'
import { message, type Message } from '../words/blocks.ts'
import { extendButton, noMoreWords } from './more-time.ts'
import { confirmAgain, mostWords } from './sessions.ts'
import { showButton, shownWords } from './hand-over.ts'
import { plainWords, spelled, when } from '../words/mrkdwn.ts'
import { askedOnce, type AskedOnce } from '../asked-once.ts'
import type { Parts } from '../parts.ts'
import { askAgain, callOff, decline, done, withdraw } from './holder-buttons.ts'
import { seriesButtons } from './series.ts'
import { bold, nameOf } from '../words/names.ts'
import { nextWords, patternWords } from '../words/series-words.ts'
import { isStillHeld, isLate, leftLine, waitsFor } from '../words/status.ts'
import { approverWords, mentionOf, reviewerWords, surely, withdrawnVerb } from '../words/who.ts'

/** What the holder hears. Each is a message of its own, which notifies; later its buttons go, silently. */

export const moments = ['asked', 'waiting', 'outcome', 'warning', 'late', 'ended'] as const
export type Moment = (typeof moments)[number]

export interface DmAbout {
  readonly approvers: readonly string[]
  /** Who said yes and may not any more. */
  readonly voided: readonly Review[]
  readonly how: string | null
  readonly zone: string
  /** Whether there is more time to be had now; null where nothing is held. */
  readonly more: MayExtend | null
  /** The windows of a series that have not ended. */
  readonly windows: readonly Grant[]
}

export async function aboutDm(
  { world, directory }: Parts,
  grant: Grant,
  known: AskedOnce = askedOnce(world, grant),
): Promise<DmAbout> {
  const entitlement = findEntitlement(known.catalog, grant.resource.id, grant.entitlement.id)
  const asked = await known.asked()
  return {
    approvers: asked ? namesOf(asked, directory) : [],
    voided: asked?.voided ?? [],
    how: entitlement?.how ?? null,
    zone: zoneOf(grant, directory.lastSeen(grant.subject.slack.userId)),
    more:
      grant.status === 'active'
        ? await mayHaveMore(
            { ...world, catalog: () => known.catalog },
            grant,
            await world.directory.facts(grant.subject),
          )
        : null,
    windows: await known.windows(),
  }
}

/** Of what is over, where they were when they asked: what stands there does not change with whom we remember. */
function zoneOf(grant: Grant, seen: PersonFacts | null): string {
  const [now, asked] = [seen?.zone, grant.asker?.zone]
  return (isOpen(grant) ? (now ?? asked) : (asked ?? now)) ?? 'UTC'
}

/** Named, not mentioned: telling the requester who was asked must ping nobody. Only whoever was told is said to have been. */
const namesOf = (asked: AskedOf, directory: Pick<Parts['directory'], 'remembered'>): string[] => {
  const { groups, people } = mentionedOf(asked)
  // Who is known by their Slack id alone, as a manager is, is called as in other plain texts.
  const called = (name: string): string => {
    const person = name.includes('@') ? undefined : directory.remembered(name)?.person
    return person ? plainlyNamed(person) : name
  }
  return [...groups, ...people.map(called)].map((name) => plainWords(name, 80))
}

/** Has this moment come, and is it still worth a new message? One already sent is only redrawn. */
export function isMoment(grant: Grant, moment: Moment, now: Date): boolean {
  // They left: nobody writes to them.
  if ('cause' in grant && grant.cause === 'offboarded') return false
  switch (moment) {
    case 'asked':
      return grant.status === 'pending'
    case 'waiting':
      return (grant.status === 'waiting' && grant.window === null) || grant.status === 'recurring'
    case 'outcome':
      // One shorter than `leadMs` is prepared to end as soon as it is given; until then it is held, and said.
      if (grant.status === 'revoking' && grant.activeAt !== null && isStillHeld(grant, now)) return true
      if (grant.status === 'ended' || grant.status === 'revoking')
        return grant.cause === 'failed' && grant.pattern === null
      return grant.status === 'active' || grant.status === 'denied' || grant.status === 'lapsed'
    case 'warning':
      return grant.status === 'active' && grant.warnedAt !== null && grant.endsAt > now
    case 'late':
      return (
        grant.status === 'revoking' &&
        grant.activeAt !== null &&
        !isStillHeld(grant, now) &&
        isLate(grant, now)
      )
    case 'ended':
      return grant.status === 'ended' && isEndTold(grant)
  }
}

/** A window that closes as agreed is told of in the message that it opened with. */
function isEndTold(grant: Ended): boolean {
  // What is said of the series is not said of its next window as well.
  if (grant.window !== null && grant.activeAt === null && grant.cause === 'unmatched') return false
  if (grant.pattern !== null || isCalledOff(grant)) return true
  if (grant.window !== null && (grant.cause === 'expired' || grant.cause === 'released')) return false
  return grant.activeAt !== null
}

/** Approved, and ended by somebody else before it was given. */
const isCalledOff = (grant: Ended): boolean =>
  grant.activeAt === null &&
  (grant.cause === 'revoked' ||
    grant.cause === 'removed' ||
    grant.cause === 'unmatched' ||
    grant.cause === 'unfit')

export function renderDm(grant: Grant, moment: Moment, about: DmAbout, now: Date): Message {
  switch (moment) {
    case 'asked':
      return askedDm(grant, about)
    case 'waiting':
      return waitingDm(grant, about)
    case 'outcome':
      return outcomeDm(grant, about, now)
    case 'warning':
      return warningDm(grant, about, now)
    case 'late':
      return message(
        'Your time is up; access is being taken back. Please stop using it.',
        `Your time is up: ${nameOf(grant)}`,
      )
    case 'ended':
      return endedDm(grant, about)
  }
}

function askedDm(grant: Grant, { approvers, voided }: DmAbout): Message {
  const from = grant.startsAt === null ? '' : `, from ${when(grant.startsAt)}`
  const howLong = patternWords(grant) ?? `${formatDuration(grant.askedMs)}${from}`
  const by = isForAnother(grant) ? `${mentionOf(grant.requester)} asked` : 'Asked'
  const asked = `${by} for ${bold(grant)}${isForAnother(grant) ? ' for you' : ''}, ${howLong}.`
  const text = `Asked for ${nameOf(grant)}, ${formatDuration(grant.askedMs)}`
  switch (grant.status) {
    case 'pending': {
      const told =
        approvers.length > 0
          ? ` ${approvers.slice(0, 5).join(', ')} were told; you will hear here.`
          : ' You will hear here.'
      const why = grant.whyReviewed === null ? '' : ` Needs a review: ${plainWords(grant.whyReviewed, 400)}.`
      const said = asCounted(grant, voided).reviews.length
      const so = said > 0 ? ` ${said} of ${grant.needs} approved.` : ''
      return message(`${asked}${told}${why}${so}`, text, [
        isForAnother(grant) ? decline(grant) : withdraw(grant),
      ])
    }
    case 'withdrawn':
      return message(
        `${asked} ${grant.supersededBy === null ? withdrawnWords(grant) : `Replaced by ${isForAnother(grant) ? 'a' : 'your'} newer request.`}`,
        text,
      )
    case 'granting':
      return message(grant.isAway ? `${asked} Approved. ${waitsFor(grant)}` : asked, text)
    case 'denied':
    case 'lapsed':
    case 'waiting':
    case 'recurring':
    case 'active':
    case 'revoking':
    case 'ended':
      return message(asked, text)
  }
}

/** Approved, and it opens later. Afterwards it only says what was to be. */
function waitingDm(grant: Grant, { zone, windows }: DmAbout): Message {
  if (isApproved(grant) && grant.pattern !== null) return seriesDm(grant, windows)
  if (!isApproved(grant) || grant.startsAt === null) return message(bold(grant), nameOf(grant))
  const by = approverWords(grant, surely)
  return message(
    `${by.startsWith('the') ? `The${by.slice(3)}` : by} approved ${bold(grant)}: it opens ${when(grant.startsAt)}, until ${when(grant.endsAt)}.`,
    `${nameOf(grant)} was approved: it opens ${spelled(grant.startsAt, zone)}`,
    grant.status === 'waiting' ? [callOff(grant)] : [],
  )
}

/** Kept true while windows come and go: an edit, which does not notify. */
function seriesDm(grant: Approved, windows: readonly Grant[]): Message {
  const by = reviewerWords(grant.reviews.at(-1)?.by, surely)
  const approved = `${by} approved ${bold(grant)}, ${patternWords(grant) ?? ''}.`
  const text = `${nameOf(grant)} was approved: ${grant.pattern ? describePattern(grant.pattern) : ''}`
  if (grant.status !== 'recurring' || grant.stop !== null) return message(approved, text)
  return message(
    `${approved} ${nextWords(grant, windows)} You will hear each time it opens.`,
    text,
    seriesButtons(grant, windows),
  )
}

function outcomeDm(grant: Grant, { how, zone }: DmAbout, now: Date): Message {
  switch (grant.status) {
    case 'denied': {
      const last = grant.reviews.at(-1)
      const who = reviewerWords(last?.by, surely)
      return message(
        `${who} said no to ${bold(grant)}: ${plainWords(last?.note ?? '', 500)}`,
        `${nameOf(grant)} was denied`,
        [askAgain(grant)],
      )
    }
    case 'lapsed': {
      const within = formatDuration(grant.lapsesAt.getTime() - grant.requestedAt.getTime())
      return message(`Nobody answered ${bold(grant)} in ${within}.`, `${nameOf(grant)}: nobody answered`, [
        askAgain(grant),
      ])
    }
    case 'active':
    case 'revoking':
    case 'ended': {
      if (grant.activeAt === null) {
        const why = grant.status === 'active' ? '' : plainWords(grant.endNote ?? '', 300)
        return message(`Could not give ${bold(grant)}: ${why}.`, `Could not give ${nameOf(grant)}`, [
          askAgain(grant),
        ])
      }
      const isOn = grant.status === 'active' || (grant.status === 'revoking' && isStillHeld(grant, now))
      const told =
        grant.isBreakGlass && isOn ? '\nThe channel and the admins were told; a review follows.' : ''
      const because =
        grant.auto === null || !isOn ? '' : `\nNo review was needed: ${plainWords(grant.auto.because, 100)}.`
      const connect =
        because + (how === null || !isOn ? '' : `\n${plainWords(how, 500)}`) + shownWords(grant) + told
      const verb = isOn ? 'have' : 'had'
      const gone = grant.window !== null && grant.status === 'ended' ? ` ${leftLine(grant)}.` : ''
      return message(
        `You ${verb} ${bold(grant)} until ${when(grant.status === 'ended' ? grant.takeAt : grant.endsAt)}.${gone}${connect}`,
        `You ${verb} ${nameOf(grant)} until ${spelled(grant.endsAt, zone)}`,
        grant.status === 'active' ? [...showButton(grant), done(grant)] : [],
      )
    }
    case 'pending':
    case 'withdrawn':
    case 'waiting':
    case 'recurring':
    case 'granting':
      return message(bold(grant), nameOf(grant))
  }
}

function warningDm(grant: Grant, { zone, more }: DmAbout, now: Date): Message {
  if (!('endsAt' in grant)) return message(bold(grant), nameOf(grant))
  const isBeingTaken = grant.status === 'revoking' && !isStillHeld(grant, now)
  if (isBeingTaken)
    return message(
      `${bold(grant)}: time is up; it is being taken back.`,
      `${nameOf(grant)} is being taken back`,
    )
  const isOver = grant.status === 'ended'
  const verb = isOver ? 'ended' : 'ends'
  const words = isOver ? `${bold(grant)} ended.` : `${bold(grant)} ends ${when(grant.endsAt)}.`
  const why = grant.isSession ? mostWords(grant) : noMoreWords(grant, more)
  const extend = grant.isSession ? confirmAgain(grant) : extendButton(grant, more)
  return message(
    why === null ? words : `${words} ${why}`,
    `${nameOf(grant)} ${verb} ${spelled(grant.endsAt, zone)}`,
    grant.status === 'active' ? [...(extend ? [extend] : []), done(grant)] : [],
  )
}

/** A warning of an end that was moved since. */
export function outdatedWarning(grant: Grant, { zone }: DmAbout): Message {
  if (!('endsAt' in grant)) return message(bold(grant), nameOf(grant))
  const verb = grant.status === 'active' ? 'ends' : 'ended'
  return message(
    `${bold(grant)} was extended; it ${verb} ${when(grant.endsAt)}.`,
    `${nameOf(grant)} was extended; it ${verb} ${spelled(grant.endsAt, zone)}`,
  )
}

function endedDm(grant: Grant, { zone }: DmAbout): Message {
  if (grant.status !== 'ended') return message(bold(grant), nameOf(grant))
  if (grant.pattern !== null) return seriesEndedDm(grant)
  if (isCalledOff(grant)) {
    const by = grant.endedBy
    const why = by ? `${surely(by)} ended it` : plainWords(grant.endNote ?? 'it was removed', 200)
    return message(`${bold(grant)} will not be given: ${why}.`, `${nameOf(grant)} will not be given`, [
      askAgain(grant),
    ])
  }
  const checked = grant.left === 'gone' ? 'checked, it is gone' : leftLine(grant)
  const isByRule = grant.cause === 'unmatched' || grant.cause === 'removed' || grant.cause === 'unfit'
  const why = isByRule && grant.endNote !== null ? `, as ${plainWords(grant.endNote, 300)}` : ''
  return message(
    `${bold(grant)} ended ${when(grant.endedAt)}${why}; ${checked}.`,
    `${nameOf(grant)} ended ${spelled(grant.endedAt, zone)}`,
    [askAgain(grant)],
  )
}

function seriesEndedDm(grant: Ended): Message {
  const { cause, endedBy, endNote } = grant
  if (cause === 'expired')
    return message(
      `The last window of ${bold(grant)} is over.`,
      `The last window of ${nameOf(grant)} is over`,
      [askAgain(grant)],
    )
  const by = endedBy ? surely(endedBy) : ''
  const why =
    cause === 'released'
      ? 'you stopped it'
      : cause === 'revoked'
        ? `${by} stopped it`
        : plainWords(endNote ?? 'it was removed', 300)
  return message(`${bold(grant)} opens no more: ${why}.`, `${nameOf(grant)} opens no more`, [askAgain(grant)])
}

/** Asked for by somebody else than whoever will hold it. */
export const isForAnother = ({ requester, subject }: Grant): boolean => !isSameHuman(requester, subject)

const withdrawnWords = (grant: Withdrawn): string =>
  grant.closedBecause !== null
    ? `Closed: ${plainWords(grant.closedBecause, 200)}.`
    : isForAnother(grant)
      ? `${withdrawnVerb(grant)} by ${surely(whoWithdrew(grant))}.`
      : 'You withdrew this.'
