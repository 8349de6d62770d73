import type { Button } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import { totalMs, type MayExtend } from '../../domain/extension.ts'
import { isApproved, type Approved, type Extension, type Grant } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { answerExtension } from '../../operations/answer-extension.ts'
import { extendGrant } from '../../operations/extend.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { orConfirm } from '../replies/must-confirm.ts'
import { button, message, section, type Message } from '../words/blocks.ts'
import { bold, nameOf } from '../words/names.ts'
import { spelled, when } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import { allNamed, named, reviewerWords, surely } from '../words/who.ts'
import { parseClick } from '../wire/payloads.ts'

/** More time: the holder's button, the approvers' note in the card's thread, and what the holder hears of it. */

export const moreActions = { extend: 'more_extend', approve: 'more_approve', deny: 'more_deny' } as const

/** "Extend 1 h", or "Ask for 1 h more" where somebody must say yes; null where it cannot be now. */
export function extendButton(grant: Grant, may: MayExtend | null): Button | null {
  if (may === null || 'not' in may || !('endsAt' in grant)) return null
  const more = formatDuration(may.addMs)
  const words = may.isReviewed ? `Ask for ${more} more` : `Extend ${more}`
  const value = `${grant.id}:${grant.endsAt.getTime()}`
  return button(moreActions.extend, words, value, `${words}: ${grant.entitlement.name}`)
}

/** Why there is no such button, where that is worth a line. */
export function noMoreWords(grant: Grant, may: MayExtend | null): string | null {
  if (may === null || !('not' in may) || !isApproved(grant)) return null
  switch (may.not) {
    case 'never':
      return null
    case 'asked':
      return 'You asked for more time; you will hear here.'
    case 'times':
    case 'total':
      return `${formatDuration(totalMs(grant))} is the most.`
    case 'denied':
      return 'More time was denied three times.'
    case 'early':
      return `It can be extended from ${when(may.from)}.`
  }
}

/** In the card's thread: who wants or got more time. Pings the approvers while it waits for them. */
export function threadNote(grant: Approved, extension: Extension, approvers: readonly string[]): Message {
  const { by, addMs, approvedBy, deniedBy, needs, outcome } = extension
  const more = formatDuration(addMs)
  const name = plainlyNamed(by)
  const who = named(by)
  switch (outcome) {
    case 'asked': {
      const until = new Date(grant.endsAt.getTime() + addMs)
      const count =
        approvedBy.length > 0 ? ` ${approvedBy.length} of ${needs}: ${allNamed(approvedBy, named)}.` : ''
      return message(
        `${who} asks for ${more} more, until ${when(until)}.${count} ${approvers.slice(0, 10).join(' ')}`.trim(),
        `${name} asks for ${more} more`,
        answerButtons(grant, extension, more),
      )
    }
    case 'added':
      return approvedBy.length === 0
        ? message(`${who} extended this by ${more}.`, `${name} extended this by ${more}`)
        : message(
            `${who} asked for ${more} more. Approved by ${allNamed(approvedBy, named)}.`,
            `${more} more for ${name}: approved by ${allNamed(approvedBy, plainlyNamed)}`,
          )
    case 'denied':
      return message(
        `${who} asked for ${more} more. ${reviewerWords(deniedBy, named)} said no.`,
        `${more} more for ${name}: denied`,
      )
    case 'lapsed':
      return message(
        `${who} asked for ${more} more. It ended before anybody answered.`,
        `${more} more for ${name}: lapsed`,
      )
  }
}

function answerButtons(grant: Approved, { askedAt }: Extension, more: string): Button[] {
  const value = `${grant.id}:${askedAt.getTime()}`
  const whom = `${plainlyNamed(grant.subject)}, ${grant.entitlement.name}`
  return [
    button(moreActions.approve, `Extend ${more}`, value, `Extend ${more}: ${whom}`, { style: 'primary' }),
    button(moreActions.deny, 'No', value, `No more time: ${whom}`, { style: 'danger' }),
  ]
}

/** What the holder hears of an answer to their asking; null where they saw it themselves. */
export function answerDm(grant: Approved, extension: Extension, zone: string): Message | null {
  const { addMs, approvedBy, deniedBy, outcome } = extension
  const more = formatDuration(addMs)
  const what = bold(grant)
  const name = nameOf(grant)
  const ends = grant.status === 'active' ? 'ends' : 'ended'
  if (outcome === 'added' && approvedBy.length > 0) {
    const by = allNamed(approvedBy, surely)
    return {
      text: `You got ${more} more of ${name}: it ${ends} ${spelled(grant.endsAt, zone)}`,
      blocks: [
        section(`You got ${more} more of ${what}, approved by ${by}: it ${ends} ${when(grant.endsAt)}.`),
      ],
    }
  }
  if (outcome !== 'denied') return null
  const who = reviewerWords(deniedBy, surely)
  return {
    text: `No more time for ${name}: it ${ends} ${spelled(grant.endsAt, zone)}`,
    blocks: [section(`${who} said no to ${more} more of ${what}: it ${ends} ${when(grant.endsAt)}.`)],
  }
}

export function listenToMore(parts: Parts): void {
  const { app, world } = parts
  app.action(moreActions.extend, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { value } = click
    const [grantId, seenEndsAt] = parseValue(value)
    const to = answerTo(parts, click, respond)
    await answerClick(parts, to, (by) =>
      orConfirm(parts, { ...click, ...to }, by, {
        what: { kind: 'extend', grantId, seenEndsAt },
        work: () => extendGrant(world, { grantId, by, seenEndsAt }),
      }),
    )
  })
  for (const [verdict, actionId] of [
    ['approve', moreActions.approve],
    ['deny', moreActions.deny],
  ] as const) {
    app.action(actionId, async ({ ack, body, respond }) => {
      await ack()
      const click = parseClick(body)
      const { value } = click
      const [grantId, askedAt] = parseValue(value)
      const to = answerTo(parts, click, respond)
      await answerClick(parts, to, (by) =>
        orConfirm(parts, { ...click, ...to }, by, {
          what: { kind: 'more-time', grantId, askedAt },
          work: () => answerExtension(world, { grantId, by, verdict, askedAt }),
        }),
      )
    })
  }
}

/** The grant, and the instant that says which end or which asking the clicker saw. */
function parseValue(value: string): [string, Date] {
  const [grantId = '', ms = ''] = value.split(':')
  return [grantId, new Date(/^\d{1,15}$/.test(ms) ? Number(ms) : 0)]
}
