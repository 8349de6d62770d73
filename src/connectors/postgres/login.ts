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
const literal = (text: string) => pg.escapeLiteral(text)

/** Longer than any name of a role can be: no role is written the same. */
export const canonicalLogin = (role: string): string =>
  `a temporary login, made for the time of its grant, that is a member of ${role}`

/** What the names of a person's logins for a role begin with, and no others' do. Each has a random end. */
function stemOf(principal: string, role: string): string {
  const readable = principal
    .toLowerCase()
    .replace(/@.*$/s, '')
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 40)
  const hash = createHash('sha256').update(`${principal}\0${role}`).digest('hex').slice(0, 10)
  return `${readable}_${hash}_`
}

const found = z.object({ login: z.string(), logsIn: z.boolean(), isMember: z.boolean() })
type Found = z.infer<typeof found>

const holder = z.object({ login: z.string(), principal: z.string() })

interface Logins extends Way {
  /** Drops it once nothing can be opened by it. */
  tidy(call: Call): Promise<void>
  make(call: HandOverCall): ReturnType<NonNullable<Connector['handOver']>['make']>
}

export function logins(server: Server, versionAt: (signal: AbortSignal) => Promise<number>): Logins {
  async function look({ principal, target, signal }: Parameters<Connector['has']>[0]): Promise<Found | null> {
    const role = roleOf(target)
    const [row] = await server.read(`look up the login of ${principal}`, {
      text: `
        SELECT login.rolname AS login, login.rolcanlogin AS "logsIn",
          EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS membership
            JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
            WHERE membership.member = login.oid AND role.rolname = $3
          ) AS "isMember"
        FROM pg_catalog.pg_roles AS login
        WHERE starts_with(login.rolname, $1) AND pg_catalog.shobj_description(login.oid, 'pg_authid') = $2
        ORDER BY login.rolcanlogin DESC LIMIT 1`,
      values: [stemOf(principal, role), marker + principal, role],
      row: found,
      signal,
    })
    return row ?? null
  }

  async function cut(place: Parameters<Connector['has']>[0]): Promise<void> {
    const row = await look(place)
    if (row !== null) await cutSessions(server, row.login, place.signal)
  }

  return {
    async has(place) {
      const row = await look(place)
      return row !== null && row.logsIn && row.isMember
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
      const doing = `make a login for ${principal}, a member of ${role}`
      const isNew = (await versionAt(signal)) >= withGrantors
      const how = `LOGIN VALID UNTIL ${literal(until.toISOString())}`
      const change = alone(
        { principal, role },
        `IF login IS NULL THEN
           ${isNew ? "SET LOCAL createrole_self_grant = 'set, inherit';" : ''}
           EXECUTE format('CREATE ROLE %I', fresh);
           EXECUTE format('COMMENT ON ROLE %I IS %L', fresh, ${literal(marker + principal)});
           login := fresh;
         ELSIF NOT opens THEN
           ${renamed}
         END IF;
         EXECUTE format('ALTER ROLE %I ', login) || ${literal(how)};
         EXECUTE format('GRANT %I TO %I', ${literal(role)}, login) || ${literal(isNew ? ' WITH INHERIT TRUE, SET TRUE' : '')};`,
      )
      try {
        await server.change(doing, change, signal)
      } catch (error) {
        if (sqlState(error) !== states.undefinedObject) throw error
        throw refused(doing, `the role ${role} does not exist`, error)
      }
    },

    async take({ principal, target, signal }) {
      const role = roleOf(target)
      const isHeld = `EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS membership
        JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
        JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
        WHERE member.rolname = login AND role.rolname = ${literal(role)}
      )`
      const change = alone(
        { principal, role },
        `IF login IS NOT NULL THEN
           EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', login);
           IF ${isHeld} THEN EXECUTE format('REVOKE %I FROM %I', ${literal(role)}, login); END IF;
         END IF;`,
      )
      await server.change(`close the login of ${principal} for ${role}`, change, signal)
    },

    cut,

    async tidy({ principal, target, signal }) {
      const role = roleOf(target)
      const change = alone(
        { principal, role },
        `IF login IS NOT NULL AND NOT opens THEN EXECUTE format('DROP ROLE %I', login); END IF;`,
      )
      await server.change(`drop the login of ${principal} for ${role}`, change, signal)
    },

    async make({ principal, target, signal }) {
      const role = roleOf(target)
      const doing = `make a password for ${principal}`
      const password = randomBytes(24).toString('base64url')
      const fresh = freshName(principal, role)
      const change = alone(
        { principal, role, fresh },
        `IF login IS NULL OR NOT opens THEN RAISE undefined_object; END IF;
         ${renamed}
         EXECUTE format('ALTER ROLE %I PASSWORD %L', login, ${literal(verifierOf(password))});`,
      )
      try {
        await server.change(doing, change, signal)
      } catch (error) {
        if (sqlState(error) !== states.undefinedObject) throw error
        throw refused(doing, 'there is no login open for them', error)
      }
      // Whoever came in by the password before has to come in anew.
      await cutSessions(server, fresh, signal)
      return [
        { label: 'User name', text: fresh },
        { label: 'Password', text: password },
      ]
    },
  }
}

const freshName = (principal: string, role: string): string =>
  stemOf(principal, role) + randomBytes(3).toString('hex')

/** Whoever is half way through signing in is checked by the password of before: by that name there is nobody to be then. */
const renamed = `
  EXECUTE format('ALTER ROLE %I RENAME TO %I', login, fresh);
  login := fresh;`

/**
 * One at a time for this person and role, with their login in `login` (null: none), and whether it `opens` anything:
 * nobody changes it between look and act. `fresh` is a name that nobody has had.
 */
const alone = (
  {
    principal,
    role,
    fresh = freshName(principal, role),
  }: { principal: string; role: string; fresh?: string },
  body: string,
): string => {
  const stem = literal(stemOf(principal, role))
  const text = `DECLARE login text; opens boolean; fresh text := ${literal(fresh)};
  BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(hashtextextended('curfew ' || ${stem}, 0));
    SELECT rolname, rolcanlogin INTO login, opens FROM pg_catalog.pg_roles
      WHERE starts_with(rolname, ${stem})
        AND pg_catalog.shobj_description(oid, 'pg_authid') = ${literal(marker + principal)}
      ORDER BY rolcanlogin DESC LIMIT 1;
    ${body}
  END`
  return `DO ${literal(text)}`
}

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
