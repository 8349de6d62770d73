import type { Json } from '../api/method.ts'
import { messageObject } from '../api/message-object.ts'
import { viewObject } from '../api/view-object.ts'
import type { Control } from '../blocks/controls.ts'
import type { Account, Channel } from '../state/directory.ts'
import { payloadName } from '../state/directory.ts'
import type { StateValues } from '../state/inputs.ts'
import type { Message } from '../state/messages.ts'
import type { State } from '../state/state.ts'
import type { OpenView } from '../state/views.ts'

/** Where somebody acts: on a message, or in a view. */
export type Place = { message: Message; channel: Channel } | { view: OpenView }

const username = (account: Account) => account.name.toLowerCase().replaceAll(' ', '.')

/** What every interaction says of who, where and for which app. */
function common({ identity }: State, account: Account): Json {
  return {
    user: { id: account.id, username: username(account), name: username(account), team_id: account.teamId },
    api_app_id: identity.appId,
    token: identity.verificationToken,
    team: { id: identity.teamId, domain: identity.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  }
}

export function commandPayload(
  state: State,
  { account, channel, command, text }: { account: Account; channel: Channel; command: string; text: string },
): Json {
  const { identity } = state
  return {
    token: identity.verificationToken,
    team_id: identity.teamId,
    team_domain: identity.teamDomain,
    channel_id: channel.id,
    channel_name: payloadName(channel),
    user_id: account.id,
    user_name: username(account),
    command,
    text,
    api_app_id: identity.appId,
    is_enterprise_install: 'false',
    response_url: state.responseUrls.make({ channelId: channel.id, personId: account.id }),
    trigger_id: state.triggers.make(account.id),
  }
}

export function shortcutPayload(state: State, account: Account, callback_id: string): Json {
  return {
    type: 'shortcut',
    ...common(state, account),
    callback_id,
    trigger_id: state.triggers.make(account.id),
    action_ts: state.ids.ts(),
  }
}

/** Home actions and modals have no response_url; ephemeral messages are not sent along. */
export function actionPayload(
  state: State,
  { account, place, action, values }: { account: Account; place: Place; action: Json; values: StateValues },
): Json {
  const shared = {
    type: 'block_actions',
    ...common(state, account),
    trigger_id: state.triggers.make(account.id),
    actions: [{ ...action, action_ts: state.ids.ts() }],
  }
  if ('view' in place) return { ...shared, ...inView(state, place.view) }
  const { message, channel } = place
  const source = { channel: channel.id, ts: message.ts }
  return {
    ...shared,
    ...inMessage(state, message, channel),
    state: { values },
    response_url: state.responseUrls.make({ channelId: channel.id, personId: account.id, source }),
  }
}

export function suggestionPayload(
  state: State,
  { account, place, control, query }: { account: Account; place: Place; control: Control; query: string },
): Json {
  return {
    type: 'block_suggestion',
    ...common(state, account),
    action_id: control.element.action_id,
    block_id: control.blockId,
    value: query,
    ...('view' in place ? inView(state, place.view) : inMessage(state, place.message, place.channel)),
  }
}

export function submissionPayload(state: State, account: Account, view: OpenView): Json {
  return {
    type: 'view_submission',
    ...common(state, account),
    trigger_id: state.triggers.make(account.id),
    view: viewObject(state, view),
    response_urls: [],
  }
}

export function closedPayload(state: State, account: Account, view: OpenView, is_cleared: boolean): Json {
  return { type: 'view_closed', ...common(state, account), view: viewObject(state, view), is_cleared }
}

/** An event in the Events API's wrapper. */
export function eventPayload({ identity, ids }: State, event: Json): Json {
  return {
    token: identity.verificationToken,
    team_id: identity.teamId,
    api_app_id: identity.appId,
    event: { event_ts: ids.ts(), ...event },
    type: 'event_callback',
    event_id: ids.next('Ev'),
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: identity.teamId,
        user_id: identity.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  }
}

const inView = (state: State, view: OpenView): Json => ({
  container: { type: 'view', view_id: view.id },
  view: viewObject(state, view),
})

function inMessage(state: State, message: Message, channel: Channel): Json {
  const is_ephemeral = message.onlyFor !== undefined
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral,
      ...(message.threadTs !== undefined && { thread_ts: message.threadTs }),
    },
    channel: { id: channel.id, name: payloadName(channel) },
    ...(!is_ephemeral && { message: messageObject(state, message) }),
  }
}
