import pg from 'pg'
import { z } from 'zod'
import type { Lack, Target } from '../../domain/connector.ts'
import { marker } from './login.ts'
import type { Server } from './server.ts'
import { isTemporary, roleOf, type PostgresSettings } from './settings.ts'
import { versionOf, withGrantors } from './version.ts'

const name = (text: string) => pg.escapeIdentifier(text)

const rights = z.object({
  login: z.string(),
  isStandby: z.boolean(),
  ownerLogsIn: z.boolean().nullable(),
  mayAct: z.boolean().nullable(),
  maySignal: z.boolean().nullable(),
  mayMake: z.boolean().nullable(),
})
const targetRow = z.object({
  role: z.string(),
  exists: z.boolean(),
  isSuper: z.boolean(),
  mayGrant: z.boolean(),
})

/** Which of its rights are missing, each with the statement that grants it. */
export async function lacksOf(
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
        pg_catalog.pg_has_role(owner.oid, 'pg_signal_backend', 'USAGE') AS "maySignal",
        owner.rolcreaterole AS "mayMake"
      FROM (SELECT $1::text AS name) AS asked
      LEFT JOIN pg_catalog.pg_roles AS owner ON owner.rolname = asked.name`,
    values: [owner],
    row: rights,
    signal,
  })
  if (found === undefined) return []
  const { login, isStandby, ownerLogsIn, mayAct, maySignal, mayMake } = found
  const makes = targets.some(isTemporary)
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
  if (makes && mayMake !== true)
    lacks.push({
      what: `${owner} may not make logins, which login: temporary asks for`,
      remedy: `ALTER ROLE ${name(owner)} CREATEROLE`,
    })
  if ((cuts || makes) && maySignal !== true)
    lacks.push({
      what: `${owner} may not end sessions, which ${makes ? 'login: temporary' : 'cut: true'} asks for`,
      remedy: `GRANT pg_signal_backend TO ${name(owner)}`,
    })
  const roles = await server.read('look up the roles that are given', {
    text: `
      SELECT asked.name AS role, role.oid IS NOT NULL AS exists,
        role.rolsuper IS TRUE AS "isSuper",
        EXISTS (
          SELECT FROM pg_catalog.pg_auth_members AS membership
          JOIN pg_catalog.pg_roles AS owner ON owner.oid = membership.member
          WHERE membership.roleid = role.oid AND owner.rolname = $2 AND membership.admin_option
        ) AS "mayGrant"
      FROM pg_catalog.unnest($1::text[]) AS asked (name)
      LEFT JOIN pg_catalog.pg_roles AS role ON role.rolname = asked.name`,
    values: [[...new Set(targets.map(roleOf))], owner],
    row: targetRow,
    signal,
  })
  for (const { role, exists, isSuper, mayGrant } of roles) {
    if (!exists)
      lacks.push({ what: `the role ${role} does not exist`, remedy: `CREATE ROLE ${name(role)} NOLOGIN` })
    else if (isSuper)
      lacks.push({ what: `the role ${role} is a superuser, and only superusers may give it`, remedy: null })
    else if (!mayGrant)
      lacks.push({ what: `${owner} may not give ${role}`, remedy: grantOf(role, owner, isNew) })
  }
  return makes ? [...lacks, ...(await leftOver(server, signal))] : lacks
}

/** Logins that were closed and could not be dropped: they open nothing, and somebody has to look at what they own. */
async function leftOver(server: Server, signal: AbortSignal): Promise<Lack[]> {
  const rows = await server.read('look up closed logins', {
    text: `
      SELECT login.rolname AS login FROM pg_catalog.pg_roles AS login
      WHERE NOT login.rolcanlogin AND pg_catalog.starts_with(pg_catalog.shobj_description(login.oid, 'pg_authid'), $1)
        AND EXISTS (
          SELECT FROM pg_catalog.pg_shdepend AS depends
          WHERE depends.refclassid = 'pg_catalog.pg_authid'::regclass AND depends.refobjid = login.oid
        )
      ORDER BY login LIMIT 20`,
    values: [marker],
    row: z.object({ login: z.string() }),
    signal,
  })
  return rows.map(({ login }) => ({
    what: `the closed login ${login} owns something, or was granted something, and so cannot be dropped`,
    remedy: `REASSIGN OWNED BY ${name(login)} TO …; DROP OWNED BY ${name(login)} -- in each database it used`,
  }))
}

/** Where the server can, the owner role may give the role and not use it. */
const grantOf = (role: string, owner: string, isNew: boolean): string =>
  `GRANT ${name(role)} TO ${name(owner)} WITH ${isNew ? 'ADMIN TRUE, INHERIT FALSE, SET FALSE' : 'ADMIN OPTION'}`
