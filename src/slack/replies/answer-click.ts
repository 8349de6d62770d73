import { WebAPIPlatformError } from '@slack/web-api'
import { randomBytes } from 'node:crypto'
import type { RespondFn } from '@slack/bolt'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { NothingWritten, tellingWrites } from '../../domain/writes.ts'
import { section, type Message } from '../words/blocks.ts'
import { escapeText, unmarked } from '../words/mrkdwn.ts'
import { messageView } from './message-view.ts'
import type { Parts } from '../parts.ts'
import type { Click } from '../wire/payloads.ts'
import { refusalWords } from '../words/refusal-words.ts'

/** Tells only whoever clicked; the words are mrkdwn. */
export type Tell = (words: string) => Promise<void>

/**
 * Words as a message that is sent at once: as they are, and unmarked as its `text`, in which nothing mentions anybody
 * either.
 */
export const said = (words: string): Message => ({
  text: escapeText(unmarked(words)),
  blocks: [section(words)],
})

export const tellBy =
  (respond: RespondFn): Tell =>
  async (words) => {
    await respond({ response_type: 'ephemeral', replace_original: false, ...said(words) })
  }

/** Where the answer to a click goes: to the clicker alone; on the Home tab, where nothing can be said so, into a modal. */
export const tellClicker =
  (
    { clients }: Pick<Parts, 'clients'>,
    click: Pick<Click, 'isOnHome' | 'triggerId'>,
    respond?: RespondFn,
  ): Tell =>
  async (words) => {
    if (respond && !click.isOnHome) return tellBy(respond)(words)
    const view = messageView('Curfew', unmarked(words))
    await clients.interactive.views.open({ trigger_id: click.triggerId, view })
  }

/** Who is answered, and where. */
export interface AnswerTo {
  readonly userId: string
  readonly tell: Tell
}

export const answerTo = (
  parts: Pick<Parts, 'clients'>,
  click: Pick<Click, 'userId' | 'isOnHome' | 'triggerId'>,
  respond?: RespondFn,
): AnswerTo => ({ userId: click.userId, tell: tellClicker(parts, click, respond) })

/** Whoever acts, as one of our people; a refusal where Slack does not say who they are. */
export async function actor({ whoIs }: Pick<Parts, 'whoIs'>, userId: string): Promise<PersonRef | Refusal> {
  const by = await whoIs(userId)
  return by === 'unknown' ? refuse('unsure', { reasons: ['Slack did not say who you are'] }) : by
}

/**
 * Does what a click asks for: true when it was done. A refusal is told to the clicker alone, and
 * what they clicked is looked at again; a failure with an id that is in the log.
 */
export async function answerClick(
  parts: Pick<Parts, 'log' | 'lookAgain' | 'whoIs'>,
  { userId, tell }: AnswerTo,
  work: (by: PersonRef) => Promise<object>,
): Promise<boolean> {
  const { log, lookAgain } = parts
  let words: string | null
  try {
    const outcome = await tellingWrites(async () => {
      const by = await actor(parts, userId)
      return isRefusal(by) ? by : work(by)
    })
    words = isRefusal(outcome) ? refusalWords(outcome) : null
    if (isRefusal(outcome) && outcome.grant !== null) lookAgain(outcome.grant.id)
  } catch (error) {
    words = failureWords(log, error)
  }
  if (words === null) return true
  try {
    await tell(words)
  } catch (error) {
    log.warn('could not answer a click', { error })
  }
  return false
}

/** A form that did not open: nothing was asked or answered. One that stands already, of a redelivery, is no failure. */
export async function answerUnopened({ log }: Pick<Parts, 'log'>, tell: Tell, error: unknown): Promise<void> {
  if (error instanceof WebAPIPlatformError && error.data.error === 'exchanged_trigger_id') return
  const id = newId()
  log.error('a form could not be opened', { id, error })
  try {
    await tell(`The form could not be opened. Nothing was changed; please try again. (${id})`)
  } catch (failure) {
    log.warn('could not say that a form did not open', { id, error: failure })
  }
}

/** What is said when what `tellingWrites` did broke: whether anything may have happened, and an id to ask by. */
export function failureWords(log: Parts['log'], error: unknown): string {
  const id = newId()
  const isNothing = error instanceof NothingWritten
  log.error('an interaction failed', { id, error: isNothing ? error.cause : error })
  return isNothing
    ? `Nothing was changed. Try again in a minute. (${id})`
    : `I could not confirm this; the card will show the truth. (${id})`
}

/** What is said when something could not even be looked up. */
export function unreadWords(log: Parts['log'], error: unknown): string {
  const id = newId()
  log.error('something could not be looked up', { id, error })
  return `This cannot be looked up now. Nothing was changed; please try again in a minute. (${id})`
}

const newId = (): string => randomBytes(2).toString('hex').toUpperCase()
