import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startPostgres } from './postgres.ts'

const { escapeIdentifier: name, escapeLiteral: literal } = pg

export interface WarehouseDatabase {
  /** Curfew's own login, which may hand out these roles and nothing else. */
  readonly curfewUrl: string
  readonly curfewPassword: string
  /** Who has this role right now, as the database itself says. */
  holders(role: string): Promise<string[]>
  stop(): Promise<void>
}

/** A real PostgreSQL with these roles, and a login for each of these people. */
export async function aWarehouseDatabase(
  roles: readonly string[],
  logins: readonly string[],
): Promise<WarehouseDatabase> {
  const server = await startPostgres(18)
  const { superuser } = server
  const curfewPassword = randomBytes(12).toString('hex')
  const root = new pg.Pool({ connectionString: server.urlOf(superuser.user, superuser.password), max: 2 })
  root.on('error', () => undefined)
  await root.query('CREATE ROLE curfew_owner NOLOGIN')
  for (const role of roles)
    await root.query(
      `CREATE ROLE ${name(role)} NOLOGIN; GRANT ${name(role)} TO curfew_owner WITH ADMIN OPTION`,
    )
  for (const login of logins) await root.query(`CREATE ROLE ${name(login)} LOGIN`)
  await root.query(
    `CREATE ROLE curfew LOGIN PASSWORD ${literal(curfewPassword)}; GRANT curfew_owner TO curfew`,
  )
  return {
    curfewUrl: `postgres://curfew@127.0.0.1:${server.port}/postgres?sslmode=disable`,
    curfewPassword,
    holders: async (role) => {
      const { rows } = await root.query<{ login: string }>(
        `SELECT m.rolname AS login FROM pg_auth_members a
         JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         WHERE r.rolname = $1 AND m.rolname <> 'curfew_owner' ORDER BY 1`,
        [role],
      )
      return rows.map(({ login }) => login)
    },
    stop: async () => {
      await root.end()
      await server.stop()
    },
  }
}
