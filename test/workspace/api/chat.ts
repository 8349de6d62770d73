import { checkMessageBlocks } from '../blocks/check.ts'
import type { Block } from '../blocks/blocks.ts'
import type { Message } from '../state/messages.ts'
import { flag, json, text } from './args.ts'
import { messageObject } from './message-object.ts'
import { ApiError, method, refused, type Room } from './method.ts'
import { visible, whereToPost } from './reach.ts'

const content = {
  text: text.optional(),
  blocks: json.optional(),
  metadata: json.optional(),
  parse: text.optional(),
  link_names: flag.optional(),
}
const posted = { unfurl_links: flag.optional(), unfurl_media: flag.optional(), mrkdwn: flag.optional() }

/** chat.*: posting, changing and removing the app's messages. */
export const chatMethods = {
  'chat.postMessage': method({
    scopes: ['chat:write'],
    args: {
      channel: text,
      ...content,
      ...posted,
      thread_ts: text.optional(),
      reply_broadcast: flag.optional(),
    },
    run: (room, args) => {
      const channel = whereToPost(room, args.channel)
      const { text, blocks } = contentOf(args)
      const threadTs = threadIn(room, channel.id, args.thread_ts)
      const user = room.state.identity.botUserId
      const { metadata } = args
      const message = room.state.post({ channel, user, text, blocks, threadTs, metadata })
      return { channel: channel.id, ts: message.ts, message: messageObject(room.state, message) }
    },
  }),

  'chat.update': method({
    scopes: ['chat:write'],
    args: { channel: text, ts: text, ...content },
    run: (room, args) => {
      const message = ownMessage(room, args, 'cant_update_message')
      const { text, blocks } = contentOf(args)
      if (escapedBytes(text) > 4000) throw new ApiError('msg_too_long')
      if (args.text === undefined || args.blocks === undefined)
        room.state.complain({ about: 'chat.update', what: 'text and blocks must both be sent' })
      const edited = room.state.edit(message, args.text === undefined ? message.text : text, blocks)
      const { channel, ts } = edited
      return { channel, ts, text: edited.text, message: messageObject(room.state, edited) }
    },
  }),

  'chat.delete': method({
    scopes: ['chat:write'],
    args: { channel: text, ts: text },
    run: (room, args) => {
      const message = ownMessage(room, args, 'cant_delete_message')
      room.state.delete(message)
      return { channel: message.channel, ts: message.ts }
    },
  }),

  'chat.postEphemeral': method({
    scopes: ['chat:write'],
    args: { channel: text, user: text, ...content, thread_ts: text.optional() },
    run: (room, args) => {
      const channel = whereToPost(room, args.channel)
      if (!channel.members.has(args.user)) throw new ApiError('user_not_in_channel')
      const { text, blocks } = contentOf(args)
      const threadTs = threadIn(room, channel.id, args.thread_ts)
      const user = room.state.identity.botUserId
      const message = room.state.post({ channel, user, text, blocks, threadTs, onlyFor: args.user })
      return { message_ts: message.ts }
    },
  }),

  'chat.getPermalink': method({
    args: { channel: text, message_ts: text },
    run: (room, { channel, message_ts }) => {
      const message = room.state.messages.get(visible(room, channel).id, message_ts)
      if (!message || message.onlyFor !== undefined) throw new ApiError('message_not_found')
      const page = `https://${room.state.identity.teamDomain}.slack.com/archives/${channel}/p${message_ts.replace('.', '')}`
      const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel}`
      return { channel, permalink: page + thread }
    },
  }),
}

/** Text is cut at 40,000 characters, as Slack does; blocks are checked. One of them must be there. */
export function contentOf(args: { text?: string | undefined; blocks?: unknown }): {
  text: string
  blocks: Block[]
} {
  if (typeof args.blocks === 'string') throw new ApiError('invalid_blocks_format')
  const checked = checkMessageBlocks(args.blocks ?? [])
  if (!checked.ok) throw refused('invalid_blocks', checked.messages)
  const text = (args.text ?? '').slice(0, 40_000)
  if (text === '' && checked.value.length === 0) throw new ApiError('no_text')
  return { text, blocks: checked.value }
}

/** An edit's text is measured in bytes after `&`, `<` and `>` were escaped. */
const escapedBytes = (text: string) =>
  Buffer.byteLength(
    text
      .replace(/&(?!(amp|lt|gt);)/g, '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  )

function threadIn({ state }: Room, channel: string, ts: string | undefined): string | undefined {
  if (ts === undefined) return undefined
  if (!/^\d+\.\d{6}$/.test(ts)) throw refused('invalid_thread_ts', [`[ERROR] ${ts} is not a valid thread_ts`])
  if (!state.messages.hasThread(channel, ts)) throw new ApiError('thread_not_found')
  return state.messages.get(channel, ts)?.threadTs ?? ts
}

function ownMessage(room: Room, { channel, ts }: { channel: string; ts: string }, notOurs: string): Message {
  const { id, isArchived } = visible(room, channel)
  const message = room.state.messages.get(id, ts)
  if (isArchived) throw new ApiError('is_archived')
  if (!message || message.onlyFor !== undefined) throw new ApiError('message_not_found')
  if (!message.isFromApp) throw new ApiError(notOurs)
  return message
}
