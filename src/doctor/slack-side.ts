import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { Parts } from '../config.ts'
import { slackClients } from '../slack/wire/clients.ts'
import { isWrongToken } from '../slack/wire/wrong-token.ts'
import { CannotAsk } from './finding.ts'
import { noLog } from './no-log.ts'

/** A workspace that answered, and as whom we ask it. */
export interface SlackSide {
  readonly client: WebClient
  readonly team: string
  readonly teamId: string
  readonly name: string
  /** What Slack lets the bot token do; null where it does not say. */
  readonly scopes: readonly string[] | null
}

/** Slack answered, and not with what was asked for. */
export class TokenRefused extends CannotAsk {
  readonly why: string

  constructor(why: string) {
    super('Slack does not accept SLACK_BOT_TOKEN')
    this.why = why
  }
}

/** Throws `CannotAsk` where there is no token that is accepted, or no Slack. */
export async function askSlack(parts: Parts, dispatcher: Dispatcher | null): Promise<SlackSide> {
  if (parts.botToken === null) throw new CannotAsk('SLACK_BOT_TOKEN is not set, or wrong')
  const client = clientOf(parts, parts.botToken, dispatcher)
  try {
    const {
      team = '',
      team_id: teamId = '',
      user: name = '',
      response_metadata: meta,
    } = await client.auth.test()
    return { client, team, teamId, name, scopes: meta?.scopes ?? null }
  } catch (error) {
    if (isWrongToken(error)) throw new TokenRefused(saidBySlack(error))
    throw new CannotAsk(`Slack does not answer: ${saidBySlack(error)}`)
  }
}

/** With either token of the app: each is accepted for its own methods alone. */
export function clientOf({ slackApiUrl }: Parts, token: string, dispatcher: Dispatcher | null): WebClient {
  if (slackApiUrl === null) throw new CannotAsk('SLACK_API_URL is wrong')
  return slackClients({ botToken: token, slackApiUrl, dispatcher, log: noLog }).background
}

/** Slack's own name for it, where it answered. */
export function saidBySlack(error: unknown): string {
  if (error instanceof WebAPIPlatformError) return error.data.error
  if (error instanceof z.ZodError) return 'what it answers cannot be read'
  return error instanceof Error ? error.message : String(error)
}

export const isSaid = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof WebAPIPlatformError && names.includes(error.data.error)
