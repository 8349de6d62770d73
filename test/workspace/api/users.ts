import { slackbotId, type Account } from '../state/directory.ts'
import { flag, paging, text } from './args.ts'
import { ApiError, type Json, method, type Room } from './method.ts'
import { pageOf } from './pages.ts'

/** users.*: people, with their e-mail only for those who may read it. */
export const userMethods = {
  'users.info': method({
    scopes: ['users:read'],
    args: { user: text, include_locale: flag.optional() },
    run: (room, { user }) => {
      const account = room.state.accounts.get(user)
      if (!account) throw new ApiError('user_not_found')
      return { user: userObject(room, account) }
    },
  }),
  'users.list': method({
    scopes: ['users:read'],
    args: { ...paging, include_locale: flag.optional() },
    run: (room, paging) => {
      const ours = [...room.state.accounts.values()].filter((account) => isOurs(room, account))
      const { page, response_metadata } = pageOf(ours, paging)
      return { members: page.map((account) => userObject(room, account)), response_metadata }
    },
  }),
  'users.lookupByEmail': method({
    scopes: ['users:read.email'],
    args: { email: text },
    run: (room, { email }) => {
      const found = [...room.state.accounts.values()].find(
        (a) => isOurs(room, a) && !a.isDeleted && a.email?.toLowerCase() === email.toLowerCase(),
      )
      if (!found) throw new ApiError('users_not_found')
      return { user: userObject(room, found) }
    },
  }),
}

const isOurs = ({ state: { identity } }: Room, { teamId, teams = [] }: Account) =>
  [teamId, ...teams].includes(identity.teamId)

/** A user as documented. People of other workspaces show no e-mail; those who share no channel with the app
 *  are strangers. Deleted accounts lose what a client would show of them. */
export function userObject(room: Room, account: Account): Json {
  const { id, teamId, name, realName, tz, isDeleted } = account
  const ours = isOurs(room, account)
  const showsEmail = ours && !account.isBot && room.scopes.has('users:read.email')
  return {
    id,
    team_id: teamId,
    name: name.toLowerCase().replaceAll(' ', '.'),
    deleted: isDeleted,
    real_name: realName,
    profile: {
      real_name: realName,
      display_name: name,
      title: account.title,
      team: teamId,
      ...(showsEmail && account.id !== slackbotId && { email: account.email }),
    },
    is_bot: account.isBot,
    is_app_user: false,
    updated: Math.floor(Date.now() / 1000),
    ...(!ours && { is_stranger: !sharesChannel(room, id) }),
    ...(!isDeleted && {
      ...(tz !== '' && { tz, tz_label: tz, tz_offset: offsetOf(tz) }),
      is_admin: false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: account.guest !== 'no',
      is_ultra_restricted: account.guest === 'single',
      is_email_confirmed: account.isEmailConfirmed,
    }),
    ...account.extra,
  }
}

const sharesChannel = ({ state }: Room, id: string) =>
  [...state.channels.values()].some((c) => c.members.has(id) && c.members.has(state.identity.botUserId))

/** Seconds east of UTC, now. */
function offsetOf(timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' })
  const zone = format.formatToParts(new Date()).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}
