import { Paced } from '../slack/directory/paced.ts'
import { parseUser, type SlackUser } from '../slack/directory/user-record.ts'
import type { Check } from './check.ts'
import { right, unknown, wrong, type Found } from './finding.ts'
import { namedPeople } from './named.ts'
import { isSaid, saidBySlack, type SlackSide } from './slack-side.ts'

/** Slack answers for fifty and more e-mails a minute. */
const pace = { burst: 40, everyMs: 1_200 } as const

/** Whether everybody whom the catalog names is in Slack, and counts there as who they are named. */
export const peopleCheck: Check = {
  area: 'People',
  about: 'people in Slack',
  withinMs: 300_000,
  ask: async (installation) => {
    const catalog = await installation.catalog()
    const slack = await installation.slack()
    const paced = new Paced(pace)
    return Promise.all(
      [...namedPeople(catalog)].map(async ([person, where]) => {
        try {
          return found(await paced.call(() => lookUp(slack, person)), { person, where, slack })
        } catch (error) {
          return notFound(error, { person, where })
        }
      }),
    )
  },
}

async function lookUp({ client }: SlackSide, person: string): Promise<SlackUser> {
  const { user } = person.includes('@')
    ? await client.users.lookupByEmail({ email: person })
    : await client.users.info({ user: person })
  return parseUser(user)
}

function found(
  user: SlackUser,
  { person, where, slack }: { person: string; where: string; slack: SlackSide },
): Found {
  const at = `named at ${where}`
  if (user.isDeleted) return wrong(person, `was deactivated in Slack; ${at}`, another)
  if (user.isNobody) return wrong(person, `is an app and nobody; ${at}`, another)
  const isByEmail = person.includes('@')
  const isOurs = user.teamId === slack.teamId || user.teams.includes(slack.teamId)
  if (isByEmail && !isOurs)
    return wrong(person, `is of another workspace, whose e-mails do not count; ${at}`, byId)
  if (isByEmail && user.email === null)
    return wrong(person, `this e-mail was not confirmed in Slack; ${at}`, confirm)
  return right(person, user.name)
}

function notFound(error: unknown, { person, where }: { person: string; where: string }): Found {
  if (isSaid(error, 'users_not_found', 'user_not_found', 'user_not_visible'))
    return wrong(person, `nobody in Slack is called so; named at ${where}`, another)
  return unknown(person, `Slack does not say who it is: ${saidBySlack(error)}`)
}

const another = 'Name somebody else in the catalog, or a group.'
const byId = 'Name them by their Slack user id, which stands in their profile.'
const confirm = 'Have them confirm it by the link that Slack sent them, or name them by their Slack user id.'
