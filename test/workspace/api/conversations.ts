import type { Channel } from '../state/directory.ts'
import type { State } from '../state/state.ts'
import { flag, names, paging, text } from './args.ts'
import { messageObject } from './message-object.ts'
import { ApiError, type Json, method, needScopes, type Room } from './method.ts'
import { pageOf } from './pages.ts'
import { openDm, personIn, visible } from './reach.ts'

const prefixOf = { public: 'channels', private: 'groups', im: 'im' } as const
const kindOf: Record<string, Channel['kind']> = {
  public_channel: 'public',
  private_channel: 'private',
  im: 'im',
}
const between = { latest: text.optional(), oldest: text.optional(), inclusive: flag.optional() }

/** conversations.*: channels and DMs, each kind behind its own scope. */
export const conversationMethods = {
  'conversations.open': method({
    scopes: ['im:write'],
    args: { users: names.optional(), channel: text.optional(), return_im: flag.optional() },
    run: (room, { users = [], channel: id, return_im }) => {
      if (users.length > 1) throw new ApiError('not_supported_here_group_dms')
      const [user] = users
      if (user === undefined && id === undefined) throw new ApiError('users_list_not_supplied')
      const before = room.state.channels.size
      const channel = user === undefined ? visible(room, id ?? '') : openDm(room, user)
      const isOld = room.state.channels.size === before
      return {
        ...(isOld && { no_op: true, already_open: true }),
        channel: return_im === true ? channelObject(room, channel) : { id: channel.id },
      }
    },
  }),

  'conversations.info': method({
    args: { channel: text, include_num_members: flag.optional(), include_locale: flag.optional() },
    run: (room, { channel: id, include_num_members }) => {
      const channel = readable(room, id, 'read')
      const num_members = channel.members.size
      return { channel: { ...channelObject(room, channel), ...(include_num_members && { num_members }) } }
    },
  }),

  'conversations.members': method({
    args: { channel: text, ...paging },
    run: (room, { channel: id, ...paging }) => {
      const { page, response_metadata } = pageOf([...readable(room, id, 'read').members], paging)
      return { members: page, response_metadata }
    },
  }),

  'conversations.list': method({
    args: { types: names.optional(), exclude_archived: flag.optional(), team_id: text.optional(), ...paging },
    run: (room, { types = ['public_channel'], exclude_archived, ...paging }) => {
      const kinds = types.map((type) => {
        const kind = kindOf[type]
        if (kind === undefined) throw new ApiError('invalid_types')
        return kind
      })
      needScopes(
        room,
        kinds.map((kind) => `${prefixOf[kind]}:read`),
      )
      const found = [...room.state.channels.values()].filter(
        (c) =>
          kinds.includes(c.kind) && isKnown(room.state, c) && !(exclude_archived === true && c.isArchived),
      )
      const { page, response_metadata } = pageOf(found, paging)
      return { channels: page.map((channel) => channelObject(room, channel)), response_metadata }
    },
  }),

  'conversations.history': method({
    args: { channel: text, ...paging, ...between, include_all_metadata: flag.optional() },
    run: (room, { channel: id, ...rest }) => {
      const channel = readable(room, id, 'history')
      if (!isIn(room.state, channel)) throw new ApiError('not_in_channel')
      const messages = room.state.messages.in(id).filter((m) => m.threadTs === undefined)
      return pageOfMessages(room, messages.reverse(), rest)
    },
  }),

  'conversations.replies': method({
    args: { channel: text, ts: text, ...paging, ...between, include_all_metadata: flag.optional() },
    run: (room, { channel: id, ts, ...rest }) => {
      const channel = readable(room, id, 'history')
      if (!isIn(room.state, channel)) throw new ApiError('not_in_channel')
      if (!room.state.messages.hasThread(id, ts)) throw new ApiError('thread_not_found')
      const parent = room.state.messages.get(id, ts)
      return pageOfMessages(
        room,
        [...(parent ? [parent] : []), ...room.state.messages.repliesTo(id, ts)],
        rest,
      )
    },
  }),
}

type Range = {
  latest?: string | undefined
  oldest?: string | undefined
  inclusive?: boolean | undefined
  limit?: number | undefined
  cursor?: string | undefined
}

function pageOfMessages(room: Room, messages: Parameters<typeof messageObject>[1][], range: Range): Json {
  const { latest = '9', oldest = '0', inclusive = false } = range
  const within = messages.filter(
    ({ ts }) => (ts > oldest && ts < latest) || (inclusive && (ts === oldest || ts === latest)),
  )
  const { page, response_metadata } = pageOf(within, range)
  const has_more = response_metadata.next_cursor !== ''
  return { messages: page.map((m) => messageObject(room.state, m)), has_more, response_metadata }
}

/** The channel, if the app may know of it and holds the scope for its kind. */
function readable(room: Room, id: string, right: 'read' | 'history'): Channel {
  const channel = visible(room, id)
  needScopes(room, [`${prefixOf[channel.kind]}:${right}`])
  return channel
}

const isIn = ({ identity }: State, channel: Channel) => channel.members.has(identity.botUserId)
const isKnown = (state: State, channel: Channel) => channel.kind === 'public' || isIn(state, channel)

function channelObject(room: Room, channel: Channel): Json {
  const { id, kind, name, isArchived } = channel
  const teams = new Set([...channel.members].map((member) => room.state.accounts.get(member)?.teamId))
  if (kind === 'im') return { id, is_im: true, is_archived: isArchived, user: personIn(room, channel) }
  return {
    id,
    name,
    is_channel: kind === 'public',
    is_group: kind === 'private',
    is_im: false,
    is_mpim: false,
    is_private: kind === 'private',
    is_archived: isArchived,
    is_general: false,
    is_member: isIn(room.state, channel),
    is_ext_shared: teams.size > 1,
    context_team_id: room.state.identity.teamId,
  }
}
