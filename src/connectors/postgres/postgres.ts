import { type Connector, type ConnectorKind, type Target } from '../../domain/connector.ts'
import { lacksOf } from './check.ts'
import { canonicalLogin, logins } from './login.ts'
import { memberships } from './membership.ts'
import { serverAt } from './server.ts'
import {
  addressOf,
  isTemporary,
  postgresSettings,
  postgresTarget,
  roleOf,
  type PostgresSettings,
} from './settings.ts'
import { versionOf } from './version.ts'
import type { Way } from './way.ts'

/**
 * Membership of a role: of people's own logins (`membership.ts`), or of one that is made for the time of the grant
 * (`login.ts`).
 *
 * - What counts is a direct membership, whoever gave it; what is held through another role is not seen and never taken.
 *   From 16 on a take removes what Curfew gave and nothing else; on 15 there is but one membership for all to remove.
 * - Given in the name of a role that cannot log in (`owner`), of which Curfew's login is a member: another login can take
 *   what an earlier one gave. Least rights: `check` prints them.
 * - `cut` ends every session that the person has once the role was taken: one that did SET ROLE before keeps it otherwise.
 * - Each change carries the moment after which it does not happen, by the server's own clock.
 * - Names are looked up in `pg_catalog` alone: nobody's functions and operators run as Curfew, nor as the owner role.
 *
 * Source: PostgreSQL documentation, GRANT, pg_auth_members; the tests run it against 15, 16 and 18.
 */
export const postgres: ConnectorKind<PostgresSettings> = {
  kind: 'postgres',
  settings: postgresSettings,
  target: postgresTarget,
  canonical,
  connect: (settings, surroundings): Connector => {
    const server = serverAt(settings, surroundings)
    let knownVersion: number | null = null
    const versionAt = async (signal: AbortSignal) => (knownVersion ??= await versionOf(server, signal))
    const own = memberships(server, settings, versionAt)
    const temporary = logins(server, versionAt)
    const wayOf = (target: Target): Way => (isTemporary(target) ? temporary : own)

    return {
      give: (call) => wayOf(call.target).give(call),
      take: (call) => wayOf(call.target).take(call),
      cut: (call) => wayOf(call.target).cut(call),
      tidy: async (call) => (isTemporary(call.target) ? temporary.tidy(call) : undefined),
      handOver: { what: 'password', isFor: isTemporary, brings: null, make: (call) => temporary.make(call) },
      has: (place) => wayOf(place.target).has(place),
      list: (query) => wayOf(query.target).list(query),
      check: ({ targets, signal }) => lacksOf(server, settings, { targets, signal }),
      canonical,
      where: placeOf(settings.url),
      hasLagMs: 0,
      lateMs: 0,
      close: () => server.close(),
    }
  },
}

function canonical(target: Target): string {
  return isTemporary(target) ? canonicalLogin(roleOf(target)) : roleOf(target)
}

/** Roles are of the whole server, whichever of its databases one asks. */
function placeOf(url: string): string {
  const address = addressOf(url)
  return `postgres ${address?.host.toLowerCase().replace(/\.$/, '') ?? ''}:${address?.port ?? ''}`
}
