import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newRingKey } from '../src/domain/ring-keys.ts'
import { aCast, logins, type Cast } from '../test/support/cast.ts'
import { aBillingDatabase, type BillingDatabase } from '../test/support/billing-database.ts'
import { startMongod } from '../test/support/mongod.ts'
import { freePort } from '../test/support/free-port.ts'
import { anOrdersDatabase, type OrdersDatabase } from '../test/support/orders-database.ts'
import type { Company } from '../test/workspace/practice/company.ts'
import type { Laptop } from '../test/workspace/practice/laptop.ts'
import { Phones } from '../test/workspace/practice/phones.ts'
import { startWorkspace, type Workspace } from '../test/workspace/workspace.ts'
import { startAppProcess, type AppProcess } from './app-process.ts'
import { buildApp } from './build-app.ts'
import { demoCatalog } from './demo-catalog.ts'
import { companySource, demoCompany } from './demo-company.ts'
import { demoLaptop, newLaptopsSecret } from './demo-laptop.ts'
import { makeEnrolmentCode } from './enrolment-code.ts'
import { ownFolder } from './own-folder.ts'
import { makeScimToken } from './scim-token.ts'

export interface DemoParts {
  readonly workspace: Workspace
  readonly cast: Cast
  readonly database: OrdersDatabase
  /** Null where no PostgreSQL can be had. */
  readonly billing: BillingDatabase | null
  /** What the catalog's variables stand for. */
  readonly variables: Record<string, string>
  readonly catalogPath: string
  readonly app: AppProcess
  /** What the app is started with, for its command line. */
  readonly environment: Readonly<Record<string, string>>
  readonly company: Company
  readonly phones: Phones
  /** Riley's, unplugged at first. */
  readonly laptop: Laptop
  stop(): Promise<void>
}

/** Starts everything real: two MongoDBs, the local Slack, the built app. `say` hears of each step. */
export async function startDemo(
  say: (words: string) => void,
  catalog: { hasLongSession?: boolean; session?: string; warn?: string } = {},
): Promise<DemoParts> {
  const endings: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of endings.splice(0)) await end().catch((error: unknown) => console.error(error))
  }
  try {
    say('Building the app and starting MongoDB, a guarded orders database and a local Slack…')
    const workspace = await startWorkspace({ command: '/request-access', shortcuts: ['request_access'] })
    endings.unshift(() => workspace.close())
    const cast = aCast(workspace)
    const [store, database, billing] = await Promise.all([
      startMongod({ replicaSet: true }),
      anOrdersDatabase(logins),
      aBillingDatabase(logins),
      buildApp(),
    ])
    endings.unshift(
      () => store.stop(),
      () => database.stop(),
      async () => billing?.stop(),
    )
    const folder = await ownFolder('curfew-demo')
    endings.unshift(() => rm(folder, { recursive: true, force: true }))
    const catalogPath = join(folder, 'catalog.yml')
    await writeFile(
      catalogPath,
      demoCatalog(cast, { hasBilling: billing !== null, hasLaptops: true, ...catalog }),
    )
    const secret = newLaptopsSecret()
    const variables: Record<string, string> = {
      ORDERS_MONGODB_URL: database.curfewUrl,
      LAPTOPS_SECRET: secret,
      CATALOG_VARIABLES: 'ORDERS_*, BILLING_*, LAPTOPS_*',
    }
    if (billing !== null) {
      variables['BILLING_URL'] = billing.curfewUrl
      variables['BILLING_PASSWORD'] = billing.curfewPassword
    }
    say('Starting Curfew…')
    const port = await freePort()
    const publicUrl = `http://localhost:${port}`
    const environment = {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SLACK_API_URL: workspace.apiUrl,
      MONGODB_URI: databaseOf(store.uri, 'curfew'),
      CATALOG: catalogPath,
      PORT: String(port),
      // Browsers make passkeys for names alone.
      PUBLIC_URL: publicUrl,
      CURFEW_KEYS: newRingKey(),
      ...variables,
    }
    const access = await makeScimToken(companySource, environment)
    const app = await startAppProcess(environment)
    endings.unshift(() => app.stop())
    say('The company directory tells Curfew who works there…')
    const company = await demoCompany(cast, access)
    const phones = new Phones(publicUrl, (person) => makeEnrolmentCode(person, environment))
    const laptop = demoLaptop(cast, { publicUrl, secret })
    endings.unshift(() => laptop.close())
    return {
      workspace,
      cast,
      database,
      billing,
      variables,
      catalogPath,
      app,
      environment,
      company,
      phones,
      laptop,
      stop,
    }
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
