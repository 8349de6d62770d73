import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import { scopes } from './scopes.ts'
import { TokenRefused } from './slack-side.ts'

/** Whether Slack accepts the bot token, and lets it do what the manifest asks for. */
export const tokenCheck: Check = {
  area: 'Slack',
  about: 'bot token',
  withinMs: 12_000,
  ask: async (installation) => {
    try {
      const { team, teamId, name, scopes: granted } = await installation.slack()
      return [right('bot token', `${name} in ${team} (${teamId})`), ...scopesFound(granted)]
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error
      return [wrong('bot token', `Slack does not accept SLACK_BOT_TOKEN: ${error.why}`, renew)]
    }
  },
}

const renew =
  'Install the app to the workspace (again), and copy the token from OAuth & Permissions at api.slack.com/apps.'
const add =
  'Add it under OAuth & Permissions (or paste manifest.yml anew), then install the app to the workspace again.'

/** `granted` is what Slack's header `x-oauth-scopes` says. */
export function scopesFound(granted: readonly string[] | null): Found[] {
  if (granted === null) return [unknown('scopes', 'Slack does not say which it granted')]
  const missing = [...scopes].filter(([scope]) => !granted.includes(scope))
  if (missing.length > 0)
    return missing.map(([scope, without]) => wrong(`scope ${scope}`, `is missing: ${without}`, add))
  const more = granted.filter((scope) => !scopes.has(scope))
  const beyond = more.length === 0 ? '' : `; not needed: ${more.join(', ')}`
  return [right('scopes', `all ${scopes.size} that Curfew needs${beyond}`)]
}
