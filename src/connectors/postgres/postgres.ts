import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Lack,
  type Target,
} from '../../domain/connector.ts'
import { sqlState, states } from './failure.ts'
import { serverAt, type Server } from './server.ts'
import { addressOf, isName, postgresSettings, postgresTarget, type PostgresSettings } from './settings.ts'

const pageSize = 1_000
const lookAgainMs = 50
/** From here on a membership belongs to whoever gave it, and says what it lets one do. */
const withGrantors = 160_000

const name = (text: string) => pg.escapeIdentifier(text)

/** Who has a role directly, in a way that lets them use it, but for the owner role itself. */
const members = (versionNumber: number) => `
  SELECT DISTINCT member.rolname AS principal
  FROM pg_catalog.pg_auth_members AS membership
  JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
  JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
  WHERE role.rolname = $1 AND member.rolname <> $2
  ${versionNumber >= withGrantors ? 'AND (membership.inherit_option OR membership.set_option)' : ''}`

const member = z.object({ principal: z.string() })

/**
 * Membership of a role, for people who have a login of their own.
 *
 * - What counts is a direct membership, whoever gave it; what is held through another role is not seen and never taken.
 *   From 16 on a take removes what Curfew gave and nothing else; on 15 there is but one membership for all to remove.
 * - Given in the name of a role that cannot log in (`owner`), of which Curfew's login is a member: another login can take
 *   what an earlier one gave. Least rights: `check` prints them.
 * - `cut` ends every session of the person, after the role was taken: one that did SET ROLE before keeps it otherwise.
 * - The server gives up before we do (`statement_timeout`, `lock_timeout`), so that nothing happens later.
 *
 * Source: PostgreSQL documentation, GRANT, pg_auth_members; the tests run it against 15, 16 and 18.
 */
export const postgres: ConnectorKind<PostgresSettings> = {
  kind: 'postgres',
  settings: postgresSettings,
  target: postgresTarget,
  canonical: roleOf,
  connect: (settings, surroundings): Connector => {
    const server = serverAt(settings, surroundings)
    const { owner } = settings
    let knownVersion: number | null = null
    const versionAt = async (signal: AbortSignal) => (knownVersion ??= await versionOf(server, signal))

    async function has({ principal, target, signal }: Parameters<Connector['has']>[0]): Promise<boolean> {
      if (!isName(principal)) return false
      const found = await server.read(`look up ${principal}`, {
        text: `${members(await versionAt(signal))} AND member.rolname = $3`,
        values: [roleOf(target), owner, principal],
        row: member,
        signal,
      })
      return found.length > 0
    }

    /** Which of them is missing: the server's own words are in its language. */
    async function missingOf(target: Target, principal: string, signal: AbortSignal): Promise<string | null> {
      const found = await server.read('look up roles', {
        text: 'SELECT rolname AS principal FROM pg_catalog.pg_roles WHERE rolname = ANY($1)',
        values: [[roleOf(target), principal]],
        row: member,
        signal,
      })
      const known = new Set(found.map((row) => row.principal))
      if (!known.has(roleOf(target))) return `the role ${roleOf(target)} does not exist`
      return known.has(principal) ? null : `the login ${principal} does not exist`
    }

    return {
      has,

      async give({ principal, target, signal }) {
        const doing = `give ${roleOf(target)} to ${principal}`
        const refused = (why: string, cause?: unknown) =>
          new ConnectorError(`PostgreSQL could not ${doing}: ${why}`, {
            retryable: false,
            happened: 'no',
            cause,
          })
        if (!isName(principal)) throw refused('no login can be called so: names have up to 63 bytes')
        if (principal === owner) throw refused('that is the owner role itself')
        const how = (await versionAt(signal)) >= withGrantors ? ' WITH INHERIT TRUE, SET TRUE' : ''
        try {
          await server.change(doing, `GRANT ${name(roleOf(target))} TO ${name(principal)}${how}`, signal)
        } catch (error) {
          if (sqlState(error) !== states.undefinedObject) throw error
          throw refused((await missingOf(target, principal, signal)) ?? 'a role does not exist', error)
        }
      },

      async take({ principal, target, signal }) {
        if (!isName(principal) || principal === owner) return
        const doing = `take ${roleOf(target)} from ${principal}`
        try {
          await server.change(doing, `REVOKE ${name(roleOf(target))} FROM ${name(principal)}`, signal)
        } catch (error) {
          // Whoever is gone, or was given what is gone, holds nothing.
          const isGone =
            sqlState(error) === states.undefinedObject &&
            (await missingOf(target, principal, signal)) !== null
          if (!isGone) throw error
        }
      },

      ...(settings.cut ? { cut: (call) => cut(server, call) } : {}),

      async list({ target, after, signal }) {
        const rows = await server.read(`list who holds ${roleOf(target)}`, {
          text: `${members(await versionAt(signal))} AND member.rolname > $3 ORDER BY principal LIMIT ${pageSize}`,
          values: [roleOf(target), owner, after ?? ''],
          row: member,
          signal,
        })
        const principals = rows.map(({ principal }) => principal)
        return { principals, next: principals.length < pageSize ? null : (principals.at(-1) ?? null) }
      },

      check: ({ targets, signal }) => lacksOf(server, settings, { targets, signal }),
      canonical: roleOf,
      where: placeOf(settings.url),
      hasLagMs: 0,
      lateMs: 0,
      close: () => server.close(),
    }
  },
}

