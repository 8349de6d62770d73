import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mongoose'
import { deviceMappings } from './catalog/mapped-devices.ts'
import { openCatalog } from './catalog/watch.ts'
import { ConfigError, isSetIn, opensFiles, secretsOf, type Config, type MetricsConfig } from './config.ts'
import { confirmingFor, deviceCodesFor } from './confirmers.ts'
import { openSystems } from './connectors/systems.ts'
import { lacksToConfirm } from './domain/confirming/asked-for.ts'
import { countingOf } from './domain/catalog.ts'
import { standingRules } from './domain/standing.ts'
import type { Log } from './domain/ports/log.ts'
import { observedBy, unobserved, type Observe } from './domain/ports/observe.ts'
import { untraced } from './domain/ports/trace.ts'
import { fleetSources, type FleetSources } from './fleet-sources.ts'
import { startJobs, type Job } from './jobs.ts'
import { clean, hide } from './log.ts'
import type { Shown } from './metrics/metrics.ts'
import { mongoClock } from './mongo/clock.ts'
import { asUnusable, connect } from './mongo/connection.ts'
import { mongoGrantCounts } from './mongo/grant-counts.ts'
import { mongoGrantRecords } from './mongo/grant-records.ts'
import { mongoGrants } from './mongo/grants.ts'
import { mongoHolds } from './mongo/holds.ts'
import { mongoRecordPosition } from './mongo/record-position.ts'
import { OnceMore } from './once-more.ts'
import { mongoAccepted } from './mongo/accepted.ts'
import { forwardingOf, recordingJobs, warnOfRecordLeft } from './recording.ts'
import { recordedScim } from './operations/recorded-scim.ts'
import { mongoActs } from './mongo/acts.ts'
import { unrecorded } from './domain/ports/acts.ts'
import { mongoDeviceDeliveries } from './mongo/device-deliveries.ts'
import { mongoDeviceKeys } from './mongo/device-keys.ts'
import { mongoDeviceSources } from './mongo/device-sources.ts'
import { mongoDevices } from './mongo/devices.ts'
import { mongoDifferences } from './mongo/differences.ts'
import { mongoRestores } from './mongo/restores.ts'
import { mongoLosses } from './mongo/losses.ts'
import { mongoIdentities } from './mongo/identities.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { mongoPeople } from './mongo/people.ts'
import { mongoPreApprovals } from './mongo/pre-approvals.ts'
import { mongoProvisioning } from './mongo/provisioning.ts'
import { mongoQuotas } from './mongo/quotas.ts'
import { mongoReplicas } from './mongo/replicas.ts'
import { convertSurfaces } from './mongo/convert-surfaces.ts'
import { mongoSurfaces } from './mongo/surfaces.ts'
import { mongoProofs } from './mongo/confirming/proofs.ts'
import { mongoTickets } from './mongo/tickets.ts'
import { mongoTicks } from './mongo/ticks.ts'
import { Unusable } from './mongo/unusable.ts'
import { watchAgreement } from './operations/by-itself/agreement.ts'
import { watchDevices, type DeviceWatch } from './operations/by-itself/device-watch.ts'
import { watchHeld, type HeldWatch } from './operations/by-itself/held-watch.ts'
import { mostStepMs, Queues } from './operations/by-itself/queues.ts'
import { afterRestore } from './operations/by-itself/after-restore.ts'
import { findDifferences } from './operations/by-itself/find-differences.ts'
import { settleOnChange, sweep } from './operations/by-itself/sweep.ts'
import { tellOfSilentSources } from './operations/by-itself/silent-sources.ts'
import { systemBack } from './operations/by-itself/system-back.ts'
import type { World } from './operations/world.ts'
import { directoryFrom } from './people/directory.ts'
import { provisionedPeople } from './people/provisioned-people.ts'
import { whoIsFrom } from './people/who-is.ts'
import { withDevices } from './people/with-devices.ts'
import { withWhenConfirmed } from './people/when-confirmed.ts'
import { checkSystems } from './reach.ts'
import { kindsFor } from './kinds.ts'
import { hideVariables, lostSystems, noteCatalog, reloading } from './reload.ts'
import type { SlackDirectory } from './slack/directory/directory.ts'
import { openSlack } from './slack/slack.ts'
import { readTracing, secretsOfTracing } from './tracing/variables.ts'

