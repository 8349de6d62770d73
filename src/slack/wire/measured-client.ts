import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
  type WebAPICallResult,
  type WebClientOptions,
} from '@slack/web-api'
import { performance } from 'node:perf_hooks'
import type { Observe, SlackOutcome } from '../../domain/ports/observe.ts'

/** Tells of each of its calls: which method, what came of it, how long it took. Methods are those that our code names. */
export class MeasuredClient extends WebClient {
  readonly #observe: Observe

  constructor(botToken: string, options: WebClientOptions, observe: Observe) {
    super(botToken, options)
    this.#observe = observe
  }

  override async apiCall(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
    const beganMs = performance.now()
    const ended = (outcome: SlackOutcome): void =>
      this.#observe({ type: 'slack-called', method, outcome, tookMs: performance.now() - beganMs })
    try {
      const said = await super.apiCall(method, options)
      ended('done')
      return said
    } catch (error) {
      ended(outcomeOf(error))
      if (error instanceof WebAPIRateLimitedError)
        this.#observe({ type: 'slack-paused', method, forMs: error.retryAfter * 1_000 })
      throw error
    }
  }
}

function outcomeOf(error: unknown): SlackOutcome {
  if (error instanceof WebAPIRateLimitedError) return 'rate-limited'
  if (error instanceof WebAPIPlatformError) return 'refused'
  return error instanceof WebAPIHTTPError ? 'trouble' : 'no-answer'
}
