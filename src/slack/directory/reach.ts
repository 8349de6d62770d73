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

  /** Passes on what Slack said; no is an answer as well. */
  async note<T>(call: Promise<T>): Promise<T> {
    try {
      const said = await call
      this.#answers = true
      return said
    } catch (error) {
      this.#answers = error instanceof WebAPIPlatformError || error instanceof WebAPIRateLimitedError
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
