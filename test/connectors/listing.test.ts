import { setTimeout as sleep } from 'node:timers/promises'
import { call, giveCall } from '../../src/testing.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aPostgresThatMakesLogins } from './postgres-harness.ts'
import { mongoAccepted } from '../../src/mongo/accepted.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { guarded } from '../../src/connectors/guarded.ts'
import { reconcile, type Place, type ReconcileWorld } from '../../src/operations/reconcile.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

const soon = () => AbortSignal.timeout(5_000)
const testOnPostgres = hasPostgres(18) ? test : test.skip
testOnPostgres(
  'a login that Curfew made for a grant that runs is nobody who holds the role without a grant',
  async () => {
    const system = await aPostgresThatMakesLogins(18)
    const connector = system.connect()
    try {
      const { target: temporary } = await system.aTarget()
      const role = { role: temporary['role'] }
      const principal = 'riley@contractor.example'
      await connector.give(giveCall(principal, temporary))
      // The same catalog may give the same role to people's own logins: that place is compared as well.
      const { principals } = await connector.list({ target: role, after: null, signal: soon() })
      const before = await connector.has({ principal, target: temporary, signal: soon() })
      // What an admin's "Take it back…" does of each who is named there.
      for (const stray of principals) await connector.take(call(stray, role))
      const after = await connector.has({ principal, target: temporary, signal: soon() })
      expect({ principals, before, after }).toEqual({ principals: [], before: true, after: true })
    } finally {
      await connector.close()
      await system.stop()
    }
  },
  60_000,
)

test('a system whose pages go round in a circle holds up no other: comparing it ends', async () => {
  const database = await aDatabase()
  try {
    await ensureIndexes(database.connection)
    const { connection } = database
    const clock = mongoClock(connection)
    await clock.sample()
    let pages = 0
    let isOver = false
    const connector = guarded(
      {
        give: async () => undefined,
        take: async () => undefined,
        has: async () => false,
        // An offset that its server takes modulo, a cursor that began anew: each page names another one as the next.
        list: async ({ after }) => {
          pages++
          await sleep(1)
          if (isOver) return { principals: [], next: null }
          return { principals: ['kim'], next: after === 'one' ? 'two' : 'one' }
        },
        check: async () => [],
        canonical: () => 'readers',
        where: 'here',
        hasLagMs: 0,
        lateMs: 0,
        close: async () => undefined,
      },
      { system: 'orders-pg', kind: 'radius', timeoutMs: 500, log: noLog },
    )
    const place: Place = { system: 'orders-pg', canonical: 'readers', target: {}, entitlements: [] }
    const world: ReconcileWorld = {
      holds: mongoHolds(connection, noLog),
      grants: mongoGrants(connection, clock, noLog),
      accepted: mongoAccepted(connection),
      systems: () => ({ connector, timeoutMs: 500, isSilent: connector.isSilent }),
      clock,
    }
    const running = reconcile(world, place).then(
      (found) => `said ${found.unexplained.count}`,
      () => 'refused',
    )
    const ended = await Promise.race([running, sleep(10_000, `never ends: ${pages} pages`)])
    isOver = true
    await running
    await connector.close()
    expect(ended).toBe('refused')
  } finally {
    await database.drop()
  }
}, 60_000)
