import type { Button, KnownBlock } from '@slack/types'
import { setTimeout as sleep } from 'node:timers/promises'
import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { owesReview } from '../../domain/break-glass.ts'
import { formatDuration } from '../../domain/duration.ts'
import { isApproved, isOpen, offeredMs, type Grant, type Review } from '../../domain/grant.ts'
import {
  isSamePerson,
  plainlyNamed,
  type Known,
  type PersonFacts,
  type PersonRef,
} from '../../domain/person.ts'
import { placeFor } from '../../domain/policy.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { adminsOf } from '../../operations/admins.ts'
import { earlierRequests, type EarlierRequests } from '../../operations/earlier-requests.ts'
import { reviewGrant } from '../../operations/review.ts'
import { revokeGrant } from '../../operations/revoke.ts'
import { tryNow } from '../../operations/try-now.ts'
import type { Parts } from '../parts.ts'
import { button, buttonRow, context, type Message, plainSection, section } from '../words/blocks.ts'
import { askedOnce, type AskedOnce } from '../asked-once.ts'
import { bold, nameOf } from '../words/names.ts'
import { asCounted, mentionsOf, notesOn, stageWords } from './calls.ts'
import { answerClick, answerTo, tellClicker, type Tell } from '../replies/answer-click.ts'
import { orConfirm } from '../replies/must-confirm.ts'
import { cardValue, parseCardValue } from './card-value.ts'
import { reviewButtons, reviewLine } from '../looking-after/close-review-modal.ts'
import { openChange } from './change-modal.ts'
import { openDeny } from './deny-modal.ts'
import { spelled, when } from '../words/mrkdwn.ts'
import { parseClick, type Click } from '../wire/payloads.ts'
import { seriesButtons } from '../holding/series.ts'
import { patternWords } from '../words/series-words.ts'
import { isStillHeld, isLate, statusLine, statusWord } from '../words/status.ts'
import { askingText, askingWords, emailsOf, mentionOf, named, principalWords } from '../words/who.ts'

/** The admin card: one for each request and channel, redrawn until the story is over. */

export const cardActions = {
  approve: 'card_approve',
  change: 'card_change',
  deny: 'card_deny',
  endNow: 'card_end_now',
  tryNow: 'card_try_now',
} as const

/** What is shown of the requester beside their words; looked up once, before the card is drawn. */
export interface CardAbout {
  /** Approvers as mentions; the admins where glass was broken. */
  readonly approvers: readonly string[]
  /** The stage that is open, when others were answered before it. */
  readonly next: string | null
  /** Why others than usual are asked, and whose yes counts no longer. */
  readonly notes: string | null
  /** Who said yes and may not any more. */
  readonly voided: readonly Review[]
  /** Who the subject is, or would be, on the system; null where that is not known. */
  readonly principal: string | null
  readonly isGuest: boolean | null
  readonly zone: string | null
  readonly earlier: EarlierRequests
  readonly confirm: boolean
  /** The windows of a series that have not ended, the newest last. */
  readonly windows: readonly Grant[]
}

export async function aboutCard(
  { world, directory }: Parts,
  grant: Grant,
  known: AskedOnce = askedOnce(world, grant),
): Promise<CardAbout> {
  const entitlement = findEntitlement(known.catalog, grant.resource.id, grant.entitlement.id)
  const asked = await known.asked()
  const admins = grant.isBreakGlass ? await adminsOf(world, grant) : []
  const [facts, earlier, mentions, windows] = await Promise.all([
    isTold(grant)
      ? ('unknown' as const)
      : ((isApproved(grant) ? directory.lastSeen(grant.subject.slack.userId) : null) ??
        world.directory.facts(grant.subject)),
    earlierRequests(world, grant),
    asked ? mentionsOf({ directory }, asked) : directory.mentions({ people: admins, groups: [] }),
    known.windows(),
  ])
  const { isGuest, zone } = asTheyAre(grant, facts)
  return {
    approvers: mentions,
    next: asked && asked.at > 0 ? stageWords(asked.panel.stage) : null,
    notes: asked && notesOn(asked),
    voided: asked?.voided ?? [],
    principal: principalOf(known.catalog, grant, facts, world.clock.now()),
    isGuest,
    zone,
    earlier,
    confirm: entitlement?.confirm ?? false,
    windows,
  }
}

/**
 * What is over is told of whoever had it as they were when they asked: of a thousand that end at once nobody is looked up,
 * as Slack says of a hundred a minute who they are, and what is said does not change with whom we remember.
 */
const isTold = (grant: Grant): boolean =>
  grant.asker !== null && (!isOpen(grant) || grant.status === 'revoking')

/** Of whoever has left, as they were when they asked: nobody became a member, or moved, by leaving. */
function asTheyAre(grant: Grant, facts: Known<PersonFacts>): Pick<CardAbout, 'isGuest' | 'zone'> {
  const { asker } = grant
  if (asker !== null && isTold(grant)) return { isGuest: asker.guest, zone: asker.zone }
  if (facts === 'unknown') return { isGuest: null, zone: null }
  return facts.isHere ? facts : { isGuest: asker?.guest ?? null, zone: asker?.zone ?? null }
}

