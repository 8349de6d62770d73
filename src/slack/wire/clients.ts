import type { WebClient } from '@slack/web-api'
import type { Dispatcher } from 'undici'
import type { Log } from '../../domain/ports/log.ts'
import { unobserved, type Observe } from '../../domain/ports/observe.ts'
import { fetchBy } from './proxied.ts'
import { slackLogger } from './library-log.ts'
import { MeasuredClient } from './measured-client.ts'

export interface SlackClients {
  /** For modals and look-ups while a person waits: no retries, a short timeout; a 429 is an error at once. */
  readonly interactive: WebClient
  /** For what nobody waits for: whoever asks decides about retries and pauses, as a retry here could post twice. */
  readonly background: WebClient
  /** The same for the publisher alone: what it sends waits behind nothing of others. */
  readonly messages: WebClient
}

export function slackClients({
  botToken,
  slackApiUrl,
  dispatcher,
  log,
  observe = unobserved,
}: {
  botToken: string
  slackApiUrl: string
  /** How Slack is reached; null: straight. */
  dispatcher: Dispatcher | null
  log: Log
  observe?: Observe
}): SlackClients {
  const common = {
    slackApiUrl,
    ...fetchBy(dispatcher),
    allowAbsoluteUrls: false,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logger: slackLogger(log),
  }
  const client = (limits: { timeout: number; maxRequestConcurrency: number }) =>
    new MeasuredClient(botToken, { ...common, ...limits }, observe)
  return {
    interactive: client({ timeout: 2_500, maxRequestConcurrency: 100 }),
    background: client({ timeout: 10_000, maxRequestConcurrency: 20 }),
    messages: client({ timeout: 10_000, maxRequestConcurrency: 10 }),
  }
}
