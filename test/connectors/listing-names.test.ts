import { randomBytes } from 'node:crypto'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { mongoAccepted } from '../../src/mongo/accepted.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { reconcile, type Place, type ReconcileWorld } from '../../src/operations/reconcile.ts'
import { call, giveCall } from '../../src/testing.ts'
import { aScim2Server } from '../connectors/scim-harness.ts'
import { anActiveGrant } from '../support/builders.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

const soon = () => AbortSignal.timeout(5_000)

async function compared(connector: Connector, target: Target, principal: string) {
  const database = await aDatabase()
  try {
    const { connection } = database
    await ensureIndexes(connection)
    const clock = mongoClock(connection)
    await clock.sample()
    const place: Place = { system: 'idp', canonical: connector.canonical(target), target, entitlements: [] }
    const world: ReconcileWorld = {
      holds: mongoHolds(connection, noLog),
      grants: mongoGrants(connection, clock, noLog),
      accepted: mongoAccepted(connection),
      systems: () => ({ connector, timeoutMs: 2_500, isSilent: () => false }),
      clock,
    }
    await world.grants.insert(anActiveGrant({ id: 'g1', requestId: 'g1', reason: 'r' }))
    const key = { ...place, principal }
    const lease = await world.holds.lease(key, 5_000)
    if (!lease.taken) throw new Error('busy')
    const end = new Date(Date.now() + 3_600_000)
    await world.holds.write(key, lease.hold.token, {
      claim: { grantId: 'g1', end },
      where: connector.where,
      keepMs: 0,
    })
    return await reconcile(world, place)
  } finally {
    await database.drop()
  }
}

test('whom a grant that runs explains is held without a grant by nobody, however the system writes their name', async () => {
  const system = await aScim2Server()
  const connector = system.connect()
  try {
    const written = await system.aPrincipal(`Riley.${randomBytes(4).toString('hex')}@Example.com`)
    const principal = written.toLowerCase()
    const { target } = await system.aTarget()
    await connector.give(giveCall(principal, target))
    const before = await connector.has({ principal, target, signal: soon() })
    const { unexplained } = await compared(connector, target, principal)
    // What "Take it back…" would do of each.
    for (const stray of unexplained.first) await connector.take(call(stray, target))
    const after = await connector.has({ principal, target, signal: soon() })
    expect({ before, unexplained: unexplained.first, after }).toEqual({
      before: true,
      unexplained: [],
      after: true,
    })
  } finally {
    await connector.close()
    await system.stop()
  }
}, 60_000)
