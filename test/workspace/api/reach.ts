import type { Channel } from '../state/directory.ts'
import { ApiError, type Room } from './method.ts'

/** Where a message goes that names `channel`: a channel, a DM, or a person, whose DM is opened.
 *  Refuses as Slack does. Private channels the app is not in do not exist for it. */
export function whereToPost(room: Room, id: string): Channel {
  const { state } = room
  if (state.accounts.has(id)) return openDm(room, id)
  const channel = visible(room, id)
  if (channel.isArchived) throw new ApiError('is_archived')
  if (!channel.members.has(state.identity.botUserId)) throw new ApiError('not_in_channel')
  if (channel.kind === 'im') refuseClosedDm(room, personIn(room, channel))
  return channel
}

export function openDm(room: Room, personId: string): Channel {
  const account = room.state.accounts.get(personId)
  if (!account) throw new ApiError('user_not_found')
  if (account.isBot) throw new ApiError('cannot_dm_bot')
  refuseClosedDm(room, personId)
  return room.state.dmOf(personId)
}

/** A channel the app can know of: public ones, and those it is in. */
export function visible({ state }: Room, id: string): Channel {
  const channel = state.channels.get(id)
  const isSecret = channel?.kind !== 'public' && !channel?.members.has(state.identity.botUserId)
  if (!channel || isSecret) throw new ApiError('channel_not_found')
  return channel
}

export function personIn({ state }: Room, dm: Channel): string {
  return [...dm.members].find((id) => id !== state.identity.botUserId) ?? ''
}

function refuseClosedDm(room: Room, personId: string): void {
  const account = room.state.accounts.get(personId)
  if (!room.hasMessagesTab) throw new ApiError('messages_tab_disabled')
  if (account?.isDeleted) throw new ApiError('user_disabled')
  if (account?.refusesDms) throw new ApiError(account.refusesDms)
}
