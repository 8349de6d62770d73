import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mongoose'
import { readTexts } from './catalog/load.ts'
import { watchCatalog } from './catalog/watch.ts'
import { ConfigError, secretsOf, type Config } from './config.ts'
import { connectorKinds } from './connectors/registry.ts'
import { openSystems, type Systems } from './connectors/systems.ts'
import type { Catalog } from './domain/catalog.ts'
import { isSamePlace } from './domain/place.ts'
import type { Clock, Log } from './domain/ports.ts'
import { startJobs, type Job } from './jobs.ts'
import { hide } from './log.ts'
import { mongoClock } from './mongo/clock.ts'
import { asUnusable, connect } from './mongo/connection.ts'
import { mongoGrants } from './mongo/grants.ts'
import { mongoHolds } from './mongo/holds.ts'
import { mongoLosses } from './mongo/losses.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { mongoPeople } from './mongo/people.ts'
import { mongoPreApprovals } from './mongo/pre-approvals.ts'
import { mongoQuotas } from './mongo/quotas.ts'
import { mongoReplicas } from './mongo/replicas.ts'
import { mongoSurfaces } from './mongo/surfaces.ts'
import { mongoTicks } from './mongo/ticks.ts'
import { Unusable } from './mongo/unusable.ts'
import { watchAgreement } from './operations/by-itself/agreement.ts'
import { watchHeld, type HeldWatch } from './operations/by-itself/held-watch.ts'
import { Queues } from './operations/by-itself/queues.ts'
import { settleOnChange, sweep } from './operations/by-itself/sweep.ts'
import type { World } from './operations/world.ts'
import { openSlack } from './slack/slack.ts'
import { serveWeb } from './web/server.ts'

export interface Running {
  readonly world: World
  /** Where HTTP is served; null when nothing is. */
  readonly port: number | null
  /** Tells admins of their day, each once, as if it were now; returns how many were told. */
  readonly sendDigests: (now: Date) => Promise<number>
  /** Stops taking, finishes what is in flight, releases, closes. */
  readonly stop: () => Promise<void>
}

/**
 * Composes everything and starts it: the only place that knows every part.
 * Waits for MongoDB as long as it takes; throws `CatalogError`, `SlackRefused` or `ConfigError` for what waiting
 * cannot mend.
 */
