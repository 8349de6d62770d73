import { isLink, type Link } from '../../src/domain/audit/chain.ts'
import { at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** The oldest entries go, and what is left proves still that it is all that is left. */

const right = { faultCount: 0, checkpointFaults: [], isBaseForged: false }

/** Ten requests at a time each, approved: what is asked is older than what is approved. */
async function aLongRecord() {
  const record = await aRecord()
  const ids: string[] = []
  for (let i = 0; i < 10; i++) ids.push(await record.asks())
  await record.records()
  for (const id of ids) await record.approves(id)
  await record.records()
  return { ...record, numbers: async () => (await record.chain.after(0, 100)).map(({ number }) => number) }
}

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

test('nobody is named any more, beside the record, by what went', async () => {
  const record = await aLongRecord()
  await record.connection.collection<{ _id: string; until: Date }>('holdings').insertMany([
    { _id: 'old', until: at(44) },
    { _id: 'new', until: at(46) },
  ])
  const { ids, names } = {
    ids: () => record.connection.collection('holdings').distinct('_id'),
    names: async () => (await record.connection.collection('named').distinct('_id')).map(String),
  }
  const before = await names()
  expect(before.some((id) => id.endsWith('/0000000000000010'))).toBe(true)
  await record.prunes({ before: between })
  expect((await ids()).filter((id) => String(id).length === 3)).toEqual(['new'])
  const numbers = (await names()).filter((id) => id !== 'upTo').map((id) => Number(id.split('/').at(-1)))
  expect(Math.min(...numbers)).toBe(11)
  expect(await record.named.upTo()).toBe(20)
  expect(before).toContain('upTo')
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
