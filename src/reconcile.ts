import { parseArgs } from 'node:util'
import { table } from './catalog/table.ts'
import { ConfigError, readPlaces, opensFiles, readProxies } from './config.ts'
import { openSystems } from './connectors/systems.ts'
import { clean, createLog, hide, redacted } from './log.ts'
import { mongoAccepted } from './mongo/accepted.ts'
import { mongoClock } from './mongo/clock.ts'
import { connect } from './mongo/connection.ts'
import { mongoGrants } from './mongo/grants.ts'
import { mongoHolds } from './mongo/holds.ts'
import {
  differs,
  placesOf,
  reconcile,
  type Place,
  type Reconciled,
  type Tally,
} from './operations/reconcile.ts'
import { readCatalog } from './read-catalog.ts'
import { hideVariables } from './reload.ts'

export const reconcileUsage = `curfew reconcile [resource]   where systems and grants disagree; reads the environment and .env, changes nothing
  --json                  as JSON, with every name up to a thousand of each kind`

const mostNamed = 5

type Answer = Reconciled | { readonly place: Place; readonly failed: string }

/** Compares what each system says with the grants. `differs`: something does, or a system could not be asked. */
export async function reconcileSystems(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ text: string; differs: boolean }> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [resource = null] = positionals
  const { catalogPath, mongodbUri } = readPlaces(environment)
  if (catalogPath === undefined) throw new ConfigError('CATALOG is not set')
  if (mongodbUri === undefined) throw new ConfigError('MONGODB_URI is not set')
  hide(mongodbUri)
  await hideVariables(catalogPath, environment)
  const { catalog, kinds } = await readCatalog(catalogPath, environment, { unconnected: 'warning' })
  if (resource !== null && !catalog.resources.has(resource))
    throw new ConfigError(
      `${resource} is not a resource; there are ${[...catalog.resources.keys()].join(', ')}`,
    )

  const connection = await connect(mongodbUri)
  const clock = mongoClock(connection)
  const log = createLog('error')
  const surroundings = {
    now: () => clock.now(),
    proxies: readProxies(environment),
    hide,
    opens: opensFiles(environment),
  }
  const systems = openSystems({ kinds, surroundings, log, clean })
  try {
    await clock.sample()
    systems.use(catalog)
    const world = {
      holds: mongoHolds(connection, log),
      grants: mongoGrants(connection, clock, log),
      accepted: mongoAccepted(connection),
      systems: (id: string) => systems.get(id),
      clock,
    }
    const answers: Answer[] = []
    for (const place of placesOf(catalog, resource)) {
      try {
        answers.push(await reconcile(world, place))
      } catch (error) {
        answers.push({ place, failed: error instanceof Error ? error.message : String(redacted(error)) })
      }
    }
    const isDifferent = answers.some((answer) => 'failed' in answer || differs(answer))
    return { text: values.json ? JSON.stringify(answers, null, 2) : asText(answers), differs: isDifferent }
  } finally {
    await systems.close()
    await connection.close()
  }
}

function asText(answers: readonly Answer[]): string {
  const rows = answers.map((answer) => {
    const { system, canonical, entitlements } = answer.place
    const where = [entitlements.join(', '), system, canonical]
    if ('failed' in answer) return [...where, '?', '?', '?', '?', answer.failed]
    const { holders, unexplained, missing, left, accepted } = answer
    return [
      ...where,
      String(holders),
      named(unexplained),
      named(missing),
      named(left),
      accepted === 0 ? '' : `${accepted} said to be fine`,
    ]
  })
  return table(
    ['ENTITLEMENT', 'SYSTEM', 'TARGET', 'HOLDERS', 'WITHOUT A GRANT', 'GRANTED, NOT THERE', 'LEFT OVER', ''],
    rows,
  )
}

function named({ count, first }: Tally): string {
  if (count === 0) return '0'
  const more = count > mostNamed ? ` and ${count - mostNamed} more` : ''
  return `${count}: ${first.slice(0, mostNamed).join(', ')}${more}`
}