export async function start(
  config: Config,
  {
    log,
    environment,
    patienceMs,
    isPaced = true,
  }: {
    log: Log
    environment: NodeJS.ProcessEnv
    /** False: Slack is told as fast as there is something to tell; to measure the work and not the waiting. */
    isPaced?: boolean
    /** How long Slack may not say who is in a group before admins hear of it. */
    patienceMs?: number
  },
): Promise<Running> {
  for (const secret of secretsOf(config)) hide(secret)
  await hideVariables(config.catalogPath, environment)
  const { proxies } = config
  /** Known once MongoDB is there; until then nothing is given, and a check is signed by the best guess. */
  let clock: Clock | null = null
  const surroundings = { now: () => clock?.now() ?? new Date(), proxies }
  const systems = openSystems({ kinds: connectorKinds, surroundings })
  let world: World | null = null
  let held: HeldWatch | null = null
  let tellAdmins: (words: string, admins?: readonly string[] | null) => void = () => undefined
  const catalog = await watchCatalog({
    path: config.catalogPath,
    env: environment,
    kinds: connectorKinds,
    thread: new URL(`./catalog-worker${extname(import.meta.url)}`, import.meta.url),
    accept: async (next) => (world ? whyNot(next, world, systems) : null),
    onReload: (next) => {
      void hideVariables(config.catalogPath, environment).then(() => checkSystems(next, systems, log))
      log.info('catalog reloaded', { resources: next.resources.size })
      held?.soon()
    },
    onBroken: (problems) => {
      log.error('the catalog is broken; the last good one stays', { problems })
      tellAdmins(`The catalog is broken; the last good one stays in force.\n${problems.join('\n')}`)
    },
  })
  systems.use(catalog.current())

  /** In the order of stopping: what hears people first, what everything needs last. */
  const endings: {
    slack?: () => Promise<void>
    work?: () => Promise<void>
    rest: (() => Promise<unknown>)[]
  } = {
    rest: [() => catalog.close(), () => systems.close()],
  }
  const stop = async (): Promise<void> => {
    await endings.slack?.()
    await endings.work?.()
    for (const end of endings.rest) await end()
  }
  try {
    const connection = await connectPatiently(config.mongodbUri, log)
    endings.rest.push(() => connection.close())
    await patiently(() => ensureIndexes(connection), config.mongodbUri, log)
    const databaseClock = mongoClock(connection)
    await patiently(() => databaseClock.sample(), config.mongodbUri, log)
    clock = databaseClock
    // Not before the time is known: a system that looks at the time of a call would refuse us for a wrong one.
    void checkSystems(catalog.current(), systems, log)
    const people = mongoPeople(connection)
    const surfaces = mongoSurfaces(connection)
    const slack = openSlack({ ...config, people, surfaces, log, isPaced })
    endings.slack = () => slack.stopListening()
    const queues = new Queues()
    const agreement = await watchAgreement({
      id: randomBytes(10).toString('hex'),
      replicas: mongoReplicas(connection),
      catalog: () => catalog.current(),
      clock,
      log,
      tell: (words) => tellAdmins(words),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    })
    endings.rest.unshift(() => agreement.stop())
    const made: World = {
      grants: mongoGrants(connection, clock, log),
      holds: mongoHolds(connection, log),
      people,
      quotas: mongoQuotas(connection),
      preApprovals: mongoPreApprovals(connection, log),
      losses: mongoLosses(connection, log),
      directory: slack.directory,
      catalog: () => catalog.current(),
      agrees: () => agreement.agrees(),
      systems: (id) => systems.get(id),
      clock,
      queues,
      log,
      random: Math.random,
      newId: () => randomBytes(10).toString('hex'),
    }
    world = made
    tellAdmins = (words, admins) => {
      slack
        .tellAdmins(made, words, admins)
        .catch((error: unknown) => log.warn('could not tell the admins', { error }))
    }
    // Before Slack: taking back what is due waits for nobody.
    const stopSettling = settleOnChange(made)
    const watch = watchHeld(made, {
      tell: (words, admins) => tellAdmins(words, admins),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    })
    held = watch
    const sendDigests = (now: Date) => slack.sendDigests(made, now)
    const table = jobsOf(made, watch, sendDigests)
    const jobs = await startJobs(made, connection, { ticks: mongoTicks(connection), table })
    endings.work = async () => {
      await watch.stop()
      await jobs.stop()
      stopSettling()
      await queues.stop()
      await slack.stop()
    }
    const probes = {
      slack: () => slack.isConnected(),
      mongodb: async () => (await connection.db?.command({ ping: 1 }))?.['ok'] === 1,
      sweep: () => jobs.isRunning('sweep'),
    }
    const web =
      config.port === null
        ? null
        : await serveWeb({ port: config.port, slack: slack.requestListener, probes })
    endings.rest.unshift(async () => web?.close())
    // What the catalog names no longer ends now; whoever left, once Slack can be asked.
    await watch.look().catch((error: unknown) => log.error('could not look at what is held now', { error }))
    const lost = await lostSystems(made)
    await slack.start(made, { catalogFault: () => catalog.fault(), held: watch })
    watch.soon()
    if (lost !== null) tellAdmins(lost)
    log.info('curfew is running', { transport: config.transport.kind, port: web?.port ?? null })
    return { world: made, port: web?.port ?? null, sendDigests, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What a catalog's `${NAME}` stand for are secrets mostly: none of them is to be read in the log. */
async function hideVariables(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const texts = await readTexts(path)
  if (!texts.ok) return
  for (const { text } of texts.texts)
    for (const [, name = ''] of text.matchAll(/\$\{(\w+)\}/g)) hide(environment[name] ?? '')
}

/** A reload must not make us forget how to take something back, nor look for it in another place. Opens its systems. */
async function whyNot(next: Catalog, world: World, systems: Systems): Promise<string | null> {
  const inUse = [...(await world.holds.systemsInUse())].filter((id) => systems.get(id) !== null)
  const dropped = inUse.filter((id) => !next.systems.has(id))
  if (dropped.length > 0)
    return `access is still held on ${dropped.join(', ')}: keep the system until it has ended`
  const moved = inUse.filter((id) => {
    const [here, there] = [systems.get(id)?.connector.where, placeOf(next, id)]
    return here === undefined || there === null || !isSamePlace(here, there)
  })
  if (moved.length > 0)
    return `access is still held on ${moved.join(', ')}: keep its address until it has ended`
  try {
    systems.use(next)
    return null
  } catch (error) {
    return `its systems cannot be opened: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Where a catalog's system would be: asked of a connector that is never called. */
function placeOf(catalog: Catalog, systemId: string): string | null {
  const system = catalog.systems.get(systemId)
  const kind = system && connectorKinds.get(system.connector)
  if (!kind) return null
  const connector = kind.connect(system.settings, {
    timeoutMs: system.timeoutMs,
    now: () => new Date(),
    proxies: null,
  })
  void connector.close()
  return connector.where
}

/** At the start nothing can be refused: what is held on a system that nobody names any more is an alarm. */
async function lostSystems(world: World): Promise<string | null> {
  const inUse = await world.holds.systemsInUse()
  const lost = [...inUse].filter((id) => world.systems(id) === null)
  if (lost.length === 0) return null
  world.log.error('access is held on systems that are not in the catalog', { systems: lost })
  return `Access is held on ${lost.join(', ')}, but the catalog does not name that system any more. Curfew cannot take it back until it does.`
}

/** What runs how often. The sweep comes first: it is run once before anything else is. */
const jobsOf = (
  world: World,
  watch: HeldWatch,
  sendDigests: (now: Date) => Promise<number>,
): readonly Job[] => [
  { name: 'sweep', everyMs: 1_000, lockMs: 2_000, overdueMs: 3_000, run: () => sweep(world) },
  { name: 'held', everyMs: 60_000, lockMs: 60_000, overdueMs: 65_000, run: () => watch.look() },
  {
    name: 'digest',
    everyMs: 600_000,
    lockMs: 600_000,
    overdueMs: 660_000,
    run: async () => {
      const sent = await sendDigests(world.clock.now())
      if (sent > 0) world.log.info('told admins of their day', { sent })
    },
  },
]

/** Says early what giving would say late: whether each system can be reached and lets us in. Warms its connections too. */
async function checkSystems(catalog: Catalog, systems: Systems, log: Log): Promise<void> {
  await Promise.all(
    [...catalog.systems.keys()].map(async (id) => {
      const system = systems.get(id)
      try {
        await system?.connector.check(AbortSignal.timeout(system.timeoutMs))
        log.info('system can be reached', { system: id })
      } catch (error) {
        log.error('system cannot be used now', { system: id, error })
      }
    }),
  )
}

const asConfigError = (error: unknown): unknown =>
  error instanceof Unusable ? new ConfigError(error.message, { cause: error }) : error

const connectPatiently = (uri: string, log: Log): Promise<Connection> =>
  patiently(() => connect(uri), uri, log)

/** Again and again until it is done: an outage ends, whatever is done meanwhile. Throws what waiting cannot mend. */
async function patiently<T>(work: () => Promise<T>, uri: string, log: Log): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const unusable = error instanceof Unusable ? error : asUnusable(uri, error)
      if (unusable instanceof Unusable) throw asConfigError(unusable)
      log.warn('waiting for MongoDB', { error })
      await sleep(1_000)
    }
  }
}
