import { readPeoplePlaces } from '../config.ts'
import type { GrantUsage } from '../domain/ports/grant-usage.ts'
import type { Provisioning, ProvisioningRecords } from '../domain/ports/provisioning.ts'
import { createLog, hide } from '../log.ts'
import { mongoClock } from '../mongo/clock.ts'
import { connect } from '../mongo/connection.ts'
import { mongoGrantUsage } from '../mongo/grant-usage.ts'
import { mongoGrants } from '../mongo/grants.ts'
import { mongoIdentities } from '../mongo/identities.ts'
import { ensureIndexes } from '../mongo/indexes.ts'
import { mongoPeople } from '../mongo/people.ts'
import { mongoProvisioning } from '../mongo/provisioning.ts'
import { mongoProvisioningRecords } from '../mongo/provisioning-records.ts'
import { withOneCatalog, type Deciding } from '../operations/world.ts'
import { directoryFrom } from '../people/directory.ts'
import { provisionedPeople } from '../people/provisioned-people.ts'
import { readCatalog } from '../read-catalog.ts'
import { hideVariables } from '../reload.ts'
import { slackDirectory } from '../slack/directory/directory.ts'
import { slackClients } from '../slack/wire/clients.ts'
import { dispatcherThrough } from '../slack/wire/proxied.ts'
import { isWrongToken, refusal } from '../slack/wire/wrong-token.ts'

/** What questions about people are asked of, without starting the app. */
export interface Asked extends Pick<Deciding, 'catalog' | 'directory' | 'clock' | 'grants'> {
  readonly usage: GrantUsage
  readonly provisioning: Pick<Provisioning, 'groups'> & ProvisioningRecords
}

/** What a command says, and what its process ends with. */
export interface Said {
  readonly text: string
  /** For the standard error: what a program that reads the text must not find in it. */
  readonly errors?: string
  readonly exitCode: number
}

/** Slack does not answer: what follows from who people are cannot be said. */
export class SlackSilent extends Error {
  override readonly name = 'SlackSilent'
  constructor(options?: ErrorOptions) {
    super(
      'Slack does not say now who people are. Nothing can be said without it; try again in a minute.',
      options,
    )
  }
}

/**
 * Asks by the catalog, Slack and the database that the environment names. Throws `ConfigError`, `CatalogError`,
 * `SlackRefused` or `SlackSilent`. It writes what reading people always writes: who was seen, and who is whose User.
 */
export async function asking(
  environment: NodeJS.ProcessEnv,
  work: (asked: Asked) => Promise<Said>,
): Promise<Said> {
  const { botToken, slackApiUrl, mongodbUri, catalogPath, proxies } = readPeoplePlaces(environment)
  for (const secret of [botToken, mongodbUri, proxies?.http ?? '', proxies?.https ?? '']) hide(secret)
  await hideVariables(catalogPath, environment)
  const { catalog } = await readCatalog(catalogPath, environment, { isOnlyRead: true })
  const log = createLog('error')
  const dispatcher = dispatcherThrough(proxies)
  const { background: client } = slackClients({ botToken, slackApiUrl, dispatcher, log })
  const connection = await connect(mongodbUri)
  try {
    await ensureIndexes(connection)
    const clock = mongoClock(connection)
    await clock.sample()
    const teamId = await client.auth.test().then(
      ({ team_id: id = null }) => id,
      (error: unknown) => {
        throw isWrongToken(error) ? refusal('SLACK_BOT_TOKEN', error) : new SlackSilent({ cause: error })
      },
    )
    const people = mongoPeople(connection)
    const provisioning = mongoProvisioning(connection)
    const source = provisionedPeople({
      provisioning,
      identities: mongoIdentities(connection),
      people,
      rules: () => catalog.people,
      now: () => clock.now(),
      log,
    }).join(slackDirectory({ client, teamId: () => teamId, people, log }))
    return await work({
      ...withOneCatalog({ catalog: () => catalog }),
      clock,
      directory: directoryFrom(source),
      grants: mongoGrants(connection, clock, log),
      usage: mongoGrantUsage(connection, log),
      provisioning: { ...mongoProvisioningRecords(connection), groups: () => provisioning.groups() },
    })
  } finally {
    await connection.close()
    await dispatcher?.close()
  }
}

/** The answer, where Slack gave one. */
export function sure<T>(answer: T | 'unknown'): T {
  if (answer === 'unknown') throw new SlackSilent()
  return answer
}
