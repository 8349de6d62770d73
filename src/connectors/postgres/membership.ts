import pg from 'pg'
import { z } from 'zod'
import { ConnectorError, type Connector, type Target } from '../../domain/connector.ts'
import { sqlState, states } from './failure.ts'
import { marker } from './login.ts'
import type { Server } from './server.ts'
import { cutSessions } from './sessions.ts'
import { isName, roleOf, type PostgresSettings } from './settings.ts'
import { withGrantors } from './version.ts'
import type { Way } from './way.ts'

const pageSize = 1_000

const name = (text: string) => pg.escapeIdentifier(text)

/** Who has a role directly, in a way that lets them use it, but for the owner role itself. */
const members = (versionNumber: number) => `
  SELECT DISTINCT member.rolname AS principal
  FROM pg_catalog.pg_auth_members AS membership
  JOIN pg_catalog.pg_roles AS role ON role.oid = membership.roleid
  JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
  WHERE role.rolname = $1 AND member.rolname <> $2
  AND NOT pg_catalog.starts_with(COALESCE(pg_catalog.shobj_description(member.oid, 'pg_authid'), ''), '${marker}')
  ${versionNumber >= withGrantors ? 'AND (membership.inherit_option OR membership.set_option)' : ''}`

const member = z.object({ principal: z.string() })

/** Membership of a role, for people who have a login of their own. */
export function memberships(
  server: Server,
  { owner, cut }: PostgresSettings,
  versionAt: (signal: AbortSignal) => Promise<number>,
): Way {
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
        await server.change(doing, `GRANT ${name(roleOf(target))} TO ${name(principal)}${how}`, { signal })
      } catch (error) {
        if (sqlState(error) !== states.undefinedObject) throw error
        throw refused((await missingOf(target, principal, signal)) ?? 'a role does not exist', error)
      }
    },

    async take({ principal, target, signal }) {
      if (!isName(principal) || principal === owner) return
      const doing = `take ${roleOf(target)} from ${principal}`
      try {
        await server.change(doing, `REVOKE ${name(roleOf(target))} FROM ${name(principal)}`, { signal })
      } catch (error) {
        // Whoever is gone, or was given what is gone, holds nothing.
        const isGone =
          sqlState(error) === states.undefinedObject && (await missingOf(target, principal, signal)) !== null
        if (!isGone) throw error
      }
    },

    // A session that did SET ROLE before keeps it otherwise.
    cut: ({ principal, signal }) =>
      cut ? cutSessions(server, principal, { mayReturn: true, signal }) : Promise.resolve(),

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
  }
}
