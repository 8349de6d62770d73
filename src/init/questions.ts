import type { Answers } from './answers.ts'
import { askFirst } from './first-parts.ts'
import { mongodbUri } from './mongodb-part.ts'
import type { Ask, Read } from './part.ts'
import { admins, botToken, channel, transport } from './slack-parts.ts'

const titles = [
  'Slack. Make the app from manifest.yml at api.slack.com/apps, install it, and copy its tokens.',
  'MongoDB, where Curfew keeps what happened: a replica set, of one member to begin with.',
  'The channel where requests are shown, and answered.',
  'Who the admins are: they answer requests, end access, and are told what is wrong.',
  'What people can ask for first. Everything else is added to the catalog later.',
] as const

/**
 * The five questions. Null where something was not given, which `ask` notes. `called` looks a channel up by its name, with
 * the token that was just given.
 */
export async function askAll(
  ask: Ask,
  {
    say,
    slackApiUrl,
    port,
    called,
  }: {
    say: (line: string) => void
    slackApiUrl: string | null
    port: string
    called: (name: string, token: string | null) => Promise<Read<string>>
  },
): Promise<Answers | null> {
  const begin = (number: 1 | 2 | 3 | 4 | 5): void =>
    say(`\n${number} of ${titles.length}  ${titles[number - 1] ?? ''}`)
  begin(1)
  const [token, slack] = [await ask(botToken), await ask(transport(port))]
  begin(2)
  const database = await ask(mongodbUri)
  begin(3)
  const shownIn = await ask(channel((name) => called(name, token)))
  begin(4)
  const people = await ask(admins)
  begin(5)
  const first = await askFirst(ask)
  if (token === null || slack === null || database === null) return null
  if (shownIn === null || people === null || first === null) return null
  return {
    slackApiUrl,
    botToken: token,
    transport: slack,
    mongodbUri: database,
    channel: shownIn,
    admins: people,
    first,
  }
}
