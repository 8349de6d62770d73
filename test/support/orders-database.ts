import { MongoClient } from 'mongodb'
import { freeze } from './freeze.ts'
import { startMongod } from './mongod.ts'

const rootPassword = 'root-of-the-demo'
const curfewPassword = 'curfew-of-the-demo'
const peoplePassword = 'person-of-the-demo'

export interface Door {
  readonly isOpen: boolean
  /** The system's own answer. */
  readonly says: string
}

export interface OrdersDatabase {
  /** Curfew's own login: it may hand out roles on `orders`, `reports` and `customers`, and nothing else. */
  readonly curfewUrl: string
  /** Of whoever runs the server, who sees and may do everything. */
  readonly rootUrl: string
  /** Logs in as this person and reads one table, as they would. */
  tryDoor(login: string, database?: string): Promise<Door>
  /** Who holds this role right now, as the database itself says. */
  holders(role: string, database?: string): Promise<string[]>
  /** As somebody with a shell would, behind Curfew's back. */
  giveByHand(login: string, role: string, database?: string): Promise<void>
  takeByHand(login: string, role: string, database?: string): Promise<void>
  /** Nobody holds anything any more. */
  forgetRoles(): Promise<void>
  /** The database stops answering until `thaw`: from when this resolves on. */
  freeze(): Promise<void>
  thaw(): void
  stop(): Promise<void>
}

/** A real MongoDB with authorization on: three orders, two reports, four customers, and a login without rights for everyone. */
export async function anOrdersDatabase(logins: readonly string[]): Promise<OrdersDatabase> {
  const server = await startMongod({ auth: { user: 'root', password: rootPassword }, passing: true })
  const { port } = new URL(server.uri)
  const urlOf = (login: string, password: string) =>
    `mongodb://${encodeURIComponent(login)}:${password}@127.0.0.1:${port}/?authSource=admin&directConnection=true`
  const root = await new MongoClient(server.uri).connect()
  await root
    .db('orders')
    .collection('orders')
    .insertMany([1, 2, 3].map((number) => ({ number, status: 'paid' })))
  await root
    .db('reports')
    .collection('reports')
    .insertMany([{ month: 'May' }, { month: 'June' }])
  await root
    .db('customers')
    .collection('customers')
    .insertMany([1, 2, 3, 4].map((number) => ({ number })))
  const databases = ['orders', 'reports', 'customers']
  await root.db('admin').command({
    createRole: 'curfew',
    roles: [],
    privileges: [
      { resource: { db: 'admin', collection: '' }, actions: ['viewUser'] },
      ...databases.map((db) => ({
        resource: { db, collection: '' },
        actions: ['grantRole', 'revokeRole', 'viewRole'],
      })),
    ],
  })
  await root.db('admin').command({ createUser: 'curfew', pwd: curfewPassword, roles: ['curfew'] })
  for (const login of logins) {
    await root.db('admin').command({ createUser: login, pwd: peoplePassword, roles: [] })
  }
  return {
    curfewUrl: urlOf('curfew', curfewPassword),
    rootUrl: server.uri,
    tryDoor: async (login, database = 'orders') => {
      const client = new MongoClient(urlOf(login, peoplePassword), { serverSelectionTimeoutMS: 2_000 })
      try {
        const count = await client.db(database).collection(database).countDocuments()
        return { isOpen: true, says: `${count} ${database}` }
      } catch (error) {
        const words = error instanceof Object && 'message' in error ? String(error.message) : String(error)
        return { isOpen: false, says: words.startsWith('not authorized') ? 'not authorized' : words }
      } finally {
        await client.close()
      }
    },
    holders: async (role, database = 'orders') => {
      const found = await root
        .db('admin')
        .command({ usersInfo: { forAllDBs: true }, filter: { roles: { role, db: database } } })
      return (found['users'] as { user: string }[]).map(({ user }) => user)
    },
    giveByHand: async (login, role, database = 'orders') => {
      await root.db('admin').command({ grantRolesToUser: login, roles: [{ role, db: database }] })
    },
    takeByHand: async (login, role, database = 'orders') => {
      await root.db('admin').command({ revokeRolesFromUser: login, roles: [{ role, db: database }] })
    },
    forgetRoles: async () => {
      for (const login of logins) {
        await root.db('admin').command({ updateUser: login, roles: [] })
      }
    },
    freeze: async () => {
      if (server.pid) await freeze(server.pid)
    },
    thaw: () => {
      if (server.pid) process.kill(server.pid, 'SIGCONT')
    },
    stop: async () => {
      await root.close()
      await server.stop()
    },
  }
}