/** As it was fixed by the approval, as it was asked for, or else as it would be by the rules of now. */
function principalOf(catalog: Catalog, grant: Grant, facts: Known<PersonFacts>, now: Date): string | null {
  if (isApproved(grant)) return grant.place.principal
  if (grant.principal !== null) return grant.principal
  const entitlement = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  if (entitlement === null || facts === 'unknown') return null
  const asking = { durationMs: offeredMs(grant), reason: grant.reason }
  const place = placeFor(catalog, facts, entitlement, asking, now)
  return 'principal' in place ? place.principal : null
}

/** What a rule approved leaves one line: who has what, until when, and why. */
function renderLine(grant: Grant, now: Date): Message {
  const { subject } = grant
  const what = bold(grant)
  const words = `${named(subject)}: ${what}, ${formatDuration(grant.askedMs)}. ${statusLine(grant, now) ?? ''}`
  const [first] = cardButtons(grant, { confirm: false, windows: [] }, now)
  const line = section(words)
  return {
    text: `${plainlyNamed(subject)}: ${nameOf(grant)}, ${statusWord(grant, now)}`,
    blocks: [first && line.type === 'section' ? { ...line, accessory: first } : line],
  }
}

export function renderCard(grant: Grant, about: CardAbout, now: Date): Message {
  if (grant.auto !== null) return renderLine(grant, now)
  const { subject } = grant
  const what = bold(grant)
  const howLong = patternWords(grant) ?? `${formatDuration(grant.askedMs)}${from(grant)}`
  const isAsked = grant.status === 'pending' || owesReview(grant)
  const pinged = isAsked ? ` ${about.approvers.slice(0, 10).join(' ')}` : ''
  const again = timesBroken(grant)
  const asks = grant.isBreakGlass ? `${mentionOf(subject)} broke glass${again}:` : askingWords(grant)
  const told = grant.isBreakGlass ? `${plainlyNamed(subject)} broke glass${again}:` : askingText(grant)
  const review = reviewLine(grant)
  const next = grant.status === 'pending' && about.next !== null ? ` Next: ${about.next}` : ''
  const status = statusLine(asCounted(grant, about.voided), now, { windows: about.windows })
  const blocks: KnownBlock[] = [
    section(`${grant.isBreakGlass ? ':rotating_light: ' : ''}${asks} ${what}, ${howLong}.${pinged}`),
    plainSection(grant.reason),
    context(aboutLine(grant, about)),
    ...(status === null ? [] : [section(`${status}${next && `.${next}`}`)]),
    ...(about.notes === null ? [] : [context(about.notes)]),
    ...(review === null ? [] : [section(review)]),
    ...about.windows.flatMap((window) => section(`This window: ${statusLine(window, now)}`)),
    ...buttons(grant, about, now),
  ]
  const text = `${told} ${nameOf(grant)}, ${formatDuration(grant.askedMs)}`
  return { text: `${text}: ${statusWord(grant, now)}`, blocks }
}

/** Taken again soon after the last time, or without confirming who they are, it is said louder. */
function timesBroken(grant: Grant): string {
  const { brokenBefore = 0, isUnconfirmed = false } = (isApproved(grant) && grant.afterReview) || {}
  const again = brokenBefore === 0 ? '' : ` *again, ${brokenBefore + 1} times within a day*`
  return isUnconfirmed ? `${again} *without confirming who they are: the sign-in did not answer*` : again
}

const from = ({ startsAt }: Grant): string => (startsAt === null ? '' : ` from ${when(startsAt)}`)

export function aboutLine(grant: Grant, { principal, isGuest, zone, earlier }: CardAbout): string {
  const parts = [
    emailsOf(grant),
    principal === null ? null : principalWords(principal, grant.system),
    isGuest === null ? null : isGuest ? 'guest' : 'member',
    zone === null ? null : `asked at ${spelled(grant.requestedAt, zone)}`,
    earlier.of > 0 ? `approved ${earlier.approved} of the last ${earlier.of}` : 'first request',
    grant.needs > 1 ? `${grant.needs} approvals needed` : null,
    grant.status === 'pending' ? `lapses ${when(grant.lapsesAt)}` : null,
  ]
  return parts.filter((part) => part !== null).join(' · ')
}

function buttons(grant: Grant, about: CardAbout, now: Date): KnownBlock[] {
  return [...about.windows, grant].flatMap((one) => buttonRow(cardButtons(one, about, now), `do:${one.id}`))
}

