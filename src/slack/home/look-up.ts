import type { AckFn, ViewResponseAction } from '@slack/bolt'
import type { KnownBlock, ModalView } from '@slack/types'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Device } from '../../domain/devices/device.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { isRefusal } from '../../domain/refusal.ts'
import { lookUp, type LookedUp } from '../../operations/look-up.ts'
import type { Parts } from '../parts.ts'
import { actor, answerUnopened, tellClicker, unreadWords } from '../replies/answer-click.ts'
import { updateView } from '../replies/fill-view.ts'
import { messageView } from '../replies/message-view.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { form, plain, section } from '../words/blocks.ts'
import { unmarked } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { helpButtons, listenToHelp } from './help-confirming.ts'
import { z } from 'zod'
import { againId, deviceActions } from '../looking-after/devices.ts'
import { keptDeviceRows, ownDevicesOf } from './own-devices.ts'
import { homeActions } from './home-actions.ts'
import { lookedUpSections } from './look-up-words.ts'

/** "Look somebody up…": an admin chooses a person, and reads who they are and what they hold, may have and answer. */

const callbackId = 'look_up'
const field = 'whom'
const title = 'Look somebody up'
/** For a submission the acknowledgement is the answer: what takes longer is shown once it is found. */
const budgetMs = 2_000

const chooseView: ModalView = form({
  callbackId,
  title,
  submit: 'Look up',
  blocks: [
    {
      type: 'input',
      block_id: field,
      label: plain('Whom?', 2_000),
      hint: plain('You read who they are, and what concerns what you look after.', 2_000),
      element: { type: 'users_select', action_id: field, focus_on_load: true },
    },
  ],
})

const foundId = 'looked_up'

const foundView = (parts: Parts, { about, offersHelp, devices }: LookedUp): ModalView => ({
  type: 'modal',
  callback_id: foundId,
  private_metadata: about.facts.person.slack.userId,
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks: [
    ...lookedUpSections(about).map(section),
    ...(devices === null ? [] : devicesOf(parts, about.facts, devices)),
    ...(offersHelp ? helpButtons(about.facts.person) : []),
  ],
})

function devicesOf(parts: Parts, facts: PersonFacts, devices: readonly Device[]): KnownBlock[] {
  const own = ownDevicesOf(parts, { ...facts, devices })
  return own === null || devices.length === 0 ? [] : [section('*Works on*'), ...keptDeviceRows(own)]
}

export function listenToLookUp(parts: Parts): void {
  const { app, clients, log } = parts
  listenToHelp(parts)
  // After whatever listens to it: by then what was said of a device is written.
  app.use(async ({ body, next }) => {
    await next()
    const clicked = answeredThere.safeParse(body)
    if (!clicked.success) return
    const { user, view } = clicked.data
    try {
      const now = await found(parts, user.id, view.private_metadata)
      await updateView({ client: clients.background, log }, { view_id: view.id, view: now })
    } catch (error) {
      log.warn('could not show anew who was looked up', { error })
    }
  })
  app.action(homeActions.lookUp, async ({ ack, body }) => {
    const click = parseClick(body)
    const open = async (): Promise<void> => {
      try {
        await clients.interactive.views.open({ trigger_id: click.triggerId, view: chooseView })
      } catch (error) {
        await answerUnopened({ log }, tellClicker(parts, click), error)
      }
    }
    await Promise.all([ack(), open()])
  })
  app.view(callbackId, async ({ ack, body }) => {
    const { userId, viewId, field: value } = parseInView(body)
    const answer = ack as AckFn<ViewResponseAction>
    const finding = found(parts, userId, value(field) ?? '')
    const inTime = await Promise.race([finding, sleep(budgetMs, 'late' as const, { ref: false })])
    const view = inTime === 'late' ? messageView(title, 'Looking…') : inTime
    await answer({ response_action: 'update', view })
    if (inTime !== 'late') return
    try {
      await updateView({ client: clients.background, log }, { view_id: viewId, view: await finding })
    } catch (error) {
      log.warn('could not show who was looked up', { error })
    }
  })
}

/** A device was answered about where its owner is looked up. */
const answeredThere = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string() }),
  view: z.object({ id: z.string(), callback_id: z.literal(foundId), private_metadata: z.string() }),
  actions: z.tuple([z.object({ action_id: z.enum([deviceActions.revoke, againId]) })]),
})

/** What was found, why it cannot be shown, or that it cannot be looked up now. */
async function found(parts: Parts, userId: string, whom: string): Promise<ModalView> {
  try {
    const by = await actor(parts, userId)
    const looked = isRefusal(by) ? by : await lookUp(parts.world, { by, userId: whom })
    return isRefusal(looked) ? messageView(title, unmarked(refusalWords(looked))) : foundView(parts, looked)
  } catch (error) {
    return messageView(title, unreadWords(parts.log, error))
  }
}
