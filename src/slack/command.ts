import type { KnownBlock } from '@slack/types'
import { everyEntitlement } from '../domain/catalog.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Active } from '../domain/grant.ts'
import { releaseGrant } from '../operations/release.ts'
import { answerClick, unreadWords, said, tellBy } from './replies/answer-click.ts'
import { button, context, section } from './words/blocks.ts'
import { dmActions } from './holding/holder-buttons.ts'
import { plainWords, when, wholeLines } from './words/mrkdwn.ts'
import { isAnyUnknown, offerKey, offersTo, unknownOffers } from './asking/offers.ts'
import type { Parts } from './parts.ts'
import { parseCommand } from './wire/payloads.ts'
import { openRequest } from './asking/request-modal.ts'

/** `/request-access [resource entitlement] [duration] [reason…]`, or one of the words `help`, `list` and `done`. */
export const command = '/request-access'

const mostButtons = 20
const mostListed = 30
const unknownWords = 'Slack does not say now who you are. Please try again in a minute.'

const help = [
  `*${command}* opens a form.`,
  `*${command} orders-db read 2h fixing INC-123* opens it filled in; nothing is sent until you send it.`,
  `*${command} list* says what you can request and what you hold.`,
  `*${command} done* gives back what you hold.`,
].join('\n')

export function listenToCommand(parts: Parts): void {
  const { app, log } = parts
  app.command(command, async ({ ack, body, respond }) => {
    const { userId, triggerId, text } = parseCommand(body)
    const tell = tellBy(respond)
    switch (text.trim().toLowerCase()) {
      case 'help':
        await ack({ response_type: 'ephemeral', ...said(help) })
        return
      case 'list':
      case 'done':
        await ack()
        try {
          const blocks =
            text.trim().toLowerCase() === 'list'
              ? await listing(parts, userId)
              : await giveBack(parts, userId, tell)
          if (blocks) await respond({ response_type: 'ephemeral', text: 'Your access', blocks })
        } catch (error) {
          await tell(unreadWords(log, error))
        }
        return
      default:
        await Promise.all([ack(), openRequest(parts, { userId, triggerId, text, tell })])
    }
  })
}

async function listing(parts: Parts, userId: string): Promise<KnownBlock[]> {
  const { world, directory } = parts
  const facts = await directory.facts(userId)
  if (facts === 'unknown') return [section(unknownWords)]
  const offers = offersTo(world.catalog(), facts, world.clock.now())
  const all = everyEntitlement(offers.catalog).filter(offers.includes)
  const lines = all.slice(0, mostListed).map((entitlement) => {
    const most = formatDuration(entitlement.duration.maxMs)
    return `• \`${offerKey(entitlement).replace('/', ' ')}\` ${plainWords(entitlement.name, 60)}, up to ${most}`
  })
  const more = (missing: number) => `…and ${missing} more: type in the form to find them.`
  const held = await heldBy(parts, userId)
  if (held === 'unknown') return [section(unknownWords)]
  return [
    section(held.length === 0 ? 'You hold nothing now.' : wholeLines('*You hold*', held.map(line))),
    section(
      all.length === 0
        ? isAnyUnknown(world.catalog(), facts, world.clock.now())
          ? unknownOffers(facts)
          : 'There is nothing you can request.'
        : wholeLines('*You can request*', lines, { of: all.length, more }),
    ),
  ]
}

/** One thing held is given back at once; of several the person says which. */
async function giveBack(
  parts: Parts,
  userId: string,
  tell: (text: string) => Promise<void>,
): Promise<KnownBlock[] | null> {
  const held = await heldBy(parts, userId)
  if (held === 'unknown') return [section(unknownWords)]
  const [only] = held
  if (!only) return [section('You hold nothing now.')]
  if (held.length === 1) {
    const isDone = await answerClick(parts, { userId, tell }, (by) =>
      releaseGrant(parts.world, { grantId: only.id, by }),
    )
    const name = plainWords(only.entitlement.name, 60)
    return isDone ? [section(`Thank you. ${name} is being taken back; you will hear when it is gone.`)] : null
  }
  const rows = held.slice(0, mostButtons).map((grant): KnownBlock => ({
    type: 'section',
    text: { type: 'mrkdwn', text: line(grant), verbatim: true },
    accessory: button(dmActions.done, "I'm done", grant.id, `I'm done with ${grant.entitlement.name}`),
  }))
  const missing = held.length - rows.length
  return missing > 0 ? [...rows, context(`…and ${missing} more, on the Home tab.`)] : rows
}

async function heldBy({ world, directory }: Parts, userId: string) {
  const facts = await directory.facts(userId)
  if (facts === 'unknown') return 'unknown' as const
  const open = await world.grants.openOf(facts.person.id)
  return open.filter((grant) => grant.status === 'active')
}

const line = (grant: Active): string =>
  `• *${plainWords(grant.entitlement.name, 60)}* on ${plainWords(grant.resource.name, 60)} until ${when(grant.endsAt)}`