/** What an admin or approver can do with it now, here and on the Home tab. */
export function cardButtons(
  grant: Grant,
  { confirm, windows }: Pick<CardAbout, 'confirm' | 'windows'>,
  now: Date,
): Button[] {
  const value = cardValue(grant)
  const whom = plainlyNamed(grant.subject)
  const what = `${grant.entitlement.name} for ${whom}`
  const offered = formatDuration(offeredMs(grant))
  if (grant.status === 'pending') {
    const sure = { title: 'Are you sure?', text: `Give ${what} for ${offered}?`, yes: 'Approve' }
    return [
      button(cardActions.approve, `Approve ${offered}`, value, `Approve ${what}`, {
        style: 'primary',
        ...(confirm ? { sure } : {}),
      }),
      button(cardActions.change, 'Change…', value, `Approve ${what} with changes`),
      button(cardActions.deny, 'Deny…', value, `Deny ${what}`, { style: 'danger' }),
    ]
  }
  if (grant.status === 'recurring') return seriesButtons(grant, windows)
  if (
    grant.status === 'waiting' ||
    grant.status === 'granting' ||
    grant.status === 'active' ||
    (grant.status === 'revoking' && isStillHeld(grant, now))
  ) {
    const loses = grant.status === 'waiting' ? 'will not get' : 'loses'
    const at = grant.status === 'waiting' ? '' : ' at once'
    const text = `${whom} ${loses} ${grant.entitlement.name}${at}.`
    const sure = { title: 'End now?', text, yes: 'End now' }
    const words = grant.window === null ? 'End now' : 'End this window'
    return [
      button(cardActions.endNow, words, value, `End ${what}`, { style: 'danger', sure }),
      ...reviewButtons(grant),
    ]
  }
  if (grant.status === 'revoking' && isLate(grant, now)) {
    return [button(cardActions.tryNow, 'Try now', value, `Try now: ${what}`), ...reviewButtons(grant)]
  }
  return reviewButtons(grant)
}

export function listenToCards(parts: Parts): void {
  const { app, world } = parts
  const onClick = (
    actionId: string,
    operate: (
      click: Click & { by: PersonRef; grantId: string; terms: string; tell: Tell },
    ) => Promise<object>,
  ): void => {
    app.action(actionId, async ({ ack, body, respond }) => {
      await ack()
      const click = parseClick(body)
      const { grantId, terms } = parseCardValue(click.value)
      const to = answerTo(parts, click, respond)
      const isDone = await answerClick(parts, to, (by) => operate({ ...click, ...to, by, grantId, terms }))
      if (isDone) await adopt(parts, click, grantId)
    })
  }
  onClick(cardActions.approve, ({ grantId, terms, by, clickedAt, ...click }) => {
    const answer = { grantId, terms, note: null, durationMs: null, aheadUntil: null }
    return orConfirm(parts, click, by, {
      what: { kind: 'approve', answers: [answer] },
      work: async () => {
        const outcome = await reviewGrant(world, { ...answer, by, verdict: 'approve' })
        return isSameClick(outcome, by, clickedAt) ? outcome.grant : outcome
      },
    })
  })
  onClick(cardActions.endNow, ({ grantId, by }) => revokeGrant(world, { grantId, by }))
  onClick(cardActions.tryNow, ({ grantId, by }) => tryNow(world, { grantId, by }))
  app.action(cardActions.change, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    await Promise.all([ack(), openChange(parts, click, tellClicker(parts, click, respond))])
  })
  app.action(cardActions.deny, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    await Promise.all([ack(), openDeny(parts, click, tellClicker(parts, click, respond))])
  })
}

/** Sooner than anybody can have seen their own answer; covers what Slack's clock and ours differ by. */
const unseenMs = 500

/** A click that Slack delivered twice, or a double one: made before its own answer could be seen, it is that answer. */
function isSameClick(
  outcome: Grant | Refusal,
  by: PersonRef,
  clickedAt: Date,
): outcome is Refusal & { grant: Grant } {
  if (!isRefusal(outcome) || outcome.refused !== 'already-reviewed') return false
  const review = outcome.grant?.reviews.find((one) => isSamePerson(one.by, by))
  return review !== undefined && clickedAt.getTime() < review.at.getTime() + unseenMs
}

const adoptTries = 25

/** A card was posted twice (a crash between posting and noting it): the one that people click is the one we keep. */
async function adopt(
  { surfaces, world, lookAgain, log }: Parts,
  { message }: Click,
  grantId: string,
): Promise<void> {
  try {
    if (message === null || (await surfaces.byMessage(message.channel, message.ts)) !== null) return
    const grant = await world.grants.get(grantId)
    if (grant === null || message.channel !== grant.channel) return
    const card = { key: cardKey(grant), requestId: grant.requestId }
    // The publisher is most likely just redrawing the other one, because of this very click.
    for (let tries = 0; (await surfaces.lease(card, 5_000)).row === null; tries++) {
      if (tries === adoptTries) return
      await sleep(200)
    }
    await surfaces.save(card, { ...message, shows: null, failure: null, needsLook: true })
    lookAgain(grantId)
  } catch (error) {
    log.warn('could not adopt a card', { grantId, error })
  }
}

export const cardKey = ({ requestId, channel }: Pick<Grant, 'requestId' | 'channel'>): string =>
  `card:${requestId}:${channel}`
