import type { RespondFn } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { WebAPIPlatformError, type ViewsUpdateArguments, type WebClient } from '@slack/web-api'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal } from '../../domain/refusal.ts'
import type { Parts } from '../parts.ts'
import type { Click } from '../wire/payloads.ts'
import { unmarked } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { actor, answerUnopened, failureWords, tellClicker } from './answer-click.ts'
import { messageView } from './message-view.ts'

/** Modals that are opened at once and say what takes longer once it is there. */

/** Opens a modal at once, as Slack lets us for three seconds, and fills it with what takes longer; nothing is begun before. */
export async function openFilled(
  parts: Parts,
  { click, title, respond }: { click: Click; title: string; respond?: RespondFn },
  viewFor: (by: PersonRef) => Promise<ModalView>,
): Promise<void> {
  const { clients, log } = parts
  try {
    const view = messageView(title, 'One moment…')
    const opened = await clients.interactive.views.open({ trigger_id: click.triggerId, view })
    if (opened.view?.id === undefined) return
    await fillView(parts, opened.view.id, click.userId, viewFor, title)
  } catch (error) {
    await answerUnopened({ log }, tellClicker(parts, click, respond), error)
  }
}

/** Fills a form that stands and waits; what breaks is said in it. */
export async function fillView(
  parts: Parts,
  viewId: string,
  userId: string,
  viewFor: (by: PersonRef) => Promise<ModalView>,
  title = 'Confirm',
): Promise<void> {
  let view: ModalView
  try {
    const by = await actor(parts, userId)
    view = isRefusal(by) ? messageView(title, unmarked(refusalWords(by))) : await viewFor(by)
  } catch (error) {
    view = messageView(title, failureWords(parts.log, error))
  }
  await showInView(parts, viewId, view)
}

/** Never rejects. */
export async function showInView(
  { clients, log }: Pick<Parts, 'clients' | 'log'>,
  viewId: string,
  view: ModalView,
): Promise<void> {
  try {
    await updateView({ client: clients.background, log }, { view_id: viewId, view })
  } catch (error) {
    log.warn('a modal could not be filled', { viewId, error })
  }
}

/** Whoever closed it, or was given a newer one, misses nothing; rejects with whatever else Slack says. */
export async function updateView(
  { client, log }: { client: WebClient; log: Parts['log'] },
  update: ViewsUpdateArguments,
): Promise<void> {
  try {
    await client.views.update(update)
  } catch (error) {
    const code = error instanceof WebAPIPlatformError ? error.data.error : null
    if (code !== 'not_found' && code !== 'hash_conflict') throw error
    log.debug('a modal was closed before it was filled', { code })
  }
}
