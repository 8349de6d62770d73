import { WebAPIPlatformError, WebAPIRateLimitedError, type WebClient } from '@slack/web-api'
import { elapsedMs } from '../../elapsed.ts'

const askAgainMs = 5_000

/** Whether Slack answers this process: as its last reading found, and asked anew every few seconds while it does not. */
export class Reach {
  readonly #client: WebClient
  #answers = true
  #askedAtMs = -Infinity

  constructor(client: WebClient) {
    this.#client = client
  }

  /** Passes on what Slack said; a no is an answer as well, unless it is to this process, or that Slack is in trouble. */
  async note<T>(call: Promise<T>): Promise<T> {
    try {
      const said = await call
      this.#answers = true
      return said
    } catch (error) {
      this.#answers = isAnswer(error)
      throw error
    }
  }

  answers(): boolean {
    if (!this.#answers && elapsedMs() - this.#askedAtMs > askAgainMs) {
      this.#askedAtMs = elapsedMs()
      this.note(this.#client.auth.test()).catch(() => undefined)
    }
    return this.#answers
  }
}

const isAnswer = (error: unknown): boolean =>
  error instanceof WebAPIRateLimitedError ||
  (error instanceof WebAPIPlatformError && !noAnswers.has(error.data.error))

/** Source: Slack's "common errors" of its methods. */
const noAnswers = new Set([
  'not_authed',
  'invalid_auth',
  'access_denied',
  'accesslimited',
  'account_inactive',
  'token_expired',
  'token_revoked',
  'org_login_required',
  'ekm_access_denied',
  'team_access_not_granted',
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
])
