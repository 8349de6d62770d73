import { setTimeout as passes } from 'node:timers/promises'
import type { Connector } from '../../../src/domain/connector.ts'
import { dueOf } from '../../../src/domain/due.ts'
import type { Active } from '../../../src/domain/grant.ts'
import { blankHold } from '../../../src/domain/hold.ts'
import { mongoGrants } from '../../../src/mongo/grants.ts'
import { mongoHolds } from '../../../src/mongo/holds.ts'
import { sweep } from '../../../src/operations/by-itself/sweep.ts'
import type { World } from '../../../src/operations/world.ts'
import { anActiveGrant, at } from '../../support/builders.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { noLog } from '../../support/no-log.ts'
import { aSlackSide } from '../../support/slack-side.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
})
afterEach(() => database.drop())

test('what should have ended is not shown as active, and is said aloud, though only another version can read its hold', async () => {
  const { grants, sweeps } = await isHeld(1)
  await sweeps({ times: 30, everyMs: 10_000, until: async () => false })
  const now = await grants.get('m0')
  expect(now).toMatchObject({ status: 'revoking', lastError: 'a hold cannot be read' })
  expect(now?.status === 'revoking' && now.alertedAt).toBeInstanceOf(Date)
})

test('an end is not late though thousands of other holds can be read by another version alone', async () => {
  const { grants, sweeps } = await isHeld(2_100)
  const hasEnded = async () => (await grants.get('ends'))?.status === 'ended'
  await sweeps({ times: 10, everyMs: 1_000, until: hasEnded })
  expect(await hasEnded()).toBe(true)
}, 60_000)

/** So many end at 1,000 s whose holds are of a later version, and one at 1,012 s; it is 1,010 s. */
async function isHeld(many: number) {
  const { connection } = database
  const side = aSlackSide()
  let nowMs = at(1_010).getTime()
  side.setNow(new Date(nowMs))
  const grants = mongoGrants(connection, side.world.clock, noLog)
  const world: World = {
    ...side.world,
    grants,
    holds: mongoHolds(connection, noLog),
    systems: () => ({ connector, timeoutMs: 2_000, isSilent: () => false }),
    clock: {
      ...side.world.clock,
      sleep: (ms) => passes(Math.min(ms, 20)),
      within: async (_ms, work) => ({ done: true, value: await work(new AbortController().signal) }),
    },
  }
  const ids = Array.from({ length: many }, (_, n) => `m${n}`)
  const [first] = ids.map((id) => anEnding(id, 1_000))
  if (!first) throw new Error('none')
  await grants.insert(first)
  const stored = connection.collection('grants')
  const document = await stored.findOne({ _id: 'm0' as never })
  const others = ids.slice(1).map((id) => {
    const place = { ...first.place, principal: id }
    return { ...document, _id: id as never, requestId: id, place }
  })
  if (others.length > 0) await stored.insertMany(others)
  await grants.insert(anEnding('ends', 1_012))
  const { system, place } = first
  const held = [...ids, 'ends'].map((id) => ({
    _id: JSON.stringify([system, id, place.canonical]) as never,
    ...blankHold,
    system,
    principal: id,
    canonical: place.canonical,
    target: place.target,
    claims: { [id]: at(1_000) },
    // It knows one more way to leave.
    ...(id === 'ends' ? {} : { lastLeft: { grantId: 'earlier', left: 'kept-elsewhere', keptUntil: null } }),
  }))
  await connection.collection('holds').insertMany(held)
  const goesOn = (ms: number): void => {
    nowMs += ms
    side.setNow(new Date(nowMs))
  }
  const sweeps = async ({
    times,
    everyMs,
    until,
  }: {
    times: number
    everyMs: number
    until: () => Promise<boolean>
  }): Promise<void> => {
    for (let i = 0; i < times && !(await until()); i++) {
      await sweep(world)
      while (world.queues.size > 0) {
        await passes(20)
        goesOn(20)
      }
      goesOn(everyMs)
    }
  }
  return { grants, sweeps }
}

function anEnding(id: string, seconds: number): Active {
  const grant = anActiveGrant({ id, requestId: id, unshown: false })
  const ends = { ...grant, endsAt: at(seconds), warnAt: null, place: { ...grant.place, principal: id } }
  return { ...ends, dueAt: dueOf(ends) }
}

const connector: Connector = {
  give: async () => undefined,
  take: async () => undefined,
  has: async () => false,
  list: async () => ({ principals: [], next: null }),
  check: async () => [],
  canonical: (target) => JSON.stringify(target),
  where: 'here',
  hasLagMs: 0,
  lateMs: 0,
  close: async () => undefined,
}
