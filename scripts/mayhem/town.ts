import { randomBytes } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { Secret, TOTP } from 'otpauth'
import { keyRing } from '../../src/confirming/key-ring.ts'
import { totpMethod } from '../../src/confirming/totp.ts'
import { mongoTotp } from '../../src/mongo/confirming/totp.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { aBillingDatabase, type BillingDatabase } from '../../test/support/billing-database.ts'
import { anIdentityProvider } from '../../test/support/identity-provider.ts'
import { anOrdersDatabase, type OrdersDatabase } from '../../test/support/orders-database.ts'
import { aKey, written } from '../../test/support/ring.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import type { Channel } from '../../test/workspace/state/directory.ts'
import { buildApp } from '../build-app.ts'
import type { ScimAccess } from '../scim-access.ts'
import { makeScimToken } from '../scim-token.ts'
import { startDatabase, type Database } from './database.ts'
import { Dice } from './dice.ts'
import type { Diary } from './diary.ts'
import { watchHunger, type Hunger } from './hunger.ts'
import { asWritten, mayhemCatalog, type Edits } from './mayhem-catalog.ts'
import { startReplica, type Replica } from './replicas.ts'
import { openSystems, type Systems } from './systems.ts'

export interface Citizen {
  readonly person: Person
  /** What they are called on every system. */
  readonly login: string
  /** What their authenticator app shows now. */
  code(): string
}

/** What everything happens in. */
export interface Town {
  readonly workspace: Workspace
  readonly channels: readonly Channel[]
  readonly citizens: readonly Citizen[]
  /** They need access themselves now and then. */
  readonly approvers: readonly Citizen[]
  readonly database: Database
  readonly replicas: readonly Replica[]
  readonly orders: OrdersDatabase
  readonly billing: BillingDatabase
  readonly systems: Systems
  readonly hunger: Pick<Hunger, 'all' | 'share'>
  /** For the company's directory, by way of this replica. */
  scimAt(url: string): ScimAccess
  readonly laptopsSecret: string
  /** For the command line. */
  readonly environment: Readonly<Record<string, string>>
  writeCatalog(edits: Edits): Promise<void>
  /** Who what, by system: held before Curfew came. */
  readonly heldBefore: ReadonlySet<string>
  stop(): Promise<void>
}

/** How pages are named; nobody listens there, each replica has a port of its own. */
export const publicUrl = 'http://localhost:9'

const approverNames = ['Ada', 'Sam', 'Kim'] as const

