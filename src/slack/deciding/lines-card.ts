import type { Button, KnownBlock } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { reviewLines, type Lines } from '../../operations/review-lines.ts'
import { orConfirm } from '../replies/must-confirm.ts'
import { answerClick, tellClicker } from '../replies/answer-click.ts'
import { asCounted } from './calls.ts'
import { button, buttonRow, context, type Message, plainSection, section } from '../words/blocks.ts'
import { bold } from '../words/names.ts'
import { aboutCard, aboutLine, cardButtons, type CardAbout } from './card.ts'
import { cardValues, parseCardValues } from './card-value.ts'
import { openDeny } from './deny-modal.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { statusLine } from '../words/status.ts'
import { askingText, askingWords, principalWords } from '../words/who.ts'

/** The card of a request for several things: one for each channel, which lists its lines, answered as a whole or one by one. */

const actions = { approve: 'lines_approve', deny: 'lines_deny' } as const

export async function drawLines(parts: Parts, lines: readonly Grant[], now: Date): Promise<Message> {
  const abouts = await Promise.all(lines.map((line) => aboutCard(parts, line)))
  return renderLines(lines, abouts, now)
}

function renderLines(lines: readonly Grant[], abouts: readonly CardAbout[], now: Date): Message {
  const [first] = lines
  const [about] = abouts
  if (!first || !about) return { text: '', blocks: [] }
  const pinged = [...new Set(abouts.flatMap(({ approvers }) => approvers))].slice(0, 10)
  const what = `${lines.length} things, ${formatDuration(first.askedMs)} each.`
  const asks = `${askingWords(first)} ${what}`
  // Who they are there is said once, unless the lines differ in it.
  const isOne = lines.every(
    ({ system }, i) => system === first.system && abouts[i]?.principal === about.principal,
  )
  const pending = lines.filter(({ status }) => status === 'pending')
  const blocks: KnownBlock[] = [
    section(pending.length > 0 ? `${asks} ${pinged.join(' ')}` : asks),
    plainSection(first.reason),
    context(aboutLine(first, isOne ? about : { ...about, principal: null })),
    ...(pending.length > 1 ? buttonRow(forAll(pending), 'do:all') : []),
    ...lines.flatMap((line, i) => lineBlocks(line, abouts[i] ?? about, { isOne, now })),
  ]
  const waiting = pending.length > 0 ? `${pending.length} wait for an answer` : 'all answered'
  return { text: `${askingText(first)} ${what} ${waiting}`, blocks }
}

function forAll(pending: readonly Grant[]): Button[] {
  const value = cardValues(pending)
  const words = `Approve all ${pending.length}`
  const whom = pending[0] ? plainlyNamed(pending[0].subject) : ''
  const text = `Give ${pending.length} things to ${whom}?`
  return [
    button(actions.approve, words, value, words, {
      style: 'primary',
      sure: { title: 'Are you sure?', text, yes: 'Approve' },
    }),
    button(actions.deny, 'Deny all…', value, 'Deny all', { style: 'danger' }),
  ]
}

function lineBlocks(
  line: Grant,
  about: CardAbout,
  { isOne, now }: { isOne: boolean; now: Date },
): KnownBlock[] {
  const what = bold(line)
  const name =
    isOne || about.principal === null ? what : `${what} (${principalWords(about.principal, line.system)})`
  const why = about.notes === null ? '' : `\n${about.notes}`
  const by =
    line.status === 'pending' && about.approvers.length > 0 ? ` ${about.approvers.slice(0, 5).join(' ')}` : ''
  const status = statusLine(asCounted(line, about.voided), now)
  return [
    section(`${name}:${status === null ? by : ` ${status}`}${why}`),
    ...buttonRow(cardButtons(line, about, now), `do:${line.id}`),
  ]
}

/** What is said to whoever answered several lines at once when some were not theirs to answer. */
export function linesWords({ answered, refused }: Lines): string | null {
  const [first] = refused
  if (first === undefined) return null
  const all = answered.length + refused.length
  const words = [...new Set(refused.map((one) => refusalWords(one)))].join(' ')
  return answered.length === 0 ? words : `${answered.length} of ${all} were answered. The others: ${words}`
}

export function listenToLines(parts: Parts): void {
  const { app, world } = parts
  app.action(actions.approve, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const tell = tellClicker(parts, click, respond)
    await answerClick(parts, { userId: click.userId, tell }, async (by) => {
      const answers = parseCardValues(click.value).map(({ grantId, terms }) => ({
        grantId,
        terms,
        note: null,
        durationMs: null,
        aheadUntil: null,
      }))
      return orConfirm(parts, { triggerId: click.triggerId, tell }, by, {
        what: { kind: 'approve', answers },
        work: async () => {
          const lines = await reviewLines(
            world,
            answers.map((answer) => ({ ...answer, by, verdict: 'approve' as const })),
          )
          const unproven = lines.refused.find(({ refused }) => refused === 'must-confirm')
          if (unproven) return unproven
          const words = linesWords(lines)
          if (words !== null) await tell(words)
          return lines
        },
      })
    })
  })
  app.action(actions.deny, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    await Promise.all([ack(), openDeny(parts, click, tellClicker(parts, click, respond))])
  })
}
