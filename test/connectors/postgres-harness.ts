import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { postgres } from '../../src/connectors/postgres/postgres.ts'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { startPostgres, type Postgres, type PostgresVersion } from '../support/postgres.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface PostgresHarness extends Harness {
  readonly server: Postgres
  readonly admin: pg.Pool
  /** Connects with other settings than the usual. */
  connectWith(settings: object, timeoutMs?: number, hide?: (secret: string) => void): Connector
  /** How a principal signs in. */
  urlOf(principal: string): string
}

const timeoutMs = 2_500
const password = "p@ss:/wo'rd%"
const loginSecret = "curfew:only@s'ecret"
const { escapeIdentifier: name, escapeLiteral: literal } = pg

/** A real PostgreSQL, on which Curfew's login has the rights that the docs tell to grant, and no other. */
export async function aGuardedPostgres(version: PostgresVersion): Promise<PostgresHarness> {
  const server = await startPostgres(version)
  const { user, password: superPassword } = server.superuser
  const admin = new pg.Pool({ connectionString: server.urlOf(user, superPassword) })
  admin.on('error', () => undefined)
  await admin.query(`CREATE ROLE curfew_owner NOLOGIN; CREATE ROLE curfew LOGIN PASSWORD ${literal(loginSecret)};
    GRANT curfew_owner TO curfew; GRANT pg_signal_backend TO curfew_owner`)
  const url = (at = server.port, login = 'curfew') =>
    `postgres://${login}@127.0.0.1:${at}/postgres?sslmode=disable`
  const connect = (settings: object, ms = timeoutMs, hide: (secret: string) => void = () => undefined) =>
    postgres.connect(
      postgres.settings.parse({ url: url(), password: loginSecret, owner: 'curfew_owner', ...settings }),
      { ...surroundings(ms), hide },
    )
  const aRole = async () => {
    const role = `readers ${randomBytes(4).toString('hex')}`
    await admin.query(`CREATE ROLE ${name(role)} NOLOGIN`)
    return role
  }
  const entrust = async (role: string) => {
    const how = version >= 16 ? 'ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'ADMIN OPTION'
    await admin.query(`GRANT ${name(role)} TO curfew_owner WITH ${how}`)
  }

  return {
    server,
    admin,
    port: server.port,
    secrets: [loginSecret, encodeURIComponent(loginSecret), 'wrong-secret'],
    urlOf: (principal) => server.urlOf(principal, password),
    connect: () => connect({}),
    connectWith: connect,
    connectBy: (port) => connect({ url: url(port) }),
    connectUnreachable: () => connect({ url: url(1) }, 300),
    connectWithBadCredentials: () => connect({ password: 'wrong-secret' }),

    async aPrincipal(login = `ada-${randomBytes(4).toString('hex')}@example.com`) {
      await admin.query(`CREATE ROLE ${name(login)} LOGIN PASSWORD ${literal(password)}`)
      return login
    },
    async fill({ role }, count) {
      const prefix = randomBytes(4).toString('hex')
      await admin.query(`DO $$ BEGIN FOR i IN 1..${count} LOOP
        EXECUTE format('CREATE ROLE %I IN ROLE %I', 'member ${prefix} ' || i, ${literal(String(role))});
      END LOOP; END $$`)
    },
    async vanish(principal) {
      await admin.query(`DROP ROLE ${name(principal)}`)
    },
    async aTarget() {
      const role = await aRole()
      await entrust(role)
      return { target: { role }, sameTarget: { role } }
    },
    async vanishTarget({ role }) {
      await admin.query(`DROP ROLE ${name(String(role))}`)
    },
    lacking: async () => {
      const role = await aRole()
      await admin.query(`CREATE ROLE curfew_weak NOLOGIN`)
      return [
        {
          connector: connect({}),
          target: { role },
          what: new RegExp(`curfew_owner may not give ${role}`),
          remedy: new RegExp(`^GRANT "${role}" TO "curfew_owner" WITH ADMIN`),
        },
        {
          connector: connect({}),
          target: { role: 'no such role' },
          what: /the role no such role does not exist/,
          remedy: /^CREATE ROLE "no such role"/,
        },
        {
          connector: connect({ owner: 'nobody at all' }),
          target: { role },
          what: /the owner role nobody at all does not exist/,
          remedy: /^CREATE ROLE "nobody at all" NOLOGIN/,
        },
      ]
    },
    /** Read by the superuser, from the catalog itself. */
    async reallyHolds(principal, { role }) {
      const { rowCount } = await admin.query(
        `SELECT FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         WHERE r.rolname = $1 AND m.rolname = $2`,
        [role, principal],
      )
      return (rowCount ?? 0) > 0
    },
    async freeze() {
      const thaw = await server.freeze()
      return async () => thaw()
    },
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}

/** The same, where giving makes a login. */
export async function aPostgresThatMakesLogins(version: PostgresVersion): Promise<PostgresHarness> {
  const own = await aGuardedPostgres(version)
  const { admin, server } = own
  await admin.query('ALTER ROLE curfew_owner CREATEROLE')
  const temporary = (target: Target): Target => ({ ...target, login: 'temporary' })
  const noteOf = (principal: string) => literal(`made by Curfew for ${principal}`)
  /** Acts in the name of a role that may give this one, and is made as told. */
  const weak = async (made: string) => {
    const owner = `owner ${randomBytes(4).toString('hex')}`
    const { target } = await own.aTarget()
    await admin.query(`CREATE ROLE ${name(owner)} ${made}; GRANT ${name(owner)} TO curfew;
      GRANT ${name(String(target['role']))} TO ${name(owner)} WITH ADMIN OPTION`)
    return { owner, target: temporary(target), connector: own.connectWith({ owner }) }
  }
  return {
    ...own,
    aPrincipal: async (principal = `ada-${randomBytes(4).toString('hex')}@example.com`) => principal,
    vanish: null,
    async aTarget() {
      const { target, sameTarget } = await own.aTarget()
      return { target: temporary(target), sameTarget: temporary(sameTarget) }
    },
    async fill({ role }, count) {
      const prefix = randomBytes(4).toString('hex')
      await admin.query(`DO $$ BEGIN FOR i IN 1..${count} LOOP
        EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 'made ${prefix} ' || i, ${literal(String(role))});
        EXECUTE format('COMMENT ON ROLE %I IS %L', 'made ${prefix} ' || i, 'made by Curfew for member ${prefix} ' || i);
      END LOOP; END $$`)
    },
    lacking: async () => {
      const makesNone = await weak('NOLOGIN IN ROLE pg_signal_backend')
      const endsNone = await weak('NOLOGIN CREATEROLE')
      return [
        { ...makesNone, what: /may not make logins/, remedy: /^ALTER ROLE "owner .*" CREATEROLE$/ },
        { ...endsNone, what: /may not end sessions/, remedy: /^GRANT pg_signal_backend TO "owner .*"$/ },
      ]
    },
    async reallyHolds(principal, { role }) {
      const { rowCount } = await admin.query(
        `SELECT FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         WHERE r.rolname = $1 AND m.rolcanlogin AND shobj_description(m.oid, 'pg_authid') = ${noteOf(principal)}`,
        [role],
      )
      return (rowCount ?? 0) > 0
    },
    handOver: {
      brings: async () => null,
      secretsIn: (shown) => shown.filter(({ label }) => label === 'Password').map(({ text }) => text),
      opens: async (shown) => {
        const text = (label: string) => shown.find((part) => part.label === label)?.text ?? ''
        const session = new pg.Client({
          connectionString: server.urlOf(text('User name'), text('Password')),
        })
        session.on('error', () => undefined)
        const isIn = await session.connect().then(
          () => true,
          () => false,
        )
        await session.end().catch(() => undefined)
        return isIn
      },
    },
  }
}
