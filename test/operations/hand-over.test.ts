import { ConnectorError, type Connector, type HandOver } from '../../src/domain/connector.ts'
import type { Active } from '../../src/domain/grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoTickets } from '../../src/mongo/tickets.ts'
import { lookAtTicket, showByTicket, showSecret, ticketToShow } from '../../src/operations/hand-over.ts'
import { Queues } from '../../src/operations/by-itself/queues.ts'
import type { World } from '../../src/operations/world.ts'
import { ada, anActiveGrant, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

const text = 'a-secret-that-was-just-made'

/** Riley holds it until a time from now; the system makes what it is told to. */
async function aWorld({
  make = () => Promise.resolve([{ label: 'Password', text }]),
  brings = null,
  forMs = 600_000,
  has = true,
  handOverOn = 'modal',
  isAfterRestore = false,
  timesShown = 0,
}: {
  make?: HandOver['make']
  brings?: HandOver['brings']
  forMs?: number
  has?: boolean | Error
  handOverOn?: 'modal' | 'page'
  isAfterRestore?: boolean
  timesShown?: number
} = {}) {
  const { connection } = database
  const clock = mongoClock(connection)
  await clock.sample()
  let made = 0
  const connector: Connector = {
    give: async () => undefined,
    take: async () => undefined,
    has: () => (has instanceof Error ? Promise.reject(has) : Promise.resolve(has)),
    list: async () => ({ principals: [], next: null }),
    check: async () => [],
    canonical: () => 'read',
    where: 'here',
    hasLagMs: 0,
    lateMs: 0,
    close: async () => undefined,
    handOver: {
      what: 'password',
      isFor: () => true,
      brings,
      make: (call) => {
        made++
        return make(call)
      },
    },
  }
  const grants = mongoGrants(connection, clock, noLog)
  const holds = mongoHolds(connection, noLog)
  const endsAt = new Date(clock.now().getTime() + forMs)
  const first = anActiveGrant()
  const shown = { type: 'shown', at: clock.now(), by: riley, on: 'modal' } as const
  const grant: Active = {
    ...first,
    endsAt,
    heldUntil: endsAt,
    secret: { what: 'password', brings: brings?.label ?? null },
    history: [...first.history, ...Array.from({ length: timesShown }, () => shown)],
  }
  await grants.insert(grant)
  const { system, place } = grant
  const key = { system, principal: place.principal, canonical: place.canonical }
  const leased = await holds.lease({ ...key, target: place.target }, 5_000)
  if (!leased.taken) throw new Error('nobody has it')
  const claim = { grantId: grant.id, end: endsAt }
  await holds.write(key, leased.hold.token, { where: 'here', claim, keepMs: 0 })
  const systems = new Map([[system, { id: system, handOver: handOverOn }]])
  const world = {
    grants,
    holds,
    tickets: mongoTickets(connection),
    catalog: () => ({ systems }),
    isAfterRestore: () => isAfterRestore,
    systems: () => ({ connector, timeoutMs: 1_000, isSilent: () => false }),
    clock,
    queues: new Queues(),
    log: noLog,
  } as unknown as World
  const look = (by = riley, brought: string | null = null) =>
    showSecret(world, { grantId: grant.id, by, on: 'modal', brought })
  return { world, grant, key, look, made: () => made }
}

const refusalOf = (outcome: object) => (isRefusal(outcome) ? outcome.refused : 'shown')

test('its holder is shown it, the history says so, and nothing of it is kept', async () => {
  const { world, grant, look } = await aWorld()
  expect(await look()).toEqual({ shown: [{ label: 'Password', text }] })
  const after = await world.grants.get(grant.id)
  expect(after?.history.at(-1)).toMatchObject({ type: 'shown', by: riley, on: 'modal' })
  const collections = (await database.connection.db?.collections()) ?? []
  const kept = await Promise.all(collections.map((one) => one.find().toArray()))
  expect(JSON.stringify(kept)).not.toContain(text)
})

test('of a making whose end nobody heard nothing is shown, and what it may still do is watched', async () => {
  const { world, grant, key, look } = await aWorld({
    make: () => Promise.reject(new ConnectorError('the reply was lost', { retryable: true })),
  })
  const outcome = await look()
  const hold = await world.holds.get(key)
  expect(refusalOf(outcome)).toBe('not-made-now')
  expect((await world.grants.get(grant.id))?.history.some(({ type }) => type === 'shown')).toBe(false)
  // The lease runs out by itself, and whoever has it next finds the call.
  expect(hold).toMatchObject({ call: 'give' })
  expect(hold && hold.leaseUntil > hold.readAt).toBe(true)
})

test.each<[string, Parameters<typeof aWorld>[0], string]>([
  ['the system says that it is not held', { has: false }, 'not-made-now'],
  ['the end is so near that a call could last beyond it', { forMs: 5_000 }, 'not-held'],
  ['a restore is not explained yet', { isAfterRestore: true }, 'not-made-now'],
  ['what must be brought is missing', { brings: { label: 'Public key', hint: '' } }, 'not-made'],
  ['it is shown on a page alone', { handOverOn: 'page' }, 'not-made'],
  ['it was shown a hundred times', { timesShown: 100 }, 'not-made'],
])('nothing is made where %s', async (_, about, refused) => {
  const { look, made } = await aWorld(about)
  expect([refusalOf(await look(riley, ' ')), made()]).toEqual([refused, 0])
})

test('who cannot be shown it as the system does not answer hears so, and nothing was made', async () => {
  const { look, made } = await aWorld({ has: new ConnectorError('no answer in time', { retryable: true }) })
  expect(await look()).toMatchObject({ refused: 'not-made-now', reasons: ['no answer in time'] })
  expect(made()).toBe(0)
})

test('nobody but its holder has it made, or is given a link', async () => {
  const { world, grant, look, made } = await aWorld()
  expect(refusalOf(await look(ada))).toBe('not-yours')
  expect(refusalOf(await ticketToShow(world, { grantId: grant.id, by: ada }))).toBe('not-yours')
  expect(made()).toBe(0)
})

test('what one holder brought and cannot be used leaves their link good, and a link is good once', async () => {
  const { world, grant } = await aWorld({
    brings: { label: 'Public key', hint: 'one line' },
    make: ({ brought }) =>
      brought === 'good'
        ? Promise.resolve([{ label: 'Certificate', text }])
        : Promise.reject(new ConnectorError('that is no key', { retryable: false, happened: 'no' })),
  })
  const made = await ticketToShow(world, { grantId: grant.id, by: riley })
  const ticket = isRefusal(made) ? '' : made.ticket
  const outcomes = []
  for (const brought of [null, 'bad', 'good', 'good'])
    outcomes.push(await showByTicket(world, { ticket, brought }))
  expect(outcomes.map(refusalOf)).toEqual(['not-made', 'not-made', 'shown', 'bad-ticket'])
  expect(refusalOf(await lookAtTicket(world, ticket))).toBe('bad-ticket')
})
