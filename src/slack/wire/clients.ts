import { WebClient } from '@slack/web-api'
import type { Dispatcher } from 'undici'
import type { Log } from '../../domain/ports/log.ts'
import { fetchBy } from './proxied.ts'
import { slackLogger } from './library-log.ts'

export interface SlackClients {
  /** For modals and look-ups while a person waits: no retries, a short timeout; a 429 is an error at once. */
  readonly interactive: WebClient
  /** For messages: the publisher decides about retries and pauses, as a retry here could post twice. */
  readonly background: WebClient
}

export function slackClients({
  botToken,
  slackApiUrl,
  dispatcher,
  log,
}: {
  botToken: string
  slackApiUrl: string
  /** How Slack is reached; null: straight. */
  dispatcher: Dispatcher | null
  log: Log
}): SlackClients {
  const common = {
    slackApiUrl,
    ...fetchBy(dispatcher),
    allowAbsoluteUrls: false,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    logger: slackLogger(log),
  }
  return {
    interactive: new WebClient(botToken, { ...common, timeout: 2_500, maxRequestConcurrency: 100 }),
    background: new WebClient(botToken, { ...common, timeout: 10_000, maxRequestConcurrency: 10 }),
  }
}
