import { ApiError, method } from './method.ts'
import { text } from './args.ts'

/** auth.test, apps.connections.open, team.info, bots.info: what tells an app who and where it is. */
export const authMethods = {
  'auth.test': method({
    args: {},
    run: ({ state: { identity } }) => ({
      url: `https://${identity.teamDomain}.slack.com/`,
      team: identity.teamName,
      user: identity.appName.toLowerCase(),
      team_id: identity.teamId,
      user_id: identity.botUserId,
      bot_id: identity.botId,
      is_enterprise_install: false,
    }),
  }),
  'apps.connections.open': method({
    token: 'app',
    args: {},
    run: (room) => ({ url: room.newSocketUrl() }),
  }),
  'team.info': method({
    scopes: ['team:read'],
    args: { team: text.optional() },
    run: ({ state: { identity } }, { team = identity.teamId }) => {
      if (team !== identity.teamId) throw new ApiError('team_not_found')
      return { team: { id: team, name: identity.teamName, domain: identity.teamDomain } }
    },
  }),
  'bots.info': method({
    scopes: ['users:read'],
    args: { bot: text.optional() },
    run: ({ state: { identity } }, { bot = identity.botId }) => {
      if (bot !== identity.botId) throw new ApiError('bot_not_found')
      const { appId, botUserId, appName } = identity
      return { bot: { id: bot, deleted: false, name: appName, app_id: appId, user_id: botUserId } }
    },
  }),
}
