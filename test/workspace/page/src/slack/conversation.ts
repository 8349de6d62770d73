import type { ShownChannel, ShownMessage, ShownPerson } from '../../../practice/protocol.ts'
import type { Live } from '../live.ts'

/** What a side of the window shows: a channel, or one of the app's tabs. */
export type Shows = { channelId: string } | { tab: 'home' | 'messages' }

export const personOf = (live: Live, id: string): ShownPerson | undefined => live.get('person', id)

export const channelsOf = (live: Live, personId: string): ShownChannel[] =>
  live
    .all('channel')
    .filter(({ kind, members, isArchived }) => kind !== 'im' && members.includes(personId) && !isArchived)

/** The person's DM with the app, once there is one. */
export const dmOf = (live: Live, personId: string): ShownChannel | undefined =>
  live.all('channel').find(({ kind, members }) => kind === 'im' && members.includes(personId))

export const unreadOf = (live: Live, personId: string, channelId: string): number =>
  live.get('unread', `${personId} ${channelId}`) ?? 0

/** What this person sees in a channel, oldest first; replies in threads are not among them. */
export const messagesIn = (live: Live, personId: string, channelId: string): ShownMessage[] =>
  seenIn(live, personId, channelId).filter(({ threadTs, ts }) => threadTs === undefined || threadTs === ts)

export const repliesTo = (live: Live, personId: string, channelId: string, ts: string): ShownMessage[] =>
  seenIn(live, personId, channelId).filter((message) => message.threadTs === ts && message.ts !== ts)

function seenIn(live: Live, personId: string, channelId: string): ShownMessage[] {
  return live
    .all('message')
    .filter(
      ({ channel, onlyFor }) => channel === channelId && (onlyFor === undefined || onlyFor === personId),
    )
    .sort((a, b) => (a.ts < b.ts ? -1 : 1))
}

export const atOf = (ts: string): Date => new Date(Number(ts) * 1000)

export const clock = (ts: string): string =>
  atOf(ts).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
