import { z } from 'zod'
import { readSlackPlace } from '../config.ts'
import { createLog } from '../log.ts'
import { slackClients } from '../slack/wire/clients.ts'
import { dispatcherThrough } from '../slack/wire/proxied.ts'
import { isWrongToken } from '../slack/wire/wrong-token.ts'
import type { Read } from './part.ts'

const page = z.looseObject({
  channels: z.array(z.looseObject({ id: z.string(), name: z.string() })).default([]),
  response_metadata: z.looseObject({ next_cursor: z.string().default('') }).optional(),
})

/** Slack lets an app ask for 20 a minute. */
const mostPages = 20
const elsewise = 'Write its id instead, C0123ABCD, from the end of “Channel details”'

/**
 * The id of the channel of this name, in small letters, as the app with this token sees it. One that was archived, or is
 * private without the app in it, is none.
 * Source: Slack, conversations.list.
 */
export async function channelCalled(
  name: string,
  { botToken, environment }: { botToken: string; environment: NodeJS.ProcessEnv },
): Promise<Read<string>> {
  const { slackApiUrl, proxies } = readSlackPlace(environment)
  const dispatcher = dispatcherThrough(proxies)
  const { background: client } = slackClients({ botToken, slackApiUrl, dispatcher, log: createLog('error') })
  try {
    let cursor = ''
    for (let asked = 0; asked < mostPages; asked += 1) {
      const answer = await client.conversations.list({
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: 1_000,
        ...(cursor === '' ? {} : { cursor }),
      })
      const { channels, response_metadata } = page.parse(answer)
      const found = channels.find((one) => one.name === name)
      if (found !== undefined) return { is: found.id }
      cursor = response_metadata?.next_cursor ?? ''
      if (cursor === '')
        return {
          why: `There is no #${name} that the app sees. A private one: invite the app first. ${elsewise}.`,
        }
    }
    return { why: `There are too many channels to look through. ${elsewise}.` }
  } catch (error) {
    if (isWrongToken(error))
      return {
        why: `Slack does not accept the bot token, so it does not say which channel is #${name}. ${elsewise}.`,
      }
    return { why: `Slack does not say now which channel is #${name}. ${elsewise}, or try again.` }
  } finally {
    await dispatcher?.close()
  }
}
