import { isLink, type Link } from '../../src/domain/audit/chain.ts'
import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { at, riley } from '../support/builders.ts'
import { aLongRecord, aRecord } from './a-record.ts'

/** The oldest entries go, and what is left proves still that it is all that is left. */

const right = { faultCount: 0, checkpointFaults: [], isBaseForged: false }

const between = at(45)
const linksOf = ({ connection }: Pick<Awaited<ReturnType<typeof aRecord>>, 'connection'>) =>
  connection.collection<{ _id: number; keyId?: string }>('chain')
const bases = ({ connection }: Pick<Awaited<ReturnType<typeof aRecord>>, 'connection'>) =>
  connection.collection<{ _id: string; number: number }>('chain_base')

test('what is older than that goes, the rest is proven still, and the record goes on', async () => {
  const record = await aLongRecord()
  const archived: Link[] = []
  const archive = async (links: readonly Link[]) => void archived.push(...links)
  const saw = await record.checkpoint()
  expect(await record.prunes({ before: between, archive })).toEqual({ is: 'pruned', removed: 10, upTo: 10 })
  expect(archived.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(await record.numbers()).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  await record.asks()
  await record.records()
  expect(await record.verifies([record.key], [saw])).toMatchObject({
    links: 11,
    ...right,
    base: { number: 10 },
  })
  expect(await record.prunes({ before: between })).toEqual({ is: 'nothing' })
})

/** Asked for, given and taken back, at these seconds. */
const aLife = (from: number, to: number) => [
  { type: 'asked' as const, at: at(from), by: riley },
  { type: 'given' as const, at: at(from + 1), heldBefore: false },
  { type: 'taken' as const, at: at(to), left: 'gone' as const },
]

async function aRecordOfLives() {
  const record = await aRecord()
  await record.happened('old', aLife(0, 10))
  await record.happened('long', aLife(20, 70))
  await record.happened('new', aLife(60, 80))
  await record.records()
  await record.catchesUp()
  const ids = async (collection: string) =>
    (await record.connection.collection(collection).distinct('_id')).map(String).sort()
  const sources = async () => (await record.chain.after(0, 100)).map(({ source }) => source)
  return { ...record, ids, sources }
}

test('beside the record nobody is named any more by what went, and everybody by what stays', async () => {
  const record = await aRecordOfLives()
  expect(await record.ids('holdings')).toEqual(['long', 'new', 'old'])
  await record.prunes({ before: between })
  const [first, ...others] = await record.sources()
  expect([first, others.length]).toEqual(['grant/new/0', 3])
  // Of one whose end stands in the record.
  expect(await record.ids('holdings')).toEqual(['long', 'new'])
  const named = (await record.ids('named')).filter((id) => id !== 'upTo')
  expect(named.map((id) => Number(id.split('/').at(-1)))).toEqual([6, 7, 8, 9])
  expect(await record.named.upTo()).toBe(9)
})

test('of what is too old but was not sent on yet, all that is drawn from it stays too', async () => {
  const record = await aRecordOfLives()
  await record.prunes({ before: at(100), upTo: 1 })
  expect(await record.ids('holdings')).toEqual(['long', 'new', 'old'])
})

test('who died between any two writes left nobody named by what went', async () => {
  const record = await aRecordOfLives()
  const all = (await record.chain.after(0, 100)).filter(isLink)
  const [holdings, named] = await Promise.all(
    ['holdings', 'named'].map((name) => record.connection.collection(name).find().toArray()),
  )
  await record.prunes({ before: between })
  // As right after it was said where the record begins.
  const back = all.filter(({ number }) => number <= 5).map(({ number: _id, ...link }) => ({ _id, ...link }))
  await linksOf(record).insertMany(back)
  for (const [name, docs] of [
    ['holdings', holdings],
    ['named', named],
  ] as const) {
    await record.connection.collection(name).deleteMany({})
    await record.connection.collection(name).insertMany(docs ?? [])
  }
  expect(await record.prunes({ before: between })).toEqual({ is: 'nothing' })
  expect(await record.ids('holdings')).toEqual(['long', 'new'])
  expect((await record.ids('named')).filter((id) => /0[1-5]$/.test(id))).toEqual([])
  expect(await record.sources()).toHaveLength(4)
})

test('what somebody put beside the record is evidence, and does not go with the oldest', async () => {
  const record = await aLongRecord()
  await linksOf(record).insertOne({ _id: -1 })
  await record.prunes({ before: between })
  expect((await record.verifies()).faults).toEqual([{ kind: 'beside', id: '-1' }])
})

describe('of what was held since before the record begins', () => {
  async function aPrunedRecord() {
    const record = await aRecordOfLives()
    await record.prunes({ before: between })
    const rows = async () => {
      const { text, exitCode } = await record.asked(
        report,
        'access-review',
        '--quarter',
        '2026-Q1',
        '--format',
        'csv',
      )
      return { text, exitCode }
    }
    const held = (seconds: number) => {
      const instant = at(seconds).toISOString()
      return record.asked(whoHeld, 'orders-db', 'read', '--at', instant)
    }
    return { ...record, rows, held }
  }

  test('it is said that nobody can tell, and that is no fault', async () => {
    const { held, rows, verifies } = await aPrunedRecord()
    const { text, exitCode } = await held(50)
    expect([exitCode, text]).toEqual([0, expect.stringContaining('since before the record begins')])
    expect(text).toContain('All else stands in the record')
    const reviewed = await rows()
    expect([reviewed.exitCode, reviewed.text]).toEqual([0, expect.stringContaining('cannot be told: 1')])
    expect(await verifies()).toMatchObject({ base: { number: 5, at: at(21).toISOString() } })
  })

  test('what somebody says is held since then is not, where the record would have it', async () => {
    const { connection, held, rows } = await aPrunedRecord()
    const holdings = connection.collection<{ _id: string }>('holdings')
    const { _id, ...true_ } = (await holdings.findOne({ _id: 'new' })) ?? { _id: '' }
    await holdings.insertOne({ ...true_, _id: 'forged' })
    expect(_id).toBe('new')
    const { text, exitCode } = await held(65)
    expect([exitCode, text]).toEqual([1, expect.stringContaining('NOT AS RECORDED')])
    expect(await rows()).toMatchObject({ exitCode: 1 })
  })
})

test('the last entry stays, whatever its age, and what others have not read yet', async () => {
  const record = await aLongRecord()
  expect(await record.prunes({ before: new Date(), upTo: 4 })).toMatchObject({ upTo: 4 })
  expect(await record.prunes({ before: new Date() })).toMatchObject({ upTo: 19 })
  expect(await record.numbers()).toEqual([20])
  expect(await record.verifies()).toMatchObject({ links: 1, ...right })
})

test('nothing goes where what would go is not as it was written: it would take its proof along', async () => {
  const record = await aLongRecord()
  await linksOf(record).updateOne({ _id: 5 }, { $set: { keyId: 'k2' } })
  expect(await record.prunes({ before: between })).toEqual({ is: 'not-as-written', number: 5 })
  expect(await record.numbers()).toHaveLength(20)
})

test('nothing goes that could not be archived', async () => {
  const record = await aLongRecord()
  const archive = () => Promise.reject(new Error('disk full'))
  await expect(record.prunes({ before: between, archive })).rejects.toThrow('disk full')
  expect(await record.numbers()).toHaveLength(20)
  expect(await record.verifies()).toMatchObject({ links: 20, ...right, base: null })
})

test('who dies before they were removed left them to the next time', async () => {
  const record = await aLongRecord()
  const all = (await record.chain.after(0, 10)).filter(isLink)
  await record.prunes({ before: between })
  await linksOf(record).insertMany(all.map(({ number: _id, ...link }) => ({ _id, ...link })))
  expect(await record.verifies()).toMatchObject({ links: 10, ...right })
  expect(await record.prunes({ before: between })).toEqual({ is: 'nothing' })
  expect(await record.numbers()).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
})

describe('where it begins cannot be said by who has no key', () => {
  test('a checkpoint in its place is none', async () => {
    const record = await aRecord()
    for (let i = 0; i < 10; i++) await record.asks()
    await record.records()
    const saw = await record.checkpoint()
    await record.approves('g0')
    await record.records()
    await linksOf(record).deleteMany({ _id: { $lte: 10 } })
    await bases(record).insertOne({ _id: 'base', ...saw })
    const found = await record.verifies([record.key], [saw])
    expect(found).toMatchObject({ isBaseForged: true, faults: [{ kind: 'missing', from: 1, to: 10 }] })
  })

  test('one that was moved further, taken away, or put back as it was before', async () => {
    const record = await aLongRecord()
    await record.prunes({ before: new Date(), upTo: 4 })
    const before = await bases(record).findOne()
    await record.prunes({ before: between })
    await bases(record).updateOne({}, { $set: { number: 12 } })
    expect(await record.verifies()).toMatchObject({ isBaseForged: true })
    await bases(record).deleteMany({})
    expect(await record.verifies()).toMatchObject({ faults: [{ kind: 'missing', from: 1, to: 10 }] })
    if (before !== null) await bases(record).insertOne(before)
    expect(await record.verifies()).toMatchObject({ faults: [{ kind: 'missing', from: 5, to: 10 }] })
    expect(await record.prunes({ before: new Date() })).toEqual({ is: 'not-as-written', number: 11 })
  })

  test('with all entries removed by hand, the record does not begin anew among numbers that count no more', async () => {
    const record = await aLongRecord()
    await record.prunes({ before: between })
    const saw = await record.checkpoint()
    await linksOf(record).deleteMany({})
    await record.asks()
    await record.records()
    expect(await record.numbers()).toEqual([11])
    const found = await record.verifies([record.key], [saw])
    expect(found.checkpointFaults).toMatchObject([{ kind: 'cut-off', number: 20, end: 11 }])
  })
})
