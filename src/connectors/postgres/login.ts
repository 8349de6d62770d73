import pg from 'pg'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ConnectorError, type Call, type Connector, type HandOverCall } from '../../domain/connector.ts'
import { sqlState, states } from './failure.ts'
import { cutSessions } from './sessions.ts'
import type { Server } from './server.ts'
import { roleOf } from './settings.ts'
import { withGrantors } from './version.ts'
import type { Way } from './way.ts'

/*
 * A login that is made for the time of its grant, and is a member of one role. What it is for stands in its comment, which
 * it cannot change itself: a role without that comment is never touched. Until its holder asks to see a password it has
 * none, and the server never sees one: it is sent what a password is checked by (SCRAM-SHA-256).
 */

/** What the comment of such a login begins with. */
export const marker = 'made by Curfew for '
const rounds = 4_096
const name = (text: string) => pg.escapeIdentifier(text)
const literal = (text: string) => pg.escapeLiteral(text)

/** Longer than any name of a role can be: no role is written the same. */
export const canonicalLogin = (role: string): string =>
  `a temporary login, made for the time of its grant, that is a member of ${role}`

/** The same person and role have the same login, and no others. */
export function loginOf(principal: string, role: string): string {
  const readable = principal
    .toLowerCase()
    .replace(/@.*$/s, '')
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 40)
  const hash = createHash('sha256').update(`${principal}\0${role}`).digest('hex').slice(0, 10)
  return `${readable}_${hash}`
}

const found = z.object({ note: z.string().nullable(), logsIn: z.boolean(), isMember: z.boolean() })
type Found = z.infer<typeof found>

const holder = z.object({ login: z.string(), principal: z.string() })

interface Logins extends Way {
  /** Drops it once nothing can be opened by it. */
  tidy(call: Call): Promise<void>
  make(call: HandOverCall): ReturnType<NonNullable<Connector['handOver']>['make']>
}

