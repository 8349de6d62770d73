import type { Variables } from './catalog/variables.ts'
import { opensFiles, readProxies, readScimPlaces } from './config.ts'
import { checkProvider } from './confirming/openid/check-provider.ts'
import { relyingParty } from './confirming/relying-party.ts'
import { openSystems, type ConnectedSystems } from './connectors/systems.ts'
import { everyEntitlement, type Catalog } from './domain/catalog.ts'
import { methodsAskedFor } from './domain/confirming/asked-for.ts'
import type { Lack, Proxies } from './domain/connector.ts'
import type { Log } from './domain/ports/log.ts'
import { clean, hide, redacted } from './log.ts'
import { mongoPasskeys } from './mongo/confirming/passkeys.ts'
import { connect } from './mongo/connection.ts'
import { readCatalog } from './read-catalog.ts'

/*
 * Whether the systems of a catalog can be reached, let us in, and let us do what the catalog asks for.
 */

export interface Reached {
  readonly system: string
  readonly lacks: readonly Lack[]
  /** Why it cannot be used at all; null: it answered. */
  readonly error: unknown
}

/** Asks each system what is missing for the targets that the catalog gives on it. Warms its connections too. */
export function reachSystems(catalog: Catalog, systems: ConnectedSystems): Promise<Reached[]> {
  return Promise.all(
    [...catalog.systems.values()].map(async ({ id, timeoutMs }) => {
      const targets = everyEntitlement(catalog).flatMap(({ system, target }) =>
        system === id ? [target] : [],
      )
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const lacks = (await systems.get(id)?.connector.check({ targets, signal })) ?? []
        return { system: id, lacks, error: null }
      } catch (error) {
        return { system: id, lacks: [], error }
      }
    }),
  )
}

/** Says early in the log what giving would say late. One that cannot be used keeps nobody from the others. */
export async function checkSystems(catalog: Catalog, systems: ConnectedSystems, log: Log): Promise<void> {
  for (const { system, lacks, error } of await reachSystems(catalog, systems)) {
    if (error !== null) log.error('system cannot be used now', { system, error })
    else log.info('system can be reached', { system })
    for (const { what, remedy } of lacks)
      log.error('a right is missing on a system', { system, what, remedy })
  }
}

/** `curfew check --reach`: a line for each system, and one for each thing that is missing. False where something is. */
export async function sayWhatIsReached(
  path: string,
  environment: Variables,
  say: (line: string) => void,
): Promise<boolean> {
  const { catalog, kinds } = await readCatalog(path, environment)
  const surroundings = {
    now: () => new Date(),
    proxies: readProxies(environment),
    hide,
    opens: opensFiles(environment),
  }
  const silent = () => undefined
  const log = { error: silent, warn: silent, info: silent, debug: silent }
  const systems = openSystems({ kinds, surroundings, log, clean })
  try {
    systems.use(catalog)
    const reached = await reachSystems(catalog, systems)
    for (const { system, lacks, error } of reached) {
      if (error !== null)
        say(`${system}: ${error instanceof Error ? error.message : String(redacted(error))}`)
      else if (lacks.length === 0) say(`${system}: reached, and nothing is missing`)
      for (const { what, remedy } of lacks)
        say(`${system}: ${what}${remedy === null ? '' : `\n    ${remedy}`}`)
    }
    const signsIn = await sayOfProvider(catalog, surroundings.proxies, say)
    await sayOfPasskeys(catalog, environment, say)
    return signsIn && reached.every(({ lacks, error }) => lacks.length === 0 && error === null)
  } finally {
    await systems.close()
  }
}

/** Whether people can sign in to confirm, as far as the identity provider announces it. */
async function sayOfProvider(
  { openId }: Catalog,
  proxies: Proxies | null,
  say: (line: string) => void,
): Promise<boolean> {
  if (openId === null) return true
  const { refusal, lacks, hints } = await checkProvider(openId, { proxies })
  if (refusal !== null) say(`confirm.oidc: ${refusal.refused}, ${refusal.why}`)
  else if (lacks.length === 0) say('confirm.oidc: reached, and nothing is missing')
  for (const { what, remedy } of lacks)
    say(`confirm.oidc: ${what}${remedy === null ? '' : `\n    ${remedy}`}`)
  for (const hint of hints) say(`confirm.oidc: perhaps ${hint}`)
  return refusal === null && lacks.length === 0
}

/** Passkeys are of one host: once we are reached at another, their people have to add new ones. */
async function sayOfPasskeys(
  catalog: Catalog,
  environment: Variables,
  say: (line: string) => void,
): Promise<void> {
  const { mongodbUri, publicUrl } = readScimPlaces(environment)
  if (mongodbUri === undefined || publicUrl === undefined) return
  if (!methodsAskedFor(catalog).includes('passkey')) return
  const rp = relyingParty(publicUrl)
  if ('unusable' in rp) {
    say(`passkeys: browsers make none for ${publicUrl}: it must be https, and a name`)
    return
  }
  hide(mongodbUri)
  const connection = await connect(mongodbUri)
  try {
    const others = await mongoPasskeys(connection).countOfOthers(rp.id)
    if (others > 0)
      say(
        `passkeys: ${others} are of another host than ${rp.id}, and confirm nothing there; their people add new ones`,
      )
  } finally {
    await connection.close()
  }
}
