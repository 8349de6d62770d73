import { z } from 'zod'
import { ApiError } from '../api/method.ts'
import { answer as answerTo } from '../api/respond.ts'
import { commandPayload, eventPayload, shortcutPayload } from '../delivery/payloads.ts'
import { viewObject } from '../api/view-object.ts'
import type { Account, Channel } from '../state/directory.ts'
import type { Message } from '../state/messages.ts'
import { heard, type Outcome, type Stage } from './stage.ts'

/** What came of a command; `text` and `message` if the app answered in words. */
export type Ran = Outcome & { text?: string; message?: Message }

const words = z.looseObject({})

/** Sends a slash command from a channel, or from the DM with the app. */
export async function runs(stage: Stage, account: Account, line: string, at?: Channel): Promise<Ran> {
  const { state, delivery } = stage
  ofThisWorkspace(stage, account)
  const [, command = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(line.trim()) ?? []
  if (!stage.commands.has(command)) throw new Error(`no app answers to ${command}`)
  const channel = at ?? state.dmOf(account.id)
  if (!channel.members.has(account.id)) throw new Error(`${account.name} is not in ${channel.name}`)
  const payload = commandPayload(state, { account, channel, command, text })
  const answer = await delivery.deliver('slash_commands', payload)
  const outcome = heard(stage, account, answer)
  const said = words.safeParse(answer.outcome === 'acked' ? answer.payload : {})
  if (!said.success || Object.keys(said.data).length === 0) return outcome
  try {
    answerTo(stage.room, { channelId: channel.id, personId: account.id }, said.data)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    state.complain({ about: command, what: 'invalid_response', messages: [error.message] })
    return outcome
  }
  const message = state.messages.seenBy(account.id, channel.id).at(-1)
  return { ...outcome, ...(message && { text: message.plain, message }) }
}

/** Picks a global shortcut by its callback_id. */
export async function usesShortcut(stage: Stage, account: Account, callbackId: string): Promise<Outcome> {
  ofThisWorkspace(stage, account)
  if (!stage.shortcuts.has(callbackId)) throw new Error(`no app has a shortcut ${callbackId}`)
  const payload = shortcutPayload(stage.state, account, callbackId)
  return heard(stage, account, await stage.delivery.deliver('interactive', payload))
}

/** Opens the app's Home tab (or its Messages tab): the app is told by an event. */
export async function opensApp(stage: Stage, account: Account, tab: 'home' | 'messages'): Promise<void> {
  const { state } = stage
  ofThisWorkspace(stage, account)
  const view = tab === 'home' ? state.views.home(account.id) : undefined
  const event = {
    type: 'app_home_opened',
    user: account.id,
    channel: state.dmOf(account.id).id,
    tab,
    ...(view && { view: viewObject(state, view) }),
  }
  await stage.delivery.deliver('events_api', eventPayload(state, event))
}

/** Commands, shortcuts and Home tabs of an app are offered in its own workspace only. */
function ofThisWorkspace({ state }: Stage, account: Account): void {
  if (account.teamId !== state.identity.teamId)
    throw new Error(`${account.name} is of another workspace, where the app is not installed`)
  if (account.isDeleted) throw new Error(`${account.name}'s account is deactivated`)
}