export function logins(server: Server, versionAt: (signal: AbortSignal) => Promise<number>): Logins {
  async function look({ principal, target, signal }: Parameters<Connector['has']>[0]): Promise<Found | null> {
    const [row] = await server.read(`look up the login of ${principal}`, {
      text: `
        SELECT pg_catalog.shobj_description(login.oid, 'pg_authid') AS note, login.rolcanlogin AS "logsIn",
          EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS membership
            JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
            WHERE membership.member = login.oid AND role.rolname = $2
          ) AS "isMember"
        FROM pg_catalog.pg_roles AS login WHERE login.rolname = $1`,
      values: [loginOf(principal, roleOf(target)), roleOf(target)],
      row: found,
      signal,
    })
    return row ?? null
  }
  const isOurs = (row: Found | null, principal: string): row is Found => row?.note === `${marker}${principal}`

  return {
    async has(place) {
      const row = await look(place)
      return isOurs(row, place.principal) && row.logsIn && row.isMember
    },

    async list({ target, after, signal }) {
      const rows = await server.read(`list the logins for ${roleOf(target)}`, {
        text: `
          SELECT login.rolname AS login,
            substr(pg_catalog.shobj_description(login.oid, 'pg_authid'), ${marker.length + 1}) AS principal
          FROM pg_catalog.pg_roles AS login
          WHERE login.rolcanlogin AND login.rolname > $2
            AND starts_with(pg_catalog.shobj_description(login.oid, 'pg_authid'), $3)
            AND EXISTS (
              SELECT FROM pg_catalog.pg_auth_members AS membership
              JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
              WHERE membership.member = login.oid AND role.rolname = $1
            )
          ORDER BY login LIMIT ${pageSize}`,
        values: [roleOf(target), after ?? '', marker],
        row: holder,
        signal,
      })
      const last = rows.length < pageSize ? undefined : rows.at(-1)
      return { principals: rows.map(({ principal }) => principal), next: last?.login ?? null }
    },

    async give({ principal, target, until, signal }) {
      const role = roleOf(target)
      const login = loginOf(principal, role)
      const doing = `make the login ${login} for ${role}`
      const isNew = (await versionAt(signal)) >= withGrantors
      const how = `LOGIN VALID UNTIL ${literal(until.toISOString())}`
      const change = alone(
        login,
        `IF NOT FOUND THEN
           ${isNew ? "SET LOCAL createrole_self_grant = 'set, inherit';" : ''}
           CREATE ROLE ${name(login)} ${how};
           COMMENT ON ROLE ${name(login)} IS ${noteOf(principal)};
         ELSIF note IS DISTINCT FROM ${noteOf(principal)} THEN
           RAISE duplicate_object;
         ELSE
           ALTER ROLE ${name(login)} ${how};
         END IF;
         GRANT ${name(role)} TO ${name(login)} ${isNew ? 'WITH INHERIT TRUE, SET TRUE' : ''};`,
      )
      try {
        await server.change(doing, change, signal)
      } catch (error) {
        const state = sqlState(error)
        if (state === states.duplicateObject)
          throw refused(doing, 'a role of that name is there, and Curfew did not make it', error)
        if (state === states.undefinedObject) throw refused(doing, `the role ${role} does not exist`, error)
        throw error
      }
    },

    async take({ principal, target, signal }) {
      const role = roleOf(target)
      const login = loginOf(principal, role)
      const isHeld = `EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS membership
        JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
        JOIN pg_catalog.pg_roles AS login ON login.oid = membership.member
        WHERE login.rolname = ${literal(login)} AND role.rolname = ${literal(role)}
      )`
      const change = alone(
        login,
        `IF FOUND AND note = ${noteOf(principal)} THEN
           ALTER ROLE ${name(login)} NOLOGIN PASSWORD NULL;
           IF ${isHeld} THEN REVOKE ${name(role)} FROM ${name(login)}; END IF;
         END IF;`,
      )
      await server.change(`close the login ${login}`, change, signal)
    },

    cut: ({ principal, target, signal }) => cutSessions(server, loginOf(principal, roleOf(target)), signal),

    async tidy({ principal, target, signal }) {
      const login = loginOf(principal, roleOf(target))
      const isClosed = `EXISTS (
        SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(login)} AND NOT rolcanlogin
      )`
      const change = alone(
        login,
        `IF FOUND AND note = ${noteOf(principal)} AND ${isClosed} THEN DROP ROLE ${name(login)}; END IF;`,
      )
      await server.change(`drop the login ${login}`, change, signal)
    },

    async make({ principal, target, signal }) {
      const login = loginOf(principal, roleOf(target))
      const doing = `make a password for ${login}`
      const row = await look({ principal, target, signal })
      if (!isOurs(row, principal) || !row.logsIn) throw refused(doing, 'this login is not open')
      const password = randomBytes(24).toString('base64url')
      const change = `ALTER ROLE ${name(login)} PASSWORD ${literal(verifierOf(password))}`
      await server.change(doing, change, signal)
      // Whoever came in by the password before has to come in anew.
      await cutSessions(server, login, signal)
      return [
        { label: 'User name', text: login },
        { label: 'Password', text: password },
      ]
    },
  }
}

/** One at a time for this login, with its comment in `note` where it is there: nobody changes it between look and act. */
const alone = (login: string, body: string): string =>
  `DO ${literal(`DECLARE note text;
  BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(hashtextextended(${literal(`curfew ${login}`)}, 0));
    SELECT pg_catalog.shobj_description(oid, 'pg_authid') INTO note
      FROM pg_catalog.pg_roles WHERE rolname = ${literal(login)};
    ${body}
  END`)}`

const noteOf = (principal: string): string => literal(marker + principal)

const pageSize = 1_000

const refused = (doing: string, why: string, cause?: unknown): ConnectorError =>
  new ConnectorError(`PostgreSQL could not ${doing}: ${why}`, { retryable: false, happened: 'no', cause })

/** What the server checks a password by. Source: RFC 5803; PostgreSQL documentation, "Password Authentication". */
export function verifierOf(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256')
  const keyed = (word: string) => createHmac('sha256', salted).update(word).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`
}
