import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aCast, logins, type Cast } from '../test/support/cast.ts'
import { startMongod } from '../test/support/mongod.ts'
import { anOrdersDatabase, type OrdersDatabase } from '../test/support/orders-database.ts'
import { startWorkspace, type Workspace } from '../test/workspace/workspace.ts'
import { startAppProcess, type AppProcess } from './app-process.ts'
import { buildApp } from './build-app.ts'
import { demoCatalog } from './demo-catalog.ts'

export interface DemoParts {
  readonly workspace: Workspace
  readonly cast: Cast
  readonly database: OrdersDatabase
  readonly catalogPath: string
  readonly app: AppProcess
  stop(): Promise<void>
}

/** Starts everything real: two MongoDBs, the local Slack, the built app. `say` hears of each step. */
export async function startDemo(say: (words: string) => void): Promise<DemoParts> {
  const endings: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of endings.splice(0)) await end().catch((error: unknown) => console.error(error))
  }
  try {
    say('Building the app and starting MongoDB, a guarded orders database and a local Slack…')
    const workspace = await startWorkspace({ command: '/request-access', shortcuts: ['request_access'] })
    endings.unshift(() => workspace.close())
    const cast = aCast(workspace)
    const [store, database] = await Promise.all([
      startMongod({ replicaSet: true }),
      anOrdersDatabase(logins),
      buildApp(),
    ])
    endings.unshift(
      () => store.stop(),
      () => database.stop(),
    )
    const folder = await mkdtemp(join(tmpdir(), 'curfew-demo-'))
    endings.unshift(() => rm(folder, { recursive: true, force: true }))
    const catalogPath = join(folder, 'catalog.yml')
    await writeFile(catalogPath, demoCatalog(cast))
    say('Starting Curfew…')
    const app = await startAppProcess({
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SLACK_API_URL: workspace.apiUrl,
      MONGODB_URI: databaseOf(store.uri, 'curfew'),
      CATALOG: catalogPath,
      ORDERS_MONGODB_URL: database.curfewUrl,
    })
    endings.unshift(() => app.stop())
    return { workspace, cast, database, catalogPath, app, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function databaseOf(server: string, name: string): string {
  const uri = new URL(server)
  uri.pathname = `/${name}`
  return uri.toString()
}
