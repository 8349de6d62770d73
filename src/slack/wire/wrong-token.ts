import { WebAPIPlatformError } from '@slack/web-api'

const wrongToken = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'no_permission',
  'missing_scope',
  'not_allowed_token_type',
  'org_login_required',
  'ekm_access_denied',
])

/** Slack answered, and the answer is about the token: trying again changes nothing. */
export const isWrongToken = (error: unknown): boolean =>
  error instanceof WebAPIPlatformError && wrongToken.has(error.data.error)

/** Slack does not accept a token: waiting would not mend it. Names the token, never its value. */
export class SlackRefused extends Error {
  override readonly name = 'SlackRefused'
}

export const refusal = (token: 'SLACK_BOT_TOKEN' | 'SLACK_APP_TOKEN', error: unknown): SlackRefused =>
  new SlackRefused(
    `Slack does not accept ${token}: ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
    },
  )
