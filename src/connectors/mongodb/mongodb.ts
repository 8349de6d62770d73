import { MongoClient } from 'mongodb'
import { z } from 'zod'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Lack,
  type Surroundings,
  type Target,
} from '../../domain/connector.ts'
import { secret } from '../secret.ts'
import { codes, serverCode } from './failure.ts'
import { serverAt } from './server.ts'

const settingsSchema = z
  .strictObject({
    url: z
      .string()
      .refine(isConnectionString, 'must be a MongoDB connection string: mongodb://… or mongodb+srv://…')
      .refine(
        (url) => !borrowsCredentials(url),
        "must hold its own login: nothing may be taken from Curfew's files or surroundings",
      ),
    /** Of the login in `url`, where it is not there. */
    password: secret.optional(),
    /** The database in which the principals' users were created. */
    authDatabase: z.string().min(1).default('admin'),
  })
  .refine(({ url, password }) => password === undefined || namesLoginAlone(url), {
    path: ['password'],
    error: 'is of the login in the url, which must name one and hold no password',
  })

const targetSchema = z.strictObject({
  database: z.string().regex(/^[^\s@/\\."$*<>:|?]+$/, 'must be the name of a MongoDB database'),
  role: z.string().min(1),
})

const doneReply = z.object({ ok: z.number() })
const usersReply = z.object({
  users: z.array(
    z.object({ user: z.string(), roles: z.array(z.object({ role: z.string(), db: z.string() })) }),
  ),
})
const privilege = z.object({
  resource: z.object({
    db: z.string().optional(),
    collection: z.string().optional(),
    anyResource: z.boolean().optional(),
  }),
  actions: z.array(z.string()),
})
const rolesReply = z.object({ roles: z.array(z.object({ role: z.string(), db: z.string() })) })
const privilegesReply = z.object({
  authInfo: z.object({ authenticatedUserPrivileges: z.array(privilege) }),
})

/**
 * A role on a database, granted to the user whose name is the principal.
 *
 * - Only roles granted to the user directly count; what a held role inherits is not seen and never taken.
 * - `grantRolesToUser` and `revokeRolesFromUser` repeat without an error, so both are idempotent.
 * - Curfew's login needs four privileges and no more: `viewUser` on the database of the users, and `grantRole`,
 *   `revokeRole` and `viewRole` on each database whose roles it hands out. It needs no access to any data.
 * - On a replica set's primary an open session feels a change at its next command. Behind mongos each router may
 *   remember the old roles for `userCacheInvalidationIntervalSecs` (30 s unless set). `has` reads the record itself.
 *
 * Source: MongoDB manual, "User Management Commands", "Privilege Actions"; the tests run it against a real server.
 */
export const mongodb: ConnectorKind<z.infer<typeof settingsSchema>> = {
  kind: 'mongodb',
  settings: settingsSchema,
  target: targetSchema,
  canonical,
  connect: ({ url, password, authDatabase }, surroundings): Connector => {
    const { timeoutMs } = surroundings
    const closedFile = closedFileOf(url, surroundings)
    const server = serverAt({ url, database: authDatabase, password }, { surroundings, closedFile })
    const writeConcern = { w: 'majority', wtimeout: timeoutMs }

    async function has({ principal, target, signal }: Parameters<Connector['has']>[0]): Promise<boolean> {
      const { role, db } = roleOf(target)
      const query = { usersInfo: { user: principal, db: authDatabase } }
      const { users } = await server.run(`look up ${principal}`, usersReply, query, signal)
      return users.some((user) => user.roles.some((held) => held.role === role && held.db === db))
    }

    /** A give of what is not there fails for good. */
    async function unknownOf(roles: readonly Role[], signal: AbortSignal): Promise<Lack[]> {
      if (roles.length === 0) return []
      const query = { rolesInfo: roles }
      const { roles: found } = await server.run('look up the roles that are given', rolesReply, query, signal)
      return roles
        .filter(({ role, db }) => !found.some((known) => known.role === role && known.db === db))
        .map(({ role, db }) => ({
          what: `the role ${role} of the database ${db} does not exist`,
          remedy: `db.getSiblingDB('${db}').createRole({ role: ${JSON.stringify(role)}, roles: [], privileges: [] })`,
        }))
    }

    return {
      has,

      async give({ principal, target, signal }) {
        const command = { grantRolesToUser: principal, roles: [roleOf(target)], writeConcern }
        await server.run(`give ${canonical(target)} to ${principal}`, doneReply, command, signal)
      },

      async take(call) {
        const { principal, target, signal } = call
        const command = { revokeRolesFromUser: principal, roles: [roleOf(target)], writeConcern }
        try {
          await server.run(`take ${canonical(target)} from ${principal}`, doneReply, command, signal)
        } catch (error) {
          const code = error instanceof ConnectorError ? serverCode(error.cause) : null
          if (code === codes.userNotFound) return
          // A role that was dropped was taken from everybody.
          if (code === codes.roleNotFound && !(await has(call))) return
          throw error
        }
      },

      /** One page: the server has no other, and one reply holds about 50,000 users. */
      async list({ target, signal }) {
        const query = { usersInfo: 1, filter: { roles: { $elemMatch: roleOf(target) } } }
        const { users } = await server.run(`list who holds ${canonical(target)}`, usersReply, query, signal)
        return { principals: users.map(({ user }) => user), next: null }
      },

      async check({ targets, signal }) {
        const query = { connectionStatus: 1, showPrivileges: true }
        const { authInfo } = await server.run('sign in', privilegesReply, query, signal)
        const isMissing = (database: string) => (action: string) =>
          !authInfo.authenticatedUserPrivileges.some((held) => allows(held, database, action))
        const users = { database: authDatabase, missing: ['viewUser'].filter(isMissing(authDatabase)) }
        const wanted = [...new Map(targets.map((target) => [canonical(target), roleOf(target)])).values()]
        const databases = [...new Set(wanted.map(({ db }) => db))].map((database) => ({
          database,
          missing: ['grantRole', 'revokeRole', 'viewRole'].filter(isMissing(database)),
        }))
        const lacks = [users, ...databases].flatMap(({ database, missing }) =>
          missing.length === 0 ? [] : [lackOf(database, missing)],
        )
        const seen = databases.filter(({ missing }) => !missing.includes('viewRole'))
        const asked = wanted.filter(({ db }) => seen.some(({ database }) => database === db))
        return [...lacks, ...(await unknownOf(asked, signal))]
      },

      canonical,
      where: placeOf(url, authDatabase),
      hasLagMs: 0,
      // `maxTimeMS` counts from when a command arrives: on the way it may be for as long as the network sends it again.
      lateMs: 30_000,
      close: () => server.close(),
    }
  },
}

interface Role {
  readonly role: string
  readonly db: string
}

function roleOf(target: Target): Role {
  const { database, role } = targetSchema.parse(target)
  return { role, db: database }
}

function canonical(target: Target): string {
  const { role, db } = roleOf(target)
  return `${role}@${db}`
}

/** An empty database is any, but for what is the server's own. */
function allows({ resource, actions }: z.infer<typeof privilege>, database: string, action: string): boolean {
  if (!actions.includes(action) && !actions.includes('anyAction')) return false
  if (resource.anyResource === true) return true
  return resource.collection === '' && (resource.db === database || resource.db === '')
}

function lackOf(database: string, actions: readonly string[]): Lack {
  const listed = actions.map((action) => `'${action}'`).join(', ')
  return {
    what: `Curfew's login may not ${actions.join(' nor ')} on the database ${database}`,
    remedy: `db.getSiblingDB('admin').grantPrivilegesToRole('curfew', [{ resource: { db: '${database}', collection: '' }, actions: [${listed}] }])`,
  }
}

/** Hosts and the users' database: what makes it this cluster and no other. */
function placeOf(url: string, authDatabase: string): string {
  const { srvHost, hosts } = new MongoClient(url).options
  const addresses = (srvHost === undefined ? hosts.map(String) : [srvHost]).map((address) =>
    address.toLowerCase().replace(/\.(?=:|$)/, ''),
  )
  return `mongodb ${[...new Set(addresses)].sort().join(',')} ${authDatabase}`
}

function namesLoginAlone(url: string): boolean {
  if (!isConnectionString(url)) return true
  const { credentials } = new MongoClient(url).options
  return credentials !== undefined && credentials.username !== '' && credentials.password === ''
}

const borrowing = /^(MONGODB-OIDC|MONGODB-AWS|GSSAPI)$/i

/** A catalog's editor could have a token or key of Curfew's own machine used against a server of theirs. */
function borrowsCredentials(url: string): boolean {
  const options = [...new URLSearchParams(url.slice(url.indexOf('?') + 1))]
  return options.some(
    ([name, value]) =>
      name.toLowerCase() === 'tlscertificatekeyfile' ||
      (name.toLowerCase() === 'authmechanism' && borrowing.test(value)),
  )
}

const fileOptions = new Set(['tlscafile', 'tlscrlfile'])

/** A file that the url has the driver read, and that is not opened to catalogs. */
function closedFileOf(url: string, { opens }: Pick<Surroundings, 'opens'>): string | null {
  const options = [...new URLSearchParams(url.slice(url.indexOf('?') + 1))]
  const files = options.filter(([name]) => fileOptions.has(name.toLowerCase())).map(([, path]) => path)
  return files.find((path) => !opens(path)) ?? null
}

function isConnectionString(url: string): boolean {
  try {
    new MongoClient(url)
    return true
  } catch {
    return false
  }
}
