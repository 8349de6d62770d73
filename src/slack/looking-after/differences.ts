import type { KnownBlock, ModalView, MultiStaticSelect } from '@slack/types'
import type { Difference, DifferentPlace, Tally } from '../../domain/ports/differences.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { dateIn, dayOf, instantOf } from '../../domain/windows/wall-clock.ts'
import { acceptStray, takeStray, type Answered, type Pick } from '../../operations/answer-difference.ts'
import { answerUnopened, tellClicker } from '../replies/answer-click.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import { alertsByKey } from './alerts-by-key.ts'
import type { Alert } from '../publish/picture.ts'
import type { Parts } from '../parts.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { button, buttonRow, form, plain, plainSection, section, type Message } from '../words/blocks.ts'
import { plainWords, wholeLines } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'

/** Where a system and the grants disagree: one message for each resource, and what an admin answers to it. */

const prefix = 'difference:'
const takeId = 'difference_take'
const fineId = 'difference_fine'
const whoField = 'difference_who'
const untilField = 'difference_until'
const takeTitle = 'Take it back'
const fineTitle = "That's fine"
const mostNamed = 5
/** As many as one list of Slack's holds. */
const mostChoices = 100
const usualFineMs = 90 * 86_400_000

export async function pictureDifferences(parts: Parts): Promise<Alert[]> {
  const { differences } = parts.world
  const found = await differences.all()
  const waiting = found.map((difference) => ({
    key: `${prefix}${difference.resource.id}:${difference.channel}`,
    channel: difference.channel,
    draw: () => Promise.resolve(differenceMessage(difference)),
  }))
  return alertsByKey(parts, prefix, waiting, async (key) => {
    // Fails where only another version can read it: it stands as it was.
    const now = await differences.of(key.slice(prefix.length, key.lastIndexOf(':')))
    return now === null ? overMessage : elsewhereMessage
  })
}

export function differenceMessage({ resource, mark, places }: Difference): Message {
  const stray = places.reduce((sum, { unexplained }) => sum + unexplained.count, 0)
  const missing = places.reduce((sum, { missing: gone }) => sum + gone.count, 0)
  const parts = [
    stray === 0 ? [] : `${stray} held without a grant`,
    missing === 0 ? [] : `${missing} granted and not there`,
  ].flat()
  const lines = places.flatMap(({ entitlement, unexplained, missing: gone }) => {
    const what = `*${plainWords(entitlement.name, 60)}*`
    return [
      unexplained.count === 0 ? [] : `• ${what}, held without a grant: ${named(unexplained)}`,
      gone.count === 0 ? [] : `• ${what}, granted and not there: ${named(gone)}`,
    ].flat()
  })
  const name = plainWords(resource.name, 60)
  const title = `:mag: *${name}*: ${parts.join(', ')}. Nothing was changed.`
  const value = JSON.stringify([resource.id, mark])
  const buttons =
    stray === 0
      ? []
      : [
          button(takeId, 'Take it back…', value, `Take back what no grant explains on ${name}`),
          button(fineId, "That's fine until…", value, `Say that it is fine on ${name}`),
        ]
  return {
    text: `${resource.name}: ${parts.join(', ')}`,
    blocks: [section(wholeLines(title, lines, { atMost: 15 })), ...buttonRow(buttons)],
  }
}

function named({ count, first }: Tally): string {
  const names = first.slice(0, mostNamed).map((principal) => plainWords(principal, 60))
  return `${names.join(', ')}${count > names.length ? ` and ${count - names.length} more` : ''}`
}

const elsewhereMessage: Message = {
  text: 'What differs here is said elsewhere now.',
  blocks: [section('What differs here is said elsewhere now.')],
}

const overMessage: Message = {
  text: 'Settled: systems and grants agree here',
  blocks: [section('Settled: the system and the grants agree here again.')],
}

interface Choice extends Pick {
  readonly value: string
}

const choicesOf = (places: readonly DifferentPlace[]): Choice[] =>
  places.flatMap((place, at) =>
    place.unexplained.first.map((principal, i) => ({ value: `${at}:${i}`, place, principal })),
  )

