import { proven } from '../../src/audit/proven.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { holdingModel } from '../../src/mongo/holdings.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aPerson, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

const what = { resource: 'orders-db', entitlement: 'read' }
const DAY_S = 86_400

/** From when, and how long, in seconds; null: still. A moment, hours, a day more than a class ends at, years. */
const spans: readonly (readonly [number, number | null])[] = [
  [0, 0],
  [0, 1],
  [0, 60],
  [30, 61],
  [0, 240],
  [100, 3_600],
  [0, 4 ** 6 * 60],
  [1, 4 ** 6 * 60 + 1],
  [5 * DAY_S, 400 * DAY_S],
  [0, 40 * 365 * DAY_S],
  [3 * DAY_S, null],
  [-900 * DAY_S, null],
  [-20 * 365 * DAY_S, 20 * 365 * DAY_S + 7],
]

/** Each holds it so long; and all of them something else too. */
async function aRecordOfHolders() {
  const record = await aRecord()
  for (const [n, [from, length]] of spans.entries()) {
    const subject = { ...riley, id: `p${n}` }
    const history = [
      { type: 'asked', at: at(from - 5), by: subject } as const,
      { type: 'given', at: at(from), heldBefore: false } as const,
      ...(length === null ? [] : [{ type: 'taken', at: at(from + length), left: 'gone' } as const]),
    ]
    await record.happened(`g${n}`, history, { subject })
    await record.happened(`h${n}`, history, { subject, entitlement: { id: 'write', name: 'Write orders' } })
  }
  await record.records()
  return record
}

const instants = [
  -10,
  -1,
  0,
  0.5,
  1,
  30,
  59,
  60,
  90,
  91,
  240,
  3_699,
  3_700,
  4 ** 6 * 60,
  4 ** 6 * 60 + 2,
  4 * DAY_S,
  404.9 * DAY_S,
  406 * DAY_S,
  39 * 365 * DAY_S,
  41 * 365 * DAY_S,
]

const holdersAt = (second: number): string[] =>
  spans.flatMap(([from, length], n) =>
    from <= second && (length === null || from + length > second) ? [`g${n}`] : [],
  )

type Holders = Awaited<ReturnType<typeof aRecordOfHolders>>

const found = async ({ holdings }: Pick<Holders, 'holdings'>) =>
  Promise.all(
    instants.map(async (second) =>
      (await holdings.at(what, at(second))).those.map(({ grantId }) => grantId).sort(),
    ),
  )

const expected = () => instants.map((second) => holdersAt(second).sort())

test('whoever held it at an instant is found, for a moment or for years, and nobody else; each by the record', async () => {
  const record = await aRecordOfHolders()
  expect(await found(record)).toEqual(expected())
  const stored = holdingModel(record.connection).collection
  expect(await stored.countDocuments({ until: { $type: 'date' }, lasted: null })).toBe(0)
  const { those: held } = await record.holdings.at(what, at(0.5))
  const byKeys = { keys: chainKeys([record.key]), signers: signersOf([record.key]), since: at(0.5) }
  const sure = await proven(record.chain, byKeys, held)
  expect(sure.map(({ grantId, isProven }) => [grantId, isProven])).toEqual(
    held.map(({ grantId }) => [grantId, true]),
  )
  await record.connection.collection('chain').updateOne({ source: 'grant/g5/0' }, { $set: { text: '{}' } })
  const { those: later } = await record.holdings.at(what, at(100))
  const wrong = await proven(record.chain, { ...byKeys, since: at(100) }, later)
  expect(wrong.filter(({ isProven }) => !isProven).map(({ grantId }) => grantId)).toEqual(['g5'])
})

test('whoever held it at any time of a span is found once', async () => {
  const { holdings } = await aRecordOfHolders()
  const pages: string[][] = []
  for await (const page of holdings.during(what, { first: at(70), last: at(200) }, 3))
    pages.push(page.those.map(({ grantId }) => grantId))
  const inSpan = spans.flatMap(([from, length], n) =>
    from <= 200 && (length === null || from + length > 70) ? [`g${n}`] : [],
  )
  expect(pages.flat().sort()).toEqual(inSpan.sort())
  expect(Math.max(...pages.map(({ length }) => length))).toBe(3)
})

test('what an older version noted is found as before, while and after two put it among the rest', async () => {
  const record = await aRecordOfHolders()
  const stored = holdingModel(record.connection).collection
  await stored.updateMany({}, { $unset: { lasted: '' } })
  await stored.createIndex({ 'resource.id': 1, 'entitlement.id': 1, until: 1, from: 1 }, {}, {})
  await ensureIndexes(record.connection)
  expect(await found(record)).toEqual(expected())
  const last = await record.holdings.adopt('')
  expect(last).toBe('h9')
  // Somebody else began as well, and ends first.
  for (let after: string | null = ''; after !== null;) after = await record.holdings.adopt(after)
  expect(await record.holdings.adopt(last ?? '')).toBeNull()
  expect(await stored.countDocuments({ lasted: { $exists: false } })).toBe(0)
  expect((await stored.indexes()).map(({ name }) => name)).toEqual([
    '_id_',
    'resource.id_1_entitlement.id_1_lasted_1_from_1_until_1',
  ])
  expect(await found(record)).toEqual(expected())
})

test('what is noted twice, and in whatever order, is noted once', async () => {
  const { holdings, connection } = await aRecord()
  const { email: _, ...rest } = aPerson('Riley')
  const holding = {
    grantId: 'g1',
    resource: { id: 'orders-db', name: '$from' },
    entitlement: { id: 'read', name: 'Read' },
    system: 'orders',
    principal: null,
    subject: { ...rest, email: null },
    from: at(0),
  }
  for (let i = 0; i < 2; i++) {
    await holdings.note([{ what: 'until', grantId: 'g1', from: null, until: at(3_600) }])
    await holdings.note([{ what: 'from', holding }])
  }
  expect((await holdings.at(what, at(3_599))).those).toEqual([{ ...holding, until: at(3_600) }])
  expect((await holdings.at(what, at(3_600))).those).toEqual([])
  expect(await connection.collection('holdings').findOne()).toMatchObject({ lasted: 3 })
})
