import { written } from './ring.ts'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../src/log.ts'
import type { MetricsConfig } from '../../src/config.ts'
import type { RingKeys } from '../../src/domain/ring-keys.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { ClientAddress } from '../../src/web/trusted-proxies.ts'
import { start, type Running } from '../../src/main.ts'
import { afterThis, aWorkspace } from '../workspace/support/a-workspace.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { aCast, logins, type Cast } from './cast.ts'
import { ordersCatalog } from './catalogs.ts'
import { aDatabase } from './database.ts'
import { freePort } from './free-port.ts'
import { anOrdersDatabase, type OrdersDatabase } from './orders-database.ts'

export interface Stage extends Cast {
  readonly workspace: Workspace
  readonly database: OrdersDatabase
  /** The running app; replaced by `restart`. */
  readonly app: Running
  readonly catalogPath: string
  writeCatalog(text: string): Promise<void>
  stopApp(): Promise<void>
  startApp(options?: { isAfterRestore?: boolean }): Promise<Running>
  /** What the app needs when it is run as a process of its own. */
  readonly environment: Readonly<Record<string, string>>
}

function quietLog(): Log {
  const log = createLog(process.env['CURFEW_TEST_LOG'] ?? 'error')
  if (!process.env['CURFEW_TEST_LOG']) log.error = () => undefined
  return log
}

let shared: Promise<OrdersDatabase> | null = null

/** One guarded database for a test file; everyone's roles are gone again after each test. */
const ordersDatabase = (): Promise<OrdersDatabase> => (shared ??= anOrdersDatabase(logins))

afterAll(async () => {
  await (await shared)?.stop()
  shared = null
})

/** The whole of Curfew on real parts: MongoDB, a local Slack with Slack's own limits, a guarded database, the app itself. Gone after the test. */
export async function aStage(
  options: {
    transport?: 'socket' | 'http'
    /** HTTP is served in Socket Mode too, as where a directory writes. */
    isServed?: boolean
    /** In one file; or in several of one folder, by their names. */
    catalog?: (cast: Cast, workspace: Workspace) => string | Readonly<Record<string, string>>
    env?: Record<string, string>
    /** How long Slack may not say who is in a group before admins hear of it. */
    patienceMs?: number
    /** The app's own MongoDB server, where the test needs one that it can break. */
    mongodb?: string
    /** Hears every line that the app logs, as it is before secrets are cut from it. */
    log?: Log
    /** Where HTTP is served, by whoever must know before; else on a free one. */
    port?: number
    /** What people confirm with; its pages are named so, and served on this machine all the same. */
    confirming?: { keys: RingKeys; publicUrl: string | null; clientOf?: ClientAddress }
    /** By which the record of all that happens is marked; none: there is no record. */
    auditKeys?: RingKeys
    /** Where the app serves metrics, and to whom. */
    metrics?: MetricsConfig
    /** False: the test starts the app itself. */
    started?: boolean
  } = {},
): Promise<Stage> {
  const { transport = 'socket', catalog = (cast: Cast) => ordersCatalog(cast), started = true } = options
  const [workspace, store, database] = await Promise.all([
    aWorkspace(),
    aDatabase(options.mongodb),
    ordersDatabase(),
  ])
  workspace.limits.enforce()
  afterThis(() => store.drop())
  afterThis(() => database.forgetRoles())
  const cast = aCast(workspace)
  const folder = await mkdtemp(join(tmpdir(), 'curfew-test-'))
  afterThis(() => rm(folder, { recursive: true }))
  const first = catalog(cast, workspace)
  const catalogPath = join(folder, typeof first === 'string' ? 'catalog.yml' : 'catalog')
  const writeCatalog = async (text: string) => {
    await writeFile(`${catalogPath}.new`, text)
    await rename(`${catalogPath}.new`, catalogPath)
  }
  if (typeof first === 'string') await writeCatalog(first)
  else await mkdir(catalogPath)
  if (typeof first !== 'string')
    for (const [name, text] of Object.entries(first)) await writeFile(join(catalogPath, name), text)
  const port = transport === 'http' || options.isServed === true ? (options.port ?? (await freePort())) : null
  if (transport === 'http' && port !== null)
    workspace.deliverOverHttp(`http://127.0.0.1:${port}/slack/events`)
  const log = options.log ?? quietLog()
  const environment = {
    ORDERS_MONGODB_URL: database.curfewUrl,
    CATALOG_VARIABLES: 'ORDERS_*, GATE_*',
    ...(options.confirming ? { CURFEW_KEYS: written(...options.confirming.keys) } : {}),
    ...(options.auditKeys ? { AUDIT_KEYS: written(...options.auditKeys) } : {}),
    ...options.env,
  }
  let app: Running | null = null
  const startApp = async ({ isAfterRestore = false } = {}) => {
    app = await start(
      {
        botToken: workspace.botToken,
        transport:
          transport === 'http'
            ? { kind: 'http', signingSecret: workspace.signingSecret }
            : { kind: 'socket', appToken: workspace.appToken },
        port,
        mongodbUri: uriOf(store.uri, store.name),
        catalogPath,
        slackApiUrl: workspace.apiUrl,
        logLevel: 'error',
        proxies: null,
        keys: options.confirming?.keys ?? null,
        auditKeys: options.auditKeys ?? null,
        auditCheckpoints: null,
        auditKeepMs: null,
        auditForward: null,
        aws: null,
        clientOf: options.confirming?.clientOf ?? null,
        metrics: options.metrics ?? null,
        publicUrl:
          options.confirming === undefined
            ? port === null
              ? null
              : `http://127.0.0.1:${port}`
            : options.confirming.publicUrl,
      },
      {
        log,
        environment,
        isAfterRestore,
        ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
      },
    )
    return app
  }
  const stopApp = async () => {
    const running = app
    app = null
    await running?.stop()
  }
  afterThis(stopApp)
  if (started) await startApp()
  return {
    ...cast,
    workspace,
    database,
    catalogPath,
    writeCatalog,
    startApp,
    stopApp,
    environment: {
      ...environment,
      SLACK_BOT_TOKEN: workspace.botToken,
      ...(transport === 'http'
        ? { SLACK_SIGNING_SECRET: workspace.signingSecret }
        : { SLACK_APP_TOKEN: workspace.appToken }),
      ...(port === null ? {} : { PORT: String(port) }),
      MONGODB_URI: uriOf(store.uri, store.name),
      CATALOG: catalogPath,
      SLACK_API_URL: workspace.apiUrl,
    },
    get app() {
      if (app === null) throw new Error('the app is not running')
      return app
    },
  }
}

export function uriOf(server: string, name: string): string {
  const uri = new URL(server)
  uri.pathname = `/${name}`
  return uri.toString()
}
