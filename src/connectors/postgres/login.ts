import pg from 'pg'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ConnectorError, type Call, type Connector, type HandOverCall } from '../../domain/connector.ts'
import { isClash, sqlState, states } from './failure.ts'
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
  /** Mostly one: two gives at the same moment make two. */
  async function look({ principal, target, signal }: Parameters<Connector['has']>[0]): Promise<Found[]> {
    const role = roleOf(target)
    return server.read(`look up the login of ${principal}`, {
      text: `
        SELECT login.rolname AS login, login.rolcanlogin AS "logsIn",
          EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS membership
            JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
            WHERE membership.member = login.oid AND role.rolname = $3
          ) AS "isMember"
        FROM pg_catalog.pg_roles AS login
        WHERE pg_catalog.starts_with(login.rolname, $1) AND pg_catalog.shobj_description(login.oid, 'pg_authid') = $2
        ORDER BY login`,
      values: [stemOf(principal, role), marker + principal, role],
      row: found,
      signal,
    })
  }

  async function cut(place: Parameters<Connector['has']>[0]): Promise<void> {
    for (const { login } of await look(place))
      await cutSessions(server, login, { mayReturn: false, signal: place.signal })
  }

  /** Whoever has a login may lock it, so that nobody else can change it: their sessions are ended then, and it is changed. */
  async function despiteItsHolder(
    doing: string,
    changeOf: (ending: boolean) => string,
    signal: AbortSignal,
  ): Promise<void> {
    const lockMs = Math.max(50, Math.floor(server.leftMs(signal) / 5))
    for (let ending = false; ; ending = true) {
      try {
        await server.change(doing, changeOf(ending), { signal, lockMs })
        return
      } catch (error) {
        const isLocked = sqlState(error) === states.lockNotAvailable || isClash(error)
        if (!isLocked || signal.aborted || server.leftMs(signal) < lockMs) throw error
      }
    }
  }

  return {
    async has(place) {
      return (await look(place)).some(({ logsIn, isMember }) => logsIn && isMember)
    },

    async list({ target, after, signal }) {
      const rows = await server.read(`list the logins for ${roleOf(target)}`, {
        text: `
          SELECT login.rolname AS login,
            pg_catalog.substr(pg_catalog.shobj_description(login.oid, 'pg_authid'), ${marker.length + 1}) AS principal
          FROM pg_catalog.pg_roles AS login
          WHERE login.rolcanlogin AND login.rolname > $2
            AND pg_catalog.starts_with(pg_catalog.shobj_description(login.oid, 'pg_authid'), $3)
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
      const change = withLogin(
        { principal, role },
        `IF login IS NULL THEN
           EXECUTE pg_catalog.format('CREATE ROLE %I', fresh);
           EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', fresh, ${literal(marker + principal)});
           login := fresh;
         ELSIF NOT opens THEN
           ${renamed}
         END IF;
         EXECUTE pg_catalog.format('ALTER ROLE %I ', login) || ${literal(how)};
         EXECUTE pg_catalog.format('GRANT %I TO %I', ${literal(role)}, login) || ${literal(isNew ? ' WITH INHERIT TRUE, SET TRUE' : '')};`,
      )
      try {
        await server.change(doing, change, { signal })
      } catch (error) {
        if (sqlState(error) !== states.undefinedObject) throw error
        throw refused(doing, `the role ${role} does not exist`, error)
      }
    },

    async take({ principal, target, signal }) {
      const role = roleOf(target)
      const change = (ending: boolean) =>
        withEachLogin({ principal, role }, `${ending ? ended : ''} ${closed(role)}`)
      await despiteItsHolder(`close the login of ${principal} for ${role}`, change, signal)
    },

    cut,

    async tidy({ principal, target, signal }) {
      const role = roleOf(target)
      const change = withEachLogin(
        { principal, role },
        `IF NOT opens THEN EXECUTE pg_catalog.format('DROP ROLE %I', login); END IF;`,
      )
      await server.change(`drop the login of ${principal} for ${role}`, change, { signal })
    },

    async make({ principal, target, signal }) {
      const role = roleOf(target)
      const doing = `make a password for ${principal}`
      const password = randomBytes(24).toString('base64url')
      const fresh = freshName(principal, role)
      const change = (ending: boolean) => {
        const made = withLogin(
          { principal, role, fresh },
          `IF login IS NULL OR NOT opens THEN RAISE undefined_object; END IF;
           ${ending ? ended : ''}
           ${renamed}
           EXECUTE pg_catalog.format('ALTER ROLE %I PASSWORD %L', login, ${literal(verifierOf(password))});`,
        )
        const other = `IF login <> ${literal(fresh)} THEN ${ended} ${closed(role)} END IF;`
        return `${made}; ${withEachLogin({ principal, role }, other)}`
      }
      try {
        await despiteItsHolder(doing, change, signal)
      } catch (error) {
        if (sqlState(error) !== states.undefinedObject) throw error
        throw refused(doing, 'there is no login open for them', error)
      }
      // Whoever came in by the password before has to come in anew.
      await cutSessions(server, fresh, { mayReturn: false, signal })
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
  EXECUTE pg_catalog.format('ALTER ROLE %I RENAME TO %I', login, fresh);
  login := fresh;`

/** What a session of its holder keeps locked is free once the session is over: whoever waits for it comes first. */
const ended = `
  PERFORM pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = login;`

const closed = (role: string): string => `
  EXECUTE pg_catalog.format('ALTER ROLE %I NOLOGIN PASSWORD NULL', login);
  IF EXISTS (
    SELECT FROM pg_catalog.pg_auth_members AS membership
    JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
    JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
    WHERE member.rolname = login AND role.rolname = ${literal(role)}
  ) THEN EXECUTE pg_catalog.format('REVOKE %I FROM %I', ${literal(role)}, login); END IF;`

interface Whose {
  readonly principal: string
  readonly role: string
}

const theirs = ({ principal, role }: Whose): string => `
  FROM pg_catalog.pg_roles WHERE pg_catalog.starts_with(rolname, ${literal(stemOf(principal, role))})
  AND pg_catalog.shobj_description(oid, 'pg_authid') = ${literal(marker + principal)}`

/**
 * One at a time for the login in `login`; from then on it is known whether it `opens` anything. Only whoever looks after a
 * role can keep its comment locked: no third party, and not its holder.
 */
const alone = (principal: string): string => `
  BEGIN
    EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', login, ${literal(marker + principal)});
  EXCEPTION WHEN undefined_object THEN RAISE serialization_failure;
  END;
  SELECT rolcanlogin INTO opens FROM pg_catalog.pg_roles WHERE rolname = login;`

/** Their login in `login` (null: none), where there are several one that opens. `fresh` is a name that nobody has had. */
const withLogin = (
  { principal, role, fresh = freshName(principal, role) }: Whose & { readonly fresh?: string },
  body: string,
): string => {
  const text = `DECLARE login text; opens boolean; fresh text := ${literal(fresh)};
  BEGIN
    SELECT rolname INTO login ${theirs({ principal, role })} ORDER BY rolcanlogin DESC, rolname LIMIT 1;
    IF login IS NOT NULL THEN ${alone(principal)} END IF;
    ${body}
  END`
  return `DO ${literal(text)}`
}

const withEachLogin = ({ principal, role }: Whose, body: string): string => {
  const text = `DECLARE login text; opens boolean;
  BEGIN
    FOR login IN SELECT rolname ${theirs({ principal, role })} ORDER BY rolname LOOP
      ${alone(principal)}
      ${body}
    END LOOP;
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
