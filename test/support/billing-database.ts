import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Door } from './orders-database.ts'
import { isInstalled, postgresVersions, startPostgres } from './postgres.ts'

const { escapeIdentifier: name, escapeLiteral: literal } = pg

export interface BillingDatabase {
  /** Curfew's own login: it may hand out `billing_readers`, to logins that it makes as well, and nothing else. */
  readonly curfewUrl: string
  readonly curfewPassword: string
  /** Of whoever runs the server, who sees and may do everything. */
  readonly rootUrl: string
  /** Logs in as this person and reads the invoices, as they would. */
  tryDoor(login: string, password?: string): Promise<Door>
  /** Who may read the invoices right now, as the database itself says. */
  holders(): Promise<string[]>
  /** As somebody with a shell would, behind Curfew's back. */
  giveByHand(login: string): Promise<void>
  /** Logins that were made for somebody, whether they can be used or not. */
  madeLogins(): Promise<string[]>
  /** It accepts connections and says nothing, until what this resolves to is called. */
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

/** A real PostgreSQL with two invoices, and a login without rights for everyone; null where there is none to start. */
export async function aBillingDatabase(logins: readonly string[]): Promise<BillingDatabase | null> {
  const version = postgresVersions.findLast(isInstalled)
  if (version === undefined) return null
  const server = await startPostgres(version)
  const [curfewPassword, peoplePassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')]
  const { superuser } = server
  const root = new pg.Pool({ connectionString: server.urlOf(superuser.user, superuser.password), max: 2 })
  root.on('error', () => undefined)
  await root.query(`
    CREATE TABLE invoices (number int); INSERT INTO invoices VALUES (1), (2);
    CREATE ROLE billing_readers NOLOGIN; GRANT SELECT ON invoices TO billing_readers;
    CREATE ROLE curfew_owner NOLOGIN CREATEROLE IN ROLE pg_signal_backend; GRANT billing_readers TO curfew_owner WITH ADMIN OPTION;
    CREATE ROLE curfew LOGIN PASSWORD ${literal(curfewPassword)}; GRANT curfew_owner TO curfew`)
  for (const login of logins)
    await root.query(`CREATE ROLE ${name(login)} LOGIN PASSWORD ${literal(peoplePassword)}`)
  return {
    curfewUrl: `postgres://curfew@127.0.0.1:${server.port}/postgres?sslmode=disable`,
    curfewPassword,
    rootUrl: server.urlOf(superuser.user, superuser.password),
    tryDoor: async (login, password = peoplePassword) => {
      const session = new pg.Client({ connectionString: server.urlOf(login, password) })
      session.on('error', () => undefined)
      try {
        await session.connect()
        const { rowCount } = await session.query('SELECT FROM invoices')
        return { isOpen: true, says: `${rowCount ?? 0} invoices` }
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error)
        return { isOpen: false, says: words.startsWith('permission denied') ? 'permission denied' : words }
      } finally {
        await session.end().catch(() => undefined)
      }
    },
    holders: async () => {
      const { rows } = await root.query<{ login: string }>(
        `SELECT m.rolname AS login FROM pg_auth_members a
         JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         WHERE r.rolname = 'billing_readers' AND m.rolname <> 'curfew_owner'`,
      )
      return rows.map(({ login }) => login)
    },
    giveByHand: async (login) => {
      await root.query(`GRANT billing_readers TO ${name(login)}`)
    },
    madeLogins: async () => {
      const { rows } = await root.query<{ login: string }>(
        "SELECT rolname AS login FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE 'made by Curfew for %'",
      )
      return rows.map(({ login }) => login)
    },
    freeze: () => server.freeze(),
    stop: async () => {
      await root.end()
      await server.stop()
    },
  }
}