export interface Running {
  readonly world: World
  /** Where HTTP is served; null when nothing is. */
  readonly port: number | null
  /** Where metrics are served, where they have a port of their own. */
  readonly metricsPort: number | null
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
    isAfterRestore = false,
  }: {
    log: Log
    environment: NodeJS.ProcessEnv
    /** False: Slack is told as fast as there is something to tell; to measure the work and not the waiting. */
    isPaced?: boolean
    /** How long Slack may not say who is in a group before admins hear of it. */
    patienceMs?: number
    /** The database was restored from a backup: see `after-restore.ts`. */
    isAfterRestore?: boolean
  },
): Promise<Running> {
  for (const secret of secretsOf(config)) hide(secret)
  await hideVariables(config.catalogPath, environment)
  const { proxies } = config
  const { kinds, strangers } = await kindsFor(environment, config.catalogPath)
  const catalog = await openCatalog({
    path: config.catalogPath,
    env: environment,
    kinds,
    strangers,
    thread: new URL(`./catalog-worker${extname(import.meta.url)}`, import.meta.url),
  })

  const id = randomBytes(10).toString('hex')
  const tracing = await tracingBy(environment, { instance: id, slackApiUrl: config.slackApiUrl, log })

  /** In the order of stopping: what hears people first, what everything needs last. */
  const endings: {
    slack?: () => Promise<void>
    work?: () => Promise<void>
    rest: (() => Promise<unknown>)[]
  } = {
    // Traces last: stopping is part of what they tell.
    rest: [() => catalog.close(), async () => tracing?.stop()],
  }
  const stop = async (): Promise<void> => {
    await endings.slack?.()
    await endings.work?.()
    for (const end of endings.rest) await end()
  }
  try {
    const connection = await connectPatiently(config.mongodbUri, log)
    endings.rest.splice(-1, 0, () => connection.close())
    await patiently(() => ensureIndexes(connection), config.mongodbUri, log)
    await patiently(() => convertSurfaces(connection), config.mongodbUri, log)
    const clock = mongoClock(connection)
    await patiently(() => clock.sample(), config.mongodbUri, log)
    // Not before the time is known: a system that looks at the time of a call would refuse us for a wrong one.
    const surroundings = { now: () => clock.now(), proxies, hide, opens: opensFiles(environment) }
    // Loaded where it is served: what nobody reads is not counted.
    const measuring = config.metrics === null ? null : (await import('./metrics/metrics.ts')).openMetrics(log)
    const observe = heardBy(measuring?.observe, tracing?.observe)
    const trace = tracing?.trace ?? untraced
    const systems = openSystems({ kinds, surroundings, log, observe, clean })
    endings.rest.unshift(() => systems.close())
    systems.use(catalog.current())
    void checkSystems(catalog.current(), systems, log)
    for (const lack of lacksToConfirm(catalog.current(), isSetIn(config))) log.warn(lack)
    const people = mongoPeople(connection)
    const surfaces = mongoSurfaces(connection, log)
    const records = mongoGrantRecords(connection, clock, log)
    const provisioning = mongoProvisioning(connection)
    const beside = provisionedPeople({
      provisioning,
      identities: mongoIdentities(connection),
      people,
      rules: () => catalog.current().people,
      now: () => clock.now(),
      log,
    })
    const proofs = mongoProofs(connection)
    const devices = mongoDevices(connection, clock, log)
    const isAsked = () => catalog.current().asksWhenConfirmed
    const counting = () => countingOf(catalog.current())
    const joined = (directory: SlackDirectory) =>
      withDevices(
        withWhenConfirmed(beside.join(directory), { proofs, isAsked, counting, now: () => clock.now() }),
        { devices, isAsked: () => catalog.current().devices.sources.size > 0 },
      )
    const slack = openSlack({ ...config, people, joined, surfaces, records, log, observe, isPaced })
    endings.slack = () => slack.stopListening()
    const tellAdmins = (words: string, admins: readonly string[] | null = null): void => {
      slack
        .tellAdmins({ catalog: () => catalog.current(), clock }, words, admins)
        .catch((error: unknown) => log.warn('could not tell the admins', { error }))
    }
    const queues = new Queues({ trace, stepMs: mostStepMs })
    const agreement = await watchAgreement({
      id,
      replicas: mongoReplicas(connection),
      catalog: () => catalog.current(),
      reachesSlack: () => slack.answers(),
      clock,
      log,
      tell: tellAdmins,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    })
    endings.rest.unshift(() => agreement.stop())
    const restores = mongoRestores(connection)
    if (isAfterRestore) await patiently(() => restores.begin(), config.mongodbUri, log)
    const restored = await patiently(() => afterRestore(restores), config.mongodbUri, log)
    endings.rest.unshift(() => restored.stop())
    const acts = config.auditKeys === null ? unrecorded : mongoActs(connection)
    const grants = mongoGrants(connection, clock, log)
    const holds = mongoHolds(connection, log)
    const world: World = {
      grants: tracing?.grants(grants) ?? grants,
      holds: tracing?.holds(holds) ?? holds,
      people,
      quotas: mongoQuotas(connection),
      preApprovals: mongoPreApprovals(connection, log),
      losses: mongoLosses(connection, log),
      differences: mongoDifferences(connection, log),
      accepted: mongoAccepted(connection),
      acts,
      tickets: mongoTickets(connection),
      proofs,
      confirming: confirmingFor(connection, config, {
        proofs,
        acts,
        catalog: () => catalog.current(),
        clock,
        tell: (person, news) => slack.tellOfConfirming(person, news),
        tellAdmins,
        log,
      }),
      identities: beside.identities,
      devices,
      deviceSources: mongoDeviceSources(connection, log),
      deviceCodes: deviceCodesFor(connection, config),
      deviceKeys: mongoDeviceKeys(connection, log),
      directory: directoryFrom(slack.directory),
      catalog: () => catalog.current(),
      agrees: () => agreement.agrees(),
      isAfterRestore: () => restored.isOpen(),
      leavesSlackToOthers: () => agreement.leavesSlackToOthers(),
      systems: (id) => systems.get(id),
      clock,
      queues,
      log,
      observe,
      trace,
      random: Math.random,
      newId: () => randomBytes(10).toString('hex'),
    }
    // Before Slack: taking back what is due waits for nobody.
    const stopSettling = settleOnChange(world)
    if (measuring !== null) world.grants.onChange(measuring.onGrant)
    systems.onBack((system, back) => {
      systemBack(world, system, back).catch((error: unknown) =>
        log.warn('could not try at once what is owed to a system', { system, error }),
      )
    })
    const held = watchHeld(world, {
      tell: tellAdmins,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    })
    const hasRuleOnDevices = () => standingRules(catalog.current()).some(({ device }) => device !== null)
    const onDevices = watchDevices(world, { changed: () => hasRuleOnDevices() && held.soon() })
    await patiently(() => noteCatalog(world), config.mongodbUri, log)
    await catalog.follow(
      reloading({ path: config.catalogPath, environment, kinds, world, systems, held, tellAdmins }),
    )
    const sendDigests = (now: Date) => slack.sendDigests(world, now)
    const tellOfSilent = () => tellOfSilentSources(provisioning, tellAdmins)
    const fleets = fleetSources(world, { proxies })
    await warnOfRecordLeft(connection, config, log)
    const forward = await forwardingOf(connection, config, { ...world, tellAdmins })
    const table = [
      ...jobsOf(world, { held, onDevices, fleets, sendDigests, tellOfSilent }),
      ...recordingJobs(connection, config, { ...world, forward }),
    ]
    const ticks = mongoTicks(connection)
    const jobs = await startJobs(world, connection, { ticks, table })
    endings.work = async () => {
      await Promise.all([held.stop(), onDevices.stop(), fleets.stop(), forward?.stop()])
      await jobs.stop()
      stopSettling()
      await queues.stop()
      await slack.stop()
    }
    const written = new OnceMore<readonly string[]>(
      async (_, users) => {
        try {
          held.soonAbout(await beside.heardOf([...new Set(users)]))
        } catch (error) {
          log.warn('could not find out of whom a directory wrote', { error })
          held.soon()
        }
      },
      // What comes while others are looked at is looked at together after them.
      { merge: (earlier, later) => [...earlier, ...later] },
    )
    const scimChanged = ({ users }: { readonly users: readonly string[] }): void => {
      // Of so many everybody is looked at anyway.
      if (users.length > manyAtOnce) held.soon()
      else void written.ask('directories', users)
    }
    endings.rest.unshift(() => written.stop())
    const scimSide = async () => {
      const { mongoScim, scimActs } = await import('./mongo/scim/store.ts')
      const { mongoScimTokens } = await import('./mongo/scim/tokens.ts')
      const tokens = mongoScimTokens(connection, log)
      const store = recordedScim(mongoScim(connection, log), { acts: scimActs(acts), log })
      return { store, tokens, changed: scimChanged }
    }
    const probes = {
      slack: () => slack.isConnected(),
      mongodb: async () => (await connection.db?.command({ ping: 1 }))?.['ok'] === 1,
      sweep: () => jobs.isRunning('sweep'),
    }
    const shown =
      measuring?.showing({
        grants: mongoGrantCounts(connection, clock),
        ticks,
        record: config.auditKeys === null ? null : mongoRecordPosition(connection, forward),
        jobs: table,
        clock,
        slack,
        systems: () => systems.states(),
        log,
      }) ?? null
    const metrics = shown && config.metrics && (await openMetricsWeb(shown, config.metrics))
    endings.rest.unshift(async () => metrics?.web?.close())
    const { port, publicUrl } = config
    // Loaded where anything is served.
    const web =
      port === null
        ? null
        : await (
            await import('./web/open.ts')
          ).openWeb({
            world,
            port,
            publicUrl,
            clientOf: config.clientOf,
            slack: slack.requestListener,
            probes,
            scim: await scimSide(),
            devices: {
              deliveries: mongoDeviceDeliveries(connection),
              readerOf: deviceMappings(),
              nudge: (nudge) => fleets.nudge(nudge),
            },
            metrics: metrics?.room ?? null,
          })
    endings.rest.unshift(async () => web?.close())
    // What the catalog names no longer ends now; whoever left, once Slack can be asked.
    await held.look().catch((error: unknown) => log.error('could not look at what is held now', { error }))
    await onDevices
      .lookAtAll()
      .catch((error: unknown) => log.error('could not look at what is held on devices now', { error }))
    const lost = await lostSystems(world)
    await slack.start(world, {
      catalogFault: () => catalog.fault(),
      held,
      publicUrl: config.publicUrl,
      whoIs: whoIsFrom(slack.directory, people),
    })
    held.soon()
    if (lost !== null) tellAdmins(lost)
    restored.start(world, tellAdmins)
    const ports = { port: web?.port ?? null, metricsPort: metrics?.web?.port ?? null }
    log.info('curfew is running', { transport: config.transport.kind, ...ports })
    return { world, ...ports, sendDigests, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Loaded where traces are sent: what nobody follows costs nothing. */
async function tracingBy(
  environment: NodeJS.ProcessEnv,
  parts: { instance: string; slackApiUrl: string; log: Log },
) {
  const { tracing, ignored } = readTracing(environment)
  for (const words of ignored) parts.log.warn('a variable of OpenTelemetry is ignored', { words })
  if (tracing === null) return null
  for (const secret of secretsOfTracing(tracing)) hide(secret)
  return (await import('./tracing/tracing.ts')).openTracing(tracing, parts)
}

function heardBy(one: Observe = unobserved, other: Observe = unobserved): Observe {
  if (one === unobserved) return other
  return other === unobserved ? one : observedBy(one, other)
}

/** On a port of their own, or as a room of what is served anyway. */
async function openMetricsWeb(shown: Shown, { own, token }: MetricsConfig) {
  const { metricsRoutes, serveMetrics } = await import('./web/metrics.ts')
  if (own === null) return { web: null, room: metricsRoutes(shown, token) }
  return { web: await serveMetrics(shown, { ...own, token }), room: null }
}

/** What runs how often. The sweep comes first: it is run once before anything else is. */
const jobsOf = (
  world: World,
  {
    held,
    onDevices,
    fleets,
    sendDigests,
    tellOfSilent,
  }: {
    held: HeldWatch
    onDevices: DeviceWatch
    fleets: FleetSources
    sendDigests: (now: Date) => Promise<number>
    tellOfSilent: () => Promise<void>
  },
): readonly Job[] => [
  {
    name: 'sweep',
    everyMs: 1_000,
    lockMs: 2_000,
    // Agenda leaves up to two seconds between two of them.
    overdueMs: 2_500,
    needsSlack: false,
    run: () => sweep(world),
  },
  {
    name: 'held',
    everyMs: 60_000,
    lockMs: 60_000,
    overdueMs: 65_000,
    needsSlack: true,
    run: () => held.look(),
  },
  {
    name: 'devices',
    everyMs: 60_000,
    lockMs: 60_000,
    overdueMs: 65_000,
    needsSlack: false,
    run: () => onDevices.minute(),
  },
  {
    name: 'fleets',
    everyMs: 30_000,
    lockMs: 600_000,
    overdueMs: 660_000,
    needsSlack: false,
    run: () => fleets.look(),
  },
  {
    name: 'reconcile',
    everyMs: 6 * 3_600_000,
    lockMs: 3_600_000,
    overdueMs: 7 * 3_600_000,
    needsSlack: false,
    run: async () => {
      await findDifferences(world)
    },
  },
  {
    name: 'sources',
    everyMs: 600_000,
    lockMs: 60_000,
    overdueMs: 660_000,
    needsSlack: true,
    run: tellOfSilent,
  },
  {
    name: 'digest',
    everyMs: 600_000,
    lockMs: 600_000,
    overdueMs: 660_000,
    needsSlack: true,
    run: async () => {
      const sent = await sendDigests(world.clock.now())
      if (sent > 0) world.log.info('told admins of their day', { sent })
    },
  },
]

/** Written by one request of a directory. */
const manyAtOnce = 2_000

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
