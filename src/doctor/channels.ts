import { z } from 'zod'
import { Paced } from '../slack/directory/paced.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import { namedChannels } from './named.ts'
import { isSaid, saidBySlack, type SlackSide } from './slack-side.ts'

/** Slack answers for fifty and more channels a minute. */
const pace = { burst: 40, everyMs: 1_200 } as const

const infoSchema = z.object({
  name: z.string().default(''),
  is_archived: z.boolean().default(false),
  is_member: z.boolean().default(false),
})

/** Whether the app is in every channel where the catalog has something posted. */
export const channelsCheck: Check = {
  area: 'Channels',
  about: 'channels',
  withinMs: 120_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    const slack = await installation.slack()
    const paced = new Paced(pace)
    return Promise.all(
      [...namedChannels(catalog)].map(async ([id, where]) => {
        const asked = { id, where, slack }
        try {
          const { channel } = await paced.call(() => slack.client.conversations.info({ channel: id }))
          return found(infoSchema.parse(channel), asked)
        } catch (error) {
          return notFound(error, asked)
        }
      }),
    )
  },
}

interface Asked {
  readonly id: string
  /** Where the catalog names it. */
  readonly where: string
  readonly slack: SlackSide
}

function found(
  { name, is_archived: isArchived, is_member: isIn }: z.infer<typeof infoSchema>,
  { id, where, slack }: Asked,
): Found {
  const about = `#${name} (${id})`
  if (isArchived)
    return wrong(
      about,
      `is archived; ${where} is posted there`,
      'Unarchive it, or name another in the catalog.',
    )
  if (!isIn) return wrong(about, `the app is not in it; ${where} is posted there`, invite(slack))
  return right(about, 'the app is in it')
}

function notFound(error: unknown, { id, where, slack }: Asked): Found {
  if (!isSaid(error, 'channel_not_found'))
    return unknown(id, `Slack does not say what it is: ${saidBySlack(error)}`)
  return wrong(
    id,
    `is not there, or is private and the app is not in it; ${where} is posted there`,
    `${invite(slack)} Or name another in the catalog: a channel's id stands at the end of its details.`,
  )
}

const invite = ({ name }: SlackSide): string => `Type /invite @${name} in that channel.`
