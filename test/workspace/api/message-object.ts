import type { Message } from '../state/messages.ts'
import type { State } from '../state/state.ts'
import type { Json } from './method.ts'

/** A message as the API and interaction payloads show it. */
export function messageObject({ identity, messages }: State, message: Message): Json {
  const replies = messages.repliesTo(message.channel, message.ts)
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    ...(message.isFromApp && { bot_id: identity.botId, app_id: identity.appId }),
    text: message.text,
    team: identity.teamId,
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.threadTs !== undefined && { thread_ts: message.threadTs }),
    ...(replies.length > 0 && { thread_ts: message.ts, reply_count: replies.length }),
    ...(message.edited !== undefined && { edited: { user: message.user, ts: message.edited } }),
    ...(message.metadata !== undefined && { metadata: message.metadata }),
  }
}
