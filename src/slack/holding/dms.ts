import type { Button, KnownBlock } from '@slack/types'
import { findEntitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { MayExtend } from '../../domain/extension.ts'
import {
  isApproved,
  type Approved,
  type Ended,
  type Grant,
  type Review,
  type Withdrawn,
} from '../../domain/grant.ts'
import { isSameHuman, plainlyNamed } from '../../domain/person.ts'
import { describePattern } from '../../domain/windows/pattern.ts'
import { askedOf, mentionedOf, type AskedOf } from '../../operations/asked-of.ts'
import { mayHaveMore } from '../../operations/extend.ts'
import { releaseGrant } from '../../operations/release.ts'
import { withdrawRequest } from '../../operations/withdraw.ts'
import { asCounted } from '../deciding/calls.ts'
import { answerClick, tellClicker } from '../replies/answer-click.ts'
import { button, section, type Message } from '../words/blocks.ts'
import { extendButton, noMoreWords } from './more-time.ts'
import { plainWords, spelled, when } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'
import { openRequest } from '../asking/request-modal.ts'
import { openWindows, seriesButtons } from './series.ts'
import { nextWords, patternWords } from '../words/series-words.ts'
import { isAhead, isLate, leftLine, statusLine } from '../words/status.ts'
import { approverWords, mentionOf, reviewerWords, surely, whoWithdrew, withdrawnVerb } from '../words/who.ts'

/** What the holder hears. Each is a message of its own, which notifies; later its buttons go, silently. */

export const dmActions = { withdraw: 'dm_withdraw', done: 'dm_done', askAgain: 'dm_ask_again' } as const

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

export async function aboutDm({ world, directory }: Parts, grant: Grant): Promise<DmAbout> {
  const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
  const asked = await askedOf(world, grant)
  return {
    approvers: asked ? namesOf(asked) : [],
    voided: asked?.voided ?? [],
    how: entitlement?.how ?? null,
    zone: directory.remembered(grant.subject.slack)?.zone ?? 'UTC',
    more:
      grant.status === 'active'
        ? await mayHaveMore(world, grant, await directory.facts(grant.subject.slack))
        : null,
    windows: await openWindows(world, grant),
  }
}

/** Named, not mentioned: telling the requester who was asked must ping nobody. Only whoever was told is said to have been. */
const namesOf = (asked: AskedOf): string[] => {
  const { groups, people } = mentionedOf(asked)
  return [...groups, ...people].map((name) => plainWords(name, 60))
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
      // One shorter than the look-ahead is prepared to end as soon as it is given; until then it is held, and said.
      if (grant.status === 'revoking' && grant.activeAt !== null && isAhead(grant, now)) return true
      if (grant.status === 'ended' || grant.status === 'revoking')
        return grant.cause === 'failed' && grant.pattern === null
      return grant.status === 'active' || grant.status === 'denied' || grant.status === 'lapsed'
    case 'warning':
      return grant.status === 'active' && grant.warnedAt !== null && grant.endsAt > now
    case 'late':
      return (
        grant.status === 'revoking' && grant.activeAt !== null && !isAhead(grant, now) && isLate(grant, now)
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
  (grant.cause === 'revoked' || grant.cause === 'removed' || grant.cause === 'unmatched')

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
      return dm(
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
      return dm(`${asked}${told}${why}${so}`, text, [isForAnother(grant) ? decline(grant) : withdraw(grant)])
    }
    case 'withdrawn':
      return dm(
        `${asked} ${grant.supersededBy === null ? withdrawnWords(grant) : `Replaced by ${isForAnother(grant) ? 'a' : 'your'} newer request.`}`,
        text,
      )
    case 'denied':
    case 'lapsed':
    case 'waiting':
    case 'recurring':
    case 'granting':
    case 'active':
    case 'revoking':
    case 'ended':
      return dm(asked, text)
  }
}

/** Approved, and it opens later. Afterwards it only says what was to be. */
function waitingDm(grant: Grant, { zone, windows }: DmAbout): Message {
  if (isApproved(grant) && grant.pattern !== null) return seriesDm(grant, windows)
  if (!isApproved(grant) || grant.startsAt === null) return dm(bold(grant), nameOf(grant))
  const by = approverWords(grant, surely)
  return dm(
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
  if (grant.status !== 'recurring' || grant.stop !== null) return dm(approved, text)
  return dm(
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
      return dm(
        `${who} said no to ${bold(grant)}: ${plainWords(last?.note ?? '', 500)}`,
        `${nameOf(grant)} was denied`,
        [askAgain(grant)],
      )
    }
    case 'lapsed': {
      const within = formatDuration(grant.lapsesAt.getTime() - grant.requestedAt.getTime())
      return dm(`Nobody answered ${bold(grant)} in ${within}.`, `${nameOf(grant)}: nobody answered`, [
        askAgain(grant),
      ])
    }
    case 'active':
    case 'revoking':
    case 'ended': {
      if (grant.activeAt === null) {
        const why = grant.status === 'active' ? '' : plainWords(grant.endNote ?? '', 300)
        return dm(`Could not give ${bold(grant)}: ${why}.`, `Could not give ${nameOf(grant)}`, [
          askAgain(grant),
        ])
      }
      const isOn = grant.status === 'active' || (grant.status === 'revoking' && isAhead(grant, now))
      const told =
        grant.isBreakGlass && isOn ? '\nThe channel and the admins were told; a review follows.' : ''
      const because =
        grant.auto === null || !isOn ? '' : `\nNo review was needed: ${plainWords(grant.auto.because, 100)}.`
      const connect = because + (how === null || !isOn ? '' : `\n${plainWords(how, 500)}`) + told
      const verb = isOn ? 'have' : 'had'
      const gone = grant.window !== null && grant.status === 'ended' ? ` ${leftLine(grant)}.` : ''
      return dm(
        `You ${verb} ${bold(grant)} until ${when(grant.status === 'ended' ? grant.takeAt : grant.endsAt)}.${gone}${connect}`,
        `You ${verb} ${nameOf(grant)} until ${spelled(grant.endsAt, zone)}`,
        grant.status === 'active' ? [done(grant)] : [],
      )
    }
    case 'pending':
    case 'withdrawn':
    case 'waiting':
    case 'recurring':
    case 'granting':
      return dm(bold(grant), nameOf(grant))
  }
}

function warningDm(grant: Grant, { zone, more }: DmAbout, now: Date): Message {
  if (!('endsAt' in grant)) return dm(bold(grant), nameOf(grant))
  const isBeingTaken = grant.status === 'revoking' && !isAhead(grant, now)
  if (isBeingTaken)
    return dm(`${bold(grant)}: time is up; it is being taken back.`, `${nameOf(grant)} is being taken back`)
  const isOver = grant.status === 'ended'
  const verb = isOver ? 'ended' : 'ends'
  const words = isOver ? `${bold(grant)} ended.` : `${bold(grant)} ends ${when(grant.endsAt)}.`
  const why = noMoreWords(grant, more)
  const extend = extendButton(grant, more)
  return dm(
    why === null ? words : `${words} ${why}`,
    `${nameOf(grant)} ${verb} ${spelled(grant.endsAt, zone)}`,
    grant.status === 'active' ? [...(extend ? [extend] : []), done(grant)] : [],
  )
}

/** A warning of an end that was moved since. */
export function outdatedWarning(grant: Grant, { zone }: DmAbout): Message {
  if (!('endsAt' in grant)) return dm(bold(grant), nameOf(grant))
  const verb = grant.status === 'active' ? 'ends' : 'ended'
  return dm(
    `${bold(grant)} was extended; it ${verb} ${when(grant.endsAt)}.`,
    `${nameOf(grant)} was extended; it ${verb} ${spelled(grant.endsAt, zone)}`,
  )
}

function endedDm(grant: Grant, { zone }: DmAbout): Message {
  if (grant.status !== 'ended') return dm(bold(grant), nameOf(grant))
  if (grant.pattern !== null) return seriesEndedDm(grant)
  if (isCalledOff(grant)) {
    const by = grant.endedBy
    const why = by ? `${surely(by)} ended it` : plainWords(grant.endNote ?? 'it was removed', 200)
    return dm(`${bold(grant)} will not be given: ${why}.`, `${nameOf(grant)} will not be given`, [
      askAgain(grant),
    ])
  }
  const checked = grant.left === 'gone' ? 'checked, it is gone' : leftLine(grant)
  const isByRule = grant.cause === 'unmatched' || grant.cause === 'removed'
  const why = isByRule && grant.endNote !== null ? `, as ${plainWords(grant.endNote, 300)}` : ''
  return dm(
    `${bold(grant)} ended ${when(grant.endedAt)}${why}; ${checked}.`,
    `${nameOf(grant)} ended ${spelled(grant.endedAt, zone)}`,
    [askAgain(grant)],
  )
}

function seriesEndedDm(grant: Ended): Message {
  const { cause, endedBy, endNote } = grant
  if (cause === 'expired')
    return dm(`The last window of ${bold(grant)} is over.`, `The last window of ${nameOf(grant)} is over`, [
      askAgain(grant),
    ])
  const by = endedBy ? surely(endedBy) : ''
  const why =
    cause === 'released'
      ? 'you stopped it'
      : cause === 'revoked'
        ? `${by} stopped it`
        : plainWords(endNote ?? 'it was removed', 300)
  return dm(`${bold(grant)} opens no more: ${why}.`, `${nameOf(grant)} opens no more`, [askAgain(grant)])
}

const nameOf = ({ entitlement, resource }: Grant): string => `${entitlement.name} on ${resource.name}`
export const bold = ({ entitlement, resource }: Grant): string =>
  `*${plainWords(entitlement.name, 60)}* on *${plainWords(resource.name, 60)}*`

/** One message for all lines of a request. */
export function renderAskedSeveral(lines: readonly Grant[]): Message {
  const waiting = lines.filter(({ status }) => status === 'pending')
  const [first] = waiting
  const named = lines.map(
    (line) => `• ${bold(line)}${line.status === 'pending' ? '' : `: ${lineWord(line)}`}`,
  )
  const text = `Asked for ${lines.length} things`
  const told = first ? ' You will hear here.' : ''
  return dm(
    `${text}, ${formatDuration(lines[0]?.askedMs ?? 0)} each.${told}\n${named.join('\n')}`,
    text,
    first ? [withdraw(first)] : [],
  )
}

const lineWord = ({ status, reviews }: Grant): string =>
  status === 'denied' || status === 'withdrawn' || status === 'lapsed'
    ? status
    : `approved${reviews.length > 0 ? '' : ' by a rule'}`

/** Asked for by somebody else than whoever will hold it. */
export const isForAnother = ({ requester, subject }: Grant): boolean => !isSameHuman(requester, subject)

const withdrawnWords = (grant: Withdrawn): string =>
  grant.closedBecause !== null
    ? `Closed: ${plainWords(grant.closedBecause, 200)}.`
    : isForAnother(grant)
      ? `${withdrawnVerb(grant)} by ${surely(whoWithdrew(grant))}.`
      : 'You withdrew this.'

const decline = (grant: Grant): Button =>
  button(dmActions.withdraw, 'Decline', grant.id, `Decline ${nameOf(grant)}`)

/** What whoever asked for somebody else hears: that it was asked, and later what came of it. */
export function renderForRequester(grant: Grant, moment: 'asked' | 'outcome', now: Date): Message {
  const who = mentionOf(grant.subject)
  const asked = `Asked for ${bold(grant)} for ${who}, ${formatDuration(grant.askedMs)}.`
  if (moment === 'asked')
    return dm(
      grant.status === 'pending' ? `${asked} You will hear here.` : asked,
      `Asked for ${nameOf(grant)} for ${plainlyNamed(grant.subject)}`,
      grant.status === 'pending' ? [withdraw(grant)] : [],
    )
  return dm(
    `${who}, ${bold(grant)}: ${statusLine(grant, now, { name: surely }) ?? ''}`,
    `${plainlyNamed(grant.subject)}: ${nameOf(grant)}`,
  )
}

/** Is there an answer yet that whoever asked for somebody else should hear? */
export const isAnswered = (grant: Grant): boolean =>
  grant.status !== 'pending' &&
  grant.status !== 'granting' &&
  !(grant.status === 'withdrawn' && withdrawnVerb(grant) === 'Withdrawn')

export const withdraw = (grant: Grant): Button =>
  button(dmActions.withdraw, 'Withdraw', grant.id, `Withdraw ${nameOf(grant)}`)

export const done = (grant: Grant): Button =>
  button(dmActions.done, "I'm done", grant.id, `I'm done with ${nameOf(grant)}`, {
    sure: { title: "I'm done", text: `You lose ${nameOf(grant)} at once.`, yes: "I'm done" },
  })

export const callOff = (grant: Grant): Button =>
  button(dmActions.done, 'Not needed any more', grant.id, `${nameOf(grant)}: not needed any more`, {
    sure: { title: 'Not needed any more', text: `${nameOf(grant)} will not open.`, yes: 'Call it off' },
  })

export const askAgain = (grant: Grant): Button =>
  button(
    dmActions.askAgain,
    'Ask again',
    `${grant.resource.id} ${grant.entitlement.id} ${formatDuration(grant.askedMs)}`,
    `Ask again for ${nameOf(grant)}`,
  )

function dm(words: string, text: string, buttons: Button[] = []): Message {
  const blocks: KnownBlock[] = [
    section(words),
    ...(buttons.length > 0 ? [{ type: 'actions' as const, elements: buttons }] : []),
  ]
  return { text, blocks }
}

export function listenToDms(parts: Parts): void {
  const { app, world } = parts
  app.action(dmActions.withdraw, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { by, value: grantId } = click
    await answerClick(parts, tellClicker(parts, click, respond), () =>
      withdrawRequest(world, { grantId, by }),
    )
  })
  app.action(dmActions.done, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { by, value: grantId } = click
    await answerClick(parts, tellClicker(parts, click, respond), () => releaseGrant(world, { grantId, by }))
  })
  app.action(dmActions.askAgain, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    const { by, triggerId, value: text } = click
    await Promise.all([
      ack(),
      openRequest(parts, { by, triggerId, text, tell: tellClicker(parts, click, respond) }),
    ])
  })
}