function whoBlock(choices: readonly Choice[], { isNeeded }: { isNeeded: boolean }): KnownBlock {
  const element: MultiStaticSelect = {
    type: 'multi_static_select',
    action_id: whoField,
    options: choices.slice(0, mostChoices).map(({ value, place, principal }) => ({
      value,
      text: plain(`${principal}: ${place.entitlement.name}`, 75),
    })),
  }
  return {
    type: 'input',
    block_id: whoField,
    label: plain(isNeeded ? 'From whom?' : 'Of whom? (nobody chosen: all of them)', 2_000),
    optional: !isNeeded,
    element,
  }
}

const more = (choices: readonly Choice[]): KnownBlock[] =>
  choices.length > mostChoices
    ? [plainSection(`The first ${mostChoices} of ${choices.length}; the others once these are answered.`)]
    : []

const takeView = ({ places }: Difference, metadata: string): ModalView => {
  const choices = choicesOf(places)
  return form({
    callbackId: takeId,
    metadata,
    title: takeTitle,
    submit: 'Take it back',
    blocks: [
      whoBlock(choices, { isNeeded: true }),
      ...more(choices),
      plainSection('The system is told at once, and asked whether it is gone.'),
    ],
  })
}

const fineView = ({ places }: Difference, metadata: string, now: Date): ModalView => {
  const choices = choicesOf(places)
  return form({
    callbackId: fineId,
    metadata,
    title: fineTitle,
    submit: "That's fine",
    blocks: [
      {
        type: 'input',
        block_id: untilField,
        label: plain('Until when? (a year at most; then it is reported again)', 2_000),
        element: {
          type: 'datepicker',
          action_id: untilField,
          initial_date: dateIn('UTC', new Date(now.getTime() + usualFineMs)),
        },
      },
      whoBlock(choices, { isNeeded: false }),
    ],
  })
}

export function listenToDifferences(parts: Parts): void {
  const { app, world, clients, log } = parts
  const about = (value: string): { resource: string; mark: string } => {
    const [resource = '', mark = ''] = JSON.parse(value || '[]') as string[]
    return { resource, mark }
  }
  for (const [id, draw] of [
    [takeId, takeView],
    [fineId, (one: Difference, metadata: string) => fineView(one, metadata, world.clock.now())],
  ] as const) {
    app.action(id, async ({ ack, body, respond }) => {
      const click = parseClick(body)
      const tell = tellClicker(parts, click, respond)
      const open = async (): Promise<void> => {
        try {
          const { resource, mark } = about(click.value)
          const difference = await world.differences.of(resource)
          if (difference?.mark !== mark) {
            await tell(refusalWords({ refused: 'differs-otherwise', reasons: [], grant: null }))
            return
          }
          await clients.interactive.views.open({
            trigger_id: click.triggerId,
            view: draw(difference, click.value),
          })
        } catch (error) {
          await answerUnopened({ log }, tell, error)
        }
      }
      await Promise.all([ack(), open()])
    })
  }
  app.view(takeId, async ({ ack, body }) => {
    const { userId, viewId, metadata, choices } = parseInView(body)
    const { resource, mark } = about(metadata)
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title: takeTitle,
      fieldFor: () => whoField,
      work: async (by) => {
        const picks = await picksOf(parts, resource, choices(whoField))
        return answered(await takeStray(world, { by, resource, mark, picks }))
      },
    })
  })
  app.view(fineId, async ({ ack, body }) => {
    const { userId, viewId, metadata, field, choices } = parseInView(body)
    const { resource, mark } = about(metadata)
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title: fineTitle,
      fieldFor: ({ refused }) => (refused === 'bad-until' ? untilField : whoField),
      work: async (by) => {
        const date = field(untilField)
        const until = date === null ? new Date(0) : new Date(instantOf(dayOf(date) + 1, 0, 'UTC'))
        const picks = await picksOf(parts, resource, choices(whoField))
        return acceptStray(world, { by, resource, mark, picks, until })
      },
    })
  })
}

/** Those that were chosen, or all that were shown where nobody was. */
async function picksOf({ world }: Parts, resource: string, chosen: readonly string[]): Promise<Pick[]> {
  const difference = await world.differences.of(resource)
  const all = choicesOf(difference?.places ?? [])
  return (chosen.length === 0 ? all : all.filter(({ value }) => chosen.includes(value))).map(
    ({ place, principal }) => ({ place, principal }),
  )
}

/** What could not be taken now is said, and stays reported. */
const answered = (outcome: Answered | Refusal): Answered | Refusal =>
  isRefusal(outcome) || outcome.open.length === 0
    ? outcome
    : { refused: 'not-taken-now', reasons: outcome.open, grant: null }