function roleOf(target: Target): string {
  return postgresTarget.parse(target).role
}

/** Roles are of the whole server, whichever of its databases one asks. */
function placeOf(url: string): string {
  const address = addressOf(url)
  return `postgres ${address?.host.toLowerCase().replace(/\.$/, '') ?? ''}:${address?.port ?? ''}`
}

async function versionOf(server: Server, signal: AbortSignal): Promise<number> {
  const [row] = await server.read('tell its version', {
    text: "SELECT current_setting('server_version_num')::int AS version",
    values: [],
    row: z.object({ version: z.number() }),
    signal,
  })
  return row?.version ?? 0
}

/** Ends the sessions of a person, and looks until they are gone: the signal to end is only sent. */
async function cut(
  server: Server,
  { principal, signal }: { principal: string; signal: AbortSignal },
): Promise<void> {
  const doing = `end the sessions of ${principal}`
  for (;;) {
    const open = await server.readAsOwner(doing, {
      text: `SELECT pg_catalog.pg_terminate_backend(pid) AS told
             FROM pg_catalog.pg_stat_activity
             WHERE usename = $1 AND pid <> pg_catalog.pg_backend_pid()`,
      values: [principal],
      row: z.object({ told: z.boolean() }),
      signal,
    })
    if (open.length === 0) return
    await sleep(lookAgainMs)
  }
}

const rights = z.object({
  login: z.string(),
  isStandby: z.boolean(),
  ownerLogsIn: z.boolean().nullable(),
  mayAct: z.boolean().nullable(),
  maySignal: z.boolean().nullable(),
})
const targetRow = z.object({ role: z.string(), exists: z.boolean(), mayGrant: z.boolean() })

async function lacksOf(
  server: Server,
  { owner, cut: cuts }: PostgresSettings,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const isNew = (await versionOf(server, signal)) >= withGrantors
  const [found] = await server.read('look up its rights', {
    text: `
      SELECT current_user::text AS login, pg_catalog.pg_is_in_recovery() AS "isStandby",
        owner.rolcanlogin AS "ownerLogsIn",
        pg_catalog.pg_has_role(current_user, owner.oid, '${isNew ? 'SET' : 'MEMBER'}') AS "mayAct",
        pg_catalog.pg_has_role(owner.oid, 'pg_signal_backend', 'USAGE') AS "maySignal"
      FROM (SELECT $1::text AS name) AS asked
      LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname = asked.name`,
    values: [owner],
    row: rights,
    signal,
  })
  if (found === undefined) return []
  const { login, isStandby, ownerLogsIn, mayAct, maySignal } = found
  if (isStandby) return [{ what: 'this server is a standby: nothing can be changed here', remedy: null }]
  if (ownerLogsIn === null)
    return [{ what: `the owner role ${owner} does not exist`, remedy: `CREATE ROLE ${name(owner)} NOLOGIN` }]
  const lacks: Lack[] = []
  if (ownerLogsIn)
    lacks.push({ what: `the owner role ${owner} can log in`, remedy: `ALTER ROLE ${name(owner)} NOLOGIN` })
  if (mayAct !== true)
    lacks.push({
      what: `Curfew's login ${login} may not act as ${owner}`,
      remedy: `GRANT ${name(owner)} TO ${name(login)}`,
    })
  if (cuts && maySignal !== true)
    lacks.push({
      what: `${owner} may not end sessions, which cut: true asks for`,
      remedy: `GRANT pg_signal_backend TO ${name(owner)}`,
    })
  const roles = await server.read('look up the roles that are given', {
    text: `
      SELECT asked.name AS role, role.oid IS NOT NULL AS exists,
        EXISTS (
          SELECT FROM pg_catalog.pg_auth_members AS membership
          JOIN pg_catalog.pg_roles AS owner ON owner.oid = membership.member
          WHERE membership.roleid = role.oid AND owner.rolname = $2 AND membership.admin_option
        ) AS "mayGrant"
      FROM unnest($1::text[]) AS asked (name)
      LEFT JOIN pg_catalog.pg_roles AS role ON role.rolname = asked.name`,
    values: [[...new Set(targets.map(roleOf))], owner],
    row: targetRow,
    signal,
  })
  for (const { role, exists, mayGrant } of roles) {
    if (!exists)
      lacks.push({ what: `the role ${role} does not exist`, remedy: `CREATE ROLE ${name(role)} NOLOGIN` })
    else if (!mayGrant)
      lacks.push({ what: `${owner} may not give ${role}`, remedy: grantOf(role, owner, isNew) })
  }
  return lacks
}

/** Where the server can, the owner role may give the role and not use it. */
const grantOf = (role: string, owner: string, isNew: boolean): string =>
  `GRANT ${name(role)} TO ${name(owner)} WITH ${isNew ? 'ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'ADMIN OPTION'}`