export async function buildTown(
  folder: string,
  { seed, citizens, replicas, diary, say }: TownOptions,
): Promise<Town> {
  const endings: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of endings.splice(0)) await end().catch((error: unknown) => console.error(error))
  }
  try {
    say('Starting a replica set of three, PostgreSQL, a guarded MongoDB, a network and a local Slack…')
    const workspace = await startWorkspace({ command: '/request-access', keepCalls: 1_000_000 })
    endings.unshift(() => workspace.close())
    const logins = Array.from({ length: citizens }, (_, n) => `c${n + 1}`)
    const everyLogin = [...logins, ...approverNames.map((name) => name.toLowerCase())]
    await mkdir(join(folder, 'database'))
    const [database, ordersDatabase, billingDatabase] = await Promise.all([
      startDatabase(join(folder, 'database'), diary),
      anOrdersDatabase(everyLogin),
      aBillingDatabase(everyLogin),
      buildApp(),
    ])
    if (billingDatabase === null) throw new Error('there is no PostgreSQL: ./scripts/servers')
    const systems = await openSystems({
      orders: portOf(ordersDatabase.curfewUrl),
      billing: portOf(billingDatabase.curfewUrl),
      seed,
      vpnHeld: ['c3 main'],
    })
    endings.unshift(
      () => database.stop(),
      () => ordersDatabase.stop(),
      () => billingDatabase.stop(),
      () => systems.stop(),
    )

    const channels = ['orders', 'billing', 'network'].map((name) => workspace.addChannel({ name, app: true }))
    const [orders, billing, network] = channels
    if (!orders || !billing || !network) throw new Error('no channels')
    const member = (name: string, email: string) => workspace.addPerson({ name, email, channels })
    const approvers = approverNames.map((name) => member(name, `${name.toLowerCase()}@acme.example`))
    workspace.addGroup({ handle: 'dba', members: approvers })
    const people = logins.map((login) =>
      member(`Contractor ${login.slice(1)}`, `${login}@contractor.example`),
    )

    const catalogPath = join(folder, 'catalog.yml')
    const ids = { orders: orders.id, billing: billing.id, vpn: network.id }
    const writeCatalog = async (edits: Edits) => {
      await writeFile(`${catalogPath}.new`, mayhemCatalog(ids, edits))
      await rename(`${catalogPath}.new`, catalogPath)
    }
    await writeCatalog(asWritten)

    const heldBefore = new Set(['orders c1 orders/read', 'billing c2 billing_readers', 'vpn c3 main'])
    await ordersDatabase.giveByHand('c1', 'read')
    await billingDatabase.giveByHand('c2')

    const key = aKey('chaos')
    const laptopsSecret = `whsec_${randomBytes(32).toString('base64')}`
    const environment = {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SLACK_API_URL: workspace.apiUrl,
      MONGODB_URI: database.uri.replace('/?', '/curfew?'),
      CATALOG: catalogPath,
      PUBLIC_URL: publicUrl,
      CURFEW_KEYS: written(key),
      AUDIT_KEYS: written(aKey('record')),
      ORDERS_URL: behind(ordersDatabase.curfewUrl, systems.orders),
      BILLING_URL: behind(billingDatabase.curfewUrl, systems.billing),
      BILLING_PASSWORD: billingDatabase.curfewPassword,
      VPN_URL: systems.vpn.url,
      VPN_SECRET: systems.vpn.secret,
      LAPTOPS_SECRET: laptopsSecret,
      CATALOG_VARIABLES: 'ORDERS_*, BILLING_*, VPN_*, LAPTOPS_*',
    }
    const dice = new Dice(seed, 'clocks')
    say(`Starting ${replicas} replicas, with clocks that differ by hours…`)
    const scim = await makeScimToken('okta', environment)
    const scimAt = (url: string): ScimAccess => ({
      token: scim.token,
      address: `${url}${new URL(scim.address).pathname}`,
    })
    const running: Replica[] = []
    endings.unshift(async () => Promise.all(running.map((replica) => replica.stop())))
    for (let n = 1; n <= replicas; n += 1) {
      const aheadMs = dice.between(-3_600_000, 3_600_000)
      running.push(await startReplica(`replica-${n}`, folder, environment, { aheadMs, diary }))
    }
    const hunger = watchHunger(running)
    endings.unshift(async () => hunger.stop())
    say(`${citizens} people move in…`)
    const okta = anIdentityProvider(scimAt(running[0]?.url ?? ''))
    const hired = (hire: () => Promise<string>) => diary.tells({ type: 'user-created', id: null }, hire)
    const grouped = (make: () => Promise<string>) => diary.tells({ type: 'group-created', id: null }, make)
    const users = new Map<string, string>()
    for (const { name, account } of [...approvers, ...people]) {
      const email = account.email ?? ''
      users.set(email, await hired(() => okta.hires({ name, email })))
    }
    const contractors = people.flatMap(({ account }) => users.get(account.email ?? '') ?? [])
    await grouped(() => okta.makesGroup('contractors', contractors))
    await grouped(() => okta.makesGroup('managers'))
    await grouped(() => okta.makesGroup('oncall'))

    const connection = await mongoose.createConnection(environment.MONGODB_URI).asPromise()
    const store = mongoPeople(connection)
    const totp = totpMethod({
      store: mongoTotp(connection),
      ring: keyRing([key]),
      now: () => new Date(),
      issuer: 'Curfew',
    })
    const known: Citizen[] = []
    for (const person of [...approvers, ...people]) {
      const { id, name, account } = person
      const who = await store.seen(
        { userId: id, teamId: workspace.teamId },
        { name, email: account.email ?? null },
      )
      const secret = Secret.fromBase32(totp.offer(who, 'moving in').secret.replaceAll(' ', ''))
      const codeAt = (timestamp: number) => new TOTP({ secret }).generate({ timestamp })
      await totp.enrol(who, 'moving in', codeAt(Date.now() - 30_000))
      known.push({
        person,
        login: account.email?.split('@')[0] ?? '',
        code: () => codeAt(Date.now()),
      })
    }
    await connection.close()
    return {
      workspace,
      channels,
      citizens: known.slice(approvers.length),
      approvers: known.slice(0, approvers.length),
      database,
      replicas: running,
      orders: ordersDatabase,
      billing: billingDatabase,
      systems,
      hunger,
      scimAt,
      laptopsSecret,
      environment,
      writeCatalog,
      heldBefore,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface TownOptions {
  readonly seed: number
  readonly citizens: number
  readonly replicas: number
  readonly diary: Diary
  say(words: string): void
}

const portOf = (url: string): number => Number(new URL(url).port)

function behind(url: string, { port }: { port: number }): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.toString()
}
