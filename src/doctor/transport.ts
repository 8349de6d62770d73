import { createHmac, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { isWrongToken } from '../slack/wire/wrong-token.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import { fetched, whyNotFetched } from './fetched.ts'
import type { Installation } from './installation.ts'
import { clientOf, saidBySlack } from './slack-side.ts'

/** How Slack tells Curfew what people do: by Socket Mode, or by HTTP where a signing secret is set. Each that is set is tried. */
export const socketCheck: Check = {
  area: 'Slack',
  about: 'Socket Mode',
  withinMs: 12_000,
  ask: async ({ parts, dispatcher }) => {
    if (parts.appToken === null) return []
    const client = clientOf(parts, parts.appToken, dispatcher)
    try {
      // An address for one connection, which lapses unused: none is opened.
      opened.parse(await client.apps.connections.open())
      const isUsed = parts.signingSecret === null
      return [right('Socket Mode', isUsed ? 'Slack lets the app in' : `${works}; not used, as ${byHttp}`)]
    } catch (error) {
      if (!isWrongToken(error))
        return [unknown('Socket Mode', `Slack does not answer: ${saidBySlack(error)}`)]
      return [wrong('Socket Mode', `Slack does not accept SLACK_APP_TOKEN: ${saidBySlack(error)}`, newToken)]
    }
  },
}

const works = 'Slack lets the app in'
const byHttp = 'SLACK_SIGNING_SECRET is set, which makes it HTTP'
const opened = z.object({ url: z.string().regex(/^wss?:\/\//) })
const newToken =
  'Turn Socket Mode on, and make an app-level token with connections:write on the first page of your app at api.slack.com/apps.'

export const httpCheck: Check = {
  area: 'Slack',
  about: 'HTTP',
  withinMs: 12_000,
  ask: async (installation) => {
    const { signingSecret, publicUrl } = installation.parts
    if (signingSecret === null) return []
    if (publicUrl === null)
      return [unknown('HTTP', 'PUBLIC_URL is not set: whether requests of Slack arrive is not known', setUrl)]
    return [await delivered(installation, signingSecret, `${publicUrl}/slack/events`)]
  },
}

const setUrl = 'Set PUBLIC_URL to the https address at which Slack reaches PORT, without /slack/events.'

/** As Slack itself makes sure of an address: it sends a word, signed, and whoever has the same secret says it back. */
async function delivered({ now, dispatcher }: Installation, secret: string, url: string): Promise<Found> {
  const challenge = randomUUID()
  const body = JSON.stringify({ type: 'url_verification', challenge })
  const seconds = String(Math.floor(now().getTime() / 1_000))
  const signature = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')
  try {
    const { status, text } = await fetched(url, {
      dispatcher,
      body,
      headers: {
        'content-type': 'application/json',
        'x-slack-request-timestamp': seconds,
        'x-slack-signature': `v0=${signature}`,
      },
    })
    if (status === 200 && text === JSON.stringify({ challenge }))
      return right('HTTP', `requests of Slack arrive at ${url}`)
    if (status === 401) return wrong('HTTP', `${url} does not accept our signature`, sameSecret)
    if (status === 503) return wrong('HTTP', `${url} is not ready (503)`, notReady)
    return wrong('HTTP', `${url} answers ${status}, and not as Curfew does`, letPass)
  } catch (error) {
    return wrong('HTTP', `${url} does not answer: ${whyNotFetched(error)}`, letPass)
  }
}

const sameSecret =
  'Start Curfew there with this SLACK_SIGNING_SECRET (the one of your app at api.slack.com/apps); a clock that is off by five minutes does the same.'
const notReady = 'Curfew there waits for MongoDB or Slack, or is stopping: its log says which.'
const letPass =
  'Start Curfew with SLACK_SIGNING_SECRET and PORT, and let the TLS proxy pass POST /slack/events to PORT. Name the same address in the app’s settings.'
