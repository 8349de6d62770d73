import type { Button } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import { releaseGrant } from '../../operations/release.ts'
import { withdrawRequest } from '../../operations/withdraw.ts'
import { openRequest } from '../asking/request-modal.ts'
import type { Parts } from '../parts.ts'
import { answerClick, answerTo, tellClicker } from '../replies/answer-click.ts'
import { parseClick } from '../wire/payloads.ts'
import { button } from '../words/blocks.ts'
import { nameOf } from '../words/names.ts'

/** What a holder, or whoever asked, can click in their DMs and on the Home tab. */

export const dmActions = { withdraw: 'dm_withdraw', done: 'dm_done', askAgain: 'dm_ask_again' } as const

export const decline = (grant: Grant): Button =>
  button(dmActions.withdraw, 'Decline', grant.id, `Decline ${nameOf(grant)}`)

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

export function listenToDms(parts: Parts): void {
  const { app, world } = parts
  app.action(dmActions.withdraw, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { value: grantId } = click
    await answerClick(parts, answerTo(parts, click, respond), (by) => withdrawRequest(world, { grantId, by }))
  })
  app.action(dmActions.done, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { value: grantId } = click
    await answerClick(parts, answerTo(parts, click, respond), (by) => releaseGrant(world, { grantId, by }))
  })
  app.action(dmActions.askAgain, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    const { userId, triggerId, value: text } = click
    await Promise.all([
      ack(),
      openRequest(parts, { userId, triggerId, text, tell: tellClicker(parts, click, respond) }),
    ])
  })
}
