import { randomBytes } from 'node:crypto'
import { MongoClient, UUID } from 'mongodb'
import { mongodb } from '../../src/connectors/mongodb/mongodb.ts'
import { freeze } from '../support/freeze.ts'
import { startMongod } from '../support/mongod.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface MongodbHarness extends Harness {
  readonly admin: MongoClient
  /** Curfew's own login: it may grant, revoke and look up, and nothing else. */
  readonly url: string
  /** How a principal signs in. */
  urlOf(principal: string): string
}

const timeoutMs = 2_500
const password = 'p@ss:/word%'
const loginSecret = 'curfew:only@secret'

/** A real mongod with authorization on, whose databases `orders` and `billing` Curfew hands out. */
export async function aGuardedMongodb(): Promise<MongodbHarness> {
  const server = await startMongod({ replicaSet: true, auth: { user: 'root', password } })
  const port = Number(new URL(server.uri).port)
  const admin = await new MongoClient(server.uri).connect()
  const users = admin.db('admin')
  await users.command({
    createRole: 'curfew',
    roles: [],
    privileges: [
      { resource: { db: 'admin', collection: '' }, actions: ['viewUser'] },
      { resource: { db: 'orders', collection: '' }, actions: ['grantRole', 'revokeRole', 'viewRole'] },
      { resource: { db: 'billing', collection: '' }, actions: ['grantRole', 'revokeRole', 'viewRole'] },
    ],
  })
  await users.command({ createUser: 'curfew', pwd: loginSecret, roles: ['curfew'] })
  const url = loginUrl(port, 'curfew', loginSecret)
  const connect = (to: string) =>
    mongodb.connect(mongodb.settings.parse({ url: to }), surroundings(timeoutMs))

  return {
    admin,
    url,
    secrets: [loginSecret, encodeURIComponent(loginSecret), 'wrong-secret'],
    urlOf: (principal) => loginUrl(port, principal, password),
    connect: () => connect(url),
    port,
    connectBy: (by) => connect(loginUrl(by, 'curfew', loginSecret, 'directConnection=true')),
    connectUnreachable: () =>
      mongodb.connect(mongodb.settings.parse({ url: loginUrl(1, 'curfew', loginSecret) }), surroundings(300)),
    connectWithBadCredentials: () => connect(loginUrl(port, 'curfew', 'wrong-secret')),

    async aPrincipal(name = `ada-${randomBytes(4).toString('hex')}@example.com`) {
      await users.command({ createUser: name, pwd: password, roles: [] })
      return name
    },
    async fill({ role, database: db }, count) {
      const known = await users.collection('system.users').findOne({ user: 'curfew' })
      const members = Array.from({ length: count }, (_, i) => {
        const user = `member-${randomBytes(4).toString('hex')}-${i}`
        return { ...known, _id: `admin.${user}` as never, userId: new UUID(), user, roles: [{ role, db }] }
      })
      await users.collection('system.users').insertMany(members)
    },
    async vanishTarget({ role, database }) {
      await admin.db(String(database)).command({ dropRole: role })
    },
    lacking: async () => {
      const target = { database: 'billing', role: 'read' }
      const viewUser = { resource: { db: 'admin', collection: '' }, actions: ['viewUser'] }
      const grantRole = { resource: { db: 'billing', collection: '' }, actions: ['grantRole', 'viewRole'] }
      const revokeRole = { resource: { db: 'billing', collection: '' }, actions: ['revokeRole', 'viewRole'] }
      const weak = async (privileges: object[]) => {
        const name = `weak-${randomBytes(4).toString('hex')}`
        await users.command({ createRole: name, roles: [], privileges })
        await users.command({ createUser: name, pwd: password, roles: [name] })
        return connect(loginUrl(port, name, password))
      }
      return [
        {
          connector: await weak([viewUser, grantRole]),
          target,
          what: /may not revokeRole on the database billing/,
          remedy: /db: 'billing'.*\['revokeRole'\]/,
        },
        {
          connector: await weak([grantRole, revokeRole]),
          target,
          what: /may not viewUser on the database admin/,
          remedy: /db: 'admin'.*\['viewUser'\]/,
        },
      ]
    },
    async vanish(principal) {
      await users.command({ dropUser: principal })
    },
    async aTarget() {
      const role = `reader-${randomBytes(4).toString('hex')}`
      const privileges = [{ resource: { db: 'orders', collection: '' }, actions: ['find'] }]
      await admin.db('orders').command({ createRole: role, roles: [], privileges })
      return { target: { database: 'orders', role }, sameTarget: { role, database: 'orders' } }
    },
    /** Read from the record of users, which no connector touches. */
    async reallyHolds(principal, { role, database }) {
      const record = { user: principal, roles: { $elemMatch: { role, db: database } } }
      return (await users.collection('system.users').countDocuments(record)) > 0
    },
    async freeze() {
      if (!server.pid) throw new Error('only our own server can be frozen')
      const thaw = await freeze(server.pid)
      return async () => thaw()
    },
    async stop() {
      await admin.close()
      await server.stop()
    },
  }
}

const loginUrl = (port: number, user: string, secret: string, how = 'replicaSet=curfew') =>
  `mongodb://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/?${how}&authSource=admin`
