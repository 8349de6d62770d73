import { ConnectorError, type Connector } from '../../src/domain/connector.ts'
import { mongoAccepted } from '../../src/mongo/accepted.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import {
  differs,
  reconcile,
  stillListed,
  type Place,
  type ReconcileWorld,
} from '../../src/operations/reconcile.ts'
import { anActiveGrant } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

const place: Place = {
  system: 'orders-pg',
  canonical: 'readers',
  target: { role: 'readers' },
  entitlements: ['orders read'],
}
const keyOf = (principal: string) => ({ ...place, principal })

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

/** A world whose one system says that these hold the place, in pages of so many. */
async function aWorld(
  holders: readonly string[],
  { pageOf = 1_000, list }: { pageOf?: number; list?: Connector['list'] } = {},
) {
  const { connection } = database
  const clock = mongoClock(connection)
  await clock.sample()
  const asked: string[] = []
  const connector: Connector = {
    give: async () => undefined,
    take: async () => undefined,
    has: async ({ principal }) => {
      asked.push(principal)
      return holders.includes(principal)
    },
    list:
      list ??
      (async ({ after }) => {
        const at = Number(after ?? 0)
        const next = at + pageOf
        return {
          principals: holders.slice(at, next),
          next: next < holders.length ? String(next) : null,
        }
      }),
    check: async () => [],
    canonical: () => 'readers',
    where: 'here',
    hasLagMs: 0,
    lateMs: 0,
    close: async () => undefined,
  }
  const world: ReconcileWorld = {
    holds: mongoHolds(connection, noLog),
    grants: mongoGrants(connection, clock, noLog),
    accepted: mongoAccepted(connection),
    systems: (id) => (id === place.system ? { connector, timeoutMs: 1_000, isSilent: () => false } : null),
    clock,
  }
  return { world, asked }
}

const inAnHour = () => new Date(Date.now() + 3_600_000)

/** A grant that runs, and its claim on the hold. */
async function granted(
  { holds, grants }: ReconcileWorld,
  principal: string,
  end = inAnHour(),
): Promise<void> {
  const id = `grant of ${principal}`
  const grant = anActiveGrant({ id, requestId: id, reason: principal })
  await grants.insert({ ...grant, subject: { ...grant.subject, id: `p-${principal}` } })
  await claimed({ holds }, principal, id, end)
}

async function claimed(
  { holds }: Pick<ReconcileWorld, 'holds'>,
  principal: string,
  grantId: string,
  end: Date,
): Promise<void> {
  const lease = await holds.lease(keyOf(principal), 5_000)
  if (!lease.taken) throw new Error('busy')
  await holds.write(keyOf(principal), lease.hold.token, { claim: { grantId, end }, where: 'here', keepMs: 0 })
}

test('what a system says and grants say is compared, page by page', async () => {
  const { world } = await aWorld(['ada', 'kim', 'mallory', 'riley', 'visitor'], { pageOf: 2 })
  await granted(world, 'ada')
  await granted(world, 'riley')
  await granted(world, 'sam')
  const found = await reconcile(world, place)
  expect(found).toMatchObject({
    holders: 5,
    unexplained: { count: 3, first: ['kim', 'mallory', 'visitor'] },
    missing: { count: 1, first: ['sam'] },
    left: { count: 0, first: [] },
  })
  expect(differs(found)).toBe(true)
})

test('where all is as it should be nothing differs, and nobody is asked about alone', async () => {
  const { world, asked } = await aWorld(['ada'])
  await granted(world, 'ada')
  const found = await reconcile(world, place)
  expect(differs(found)).toBe(false)
  expect(asked).toEqual([])
})

test('what an admin found fine is counted and not reported, until its day', async () => {
  const { world } = await aWorld(['kim', 'mallory'])
  const accepted = { ...keyOf('kim'), until: inAnHour(), by: 'ada', at: new Date() }
  await world.accepted.accept([
    accepted,
    { ...accepted, principal: 'mallory', until: new Date(Date.now() - 1_000) },
  ])
  const found = await reconcile(world, place)
  expect(found).toMatchObject({ accepted: 1, unexplained: { count: 1, first: ['mallory'] } })
})

test('what is being given right now is no difference', async () => {
  const { world } = await aWorld([])
  await granted(world, 'riley')
  await world.holds.lease(keyOf('riley'), 5_000)
  expect((await reconcile(world, place)).missing.count).toBe(0)
})

test('what was given while it was listed is explained', async () => {
  const { world } = await aWorld([], {
    list: async () => {
      await granted(world, 'riley')
      return { principals: ['riley'], next: null }
    },
  })
  expect((await reconcile(world, place)).unexplained.count).toBe(0)
})

test('what was listed late, and is there when it is asked for alone, is not missing', async () => {
  const { world, asked } = await aWorld(['riley'], { list: async () => ({ principals: [], next: null }) })
  await granted(world, 'riley')
  expect((await reconcile(world, place)).missing.count).toBe(0)
  expect(asked).toEqual(['riley'])
})

test('what is claimed by grants that are not there any more is left over, and a grant that still ends is not', async () => {
  const { world } = await aWorld(['riley', 'sam'])
  await claimed(world, 'riley', 'restored without it', new Date(Date.now() - 60_000))
  await granted(world, 'sam', new Date(Date.now() - 60_000))
  expect(await reconcile(world, place)).toMatchObject({ left: { count: 1, first: ['riley'] } })
})

test('a system that cannot be listed says nothing: not that all is missing', async () => {
  const { world } = await aWorld([], {
    list: () => Promise.reject(new ConnectorError('away', { retryable: true, happened: 'no' })),
  })
  await granted(world, 'riley')
  await expect(reconcile(world, place)).rejects.toThrow('away')
})

test('a system that lists the same page for ever is given up', async () => {
  const { world } = await aWorld([], { list: async () => ({ principals: ['kim'], next: 'again' }) })
  await expect(reconcile(world, place)).rejects.toThrow('lists the same page again')
})

test('a system that goes in a circle, or always names one more page, is given up', async () => {
  const lists: Connector['list'][] = [
    async ({ after }) => ({ principals: ['riley'], next: after === 'a' ? 'b' : 'a' }),
    async ({ after }) => ({ principals: ['riley'], next: String(Number(after ?? 0) + 1) }),
  ]
  for (const list of lists) {
    const { world } = await aWorld([], { list })
    await expect(reconcile(world, place)).rejects.toThrow(/lists the same page again|lists without an end/)
  }
})

test('who is listed still, whatever is said of them alone, is told', async () => {
  const { world } = await aWorld(['kim', 'riley', 'sam'], { pageOf: 1 })
  expect([...(await stillListed(world, place, ['sam', 'mallory', 'kim']))].sort()).toEqual(['kim', 'sam'])
})

test('a hundred thousand members fit into little memory', async () => {
  const pageOf = 1_000
  const { world } = await aWorld([], {
    list: async ({ after }) => {
      const at = Number(after ?? 0)
      const principals = Array.from({ length: pageOf }, (_, i) => `member-number-${at + i}@example.com`)
      return { principals, next: at + pageOf < 100_000 ? String(at + pageOf) : null }
    },
  })
  const before = process.memoryUsage().rss
  const found = await reconcile(world, place)
  const moreMB = (process.memoryUsage().rss - before) / 1e6
  expect(found).toMatchObject({ holders: 100_000, unexplained: { count: 100_000 } })
  expect(found.unexplained.first).toHaveLength(1_000)
  expect(moreMB).toBeLessThan(150)
})
