import { isLink } from '../../src/domain/audit/chain.ts'
import { readRecorded } from '../../src/domain/audit/recorded.ts'
import { aRequest, at } from '../support/builders.ts'
import { aKey } from '../support/ring.ts'
import { aRecord, linksOf } from './a-record.ts'

const right = { faultCount: 0, checkpointFaults: [] }

/** Ten requests that Ada approves, recorded: twenty entries at least. */
async function aFullRecord() {
  const record = await aRecord()
  for (let i = 0; i < 10; i++) await record.approves(await record.asks())
  await record.records()
  return record
}

test('what happened stands in the record in its order, each once, with all that is needed to understand it', async () => {
  const record = await aRecord()
  const id = await record.asks()
  await record.records()
  await record.approves(id)
  await record.records()
  await record.records()
  const links = await record.chain.after(0, 100)
  expect(links.map(({ number, source }) => [number, source])).toEqual([
    [1, `grant/${id}/0`],
    [2, `grant/${id}/1`],
  ])
  const [asked, approved] = links.filter(isLink).map(readRecorded)
  expect(asked).toMatchObject({
    happened: { type: 'asked', by: { name: 'Riley' } },
    subject: { email: 'riley@acme.example' },
    entitlement: { name: 'Read orders' },
    reason: 'INC-123: orders stuck in paid',
  })
  expect(approved).toMatchObject({ happened: { type: 'approved', by: { name: 'Ada' } } })
  expect(await record.verifies()).toMatchObject({ links: 2, ...right })
})

test('two that record at once, and one that dies between any two writes, leave each entry once', async () => {
  const record = await aRecord()
  const ids = await Promise.all(Array.from({ length: 40 }, () => record.asks()))
  await Promise.all(ids.map((id) => record.approves(id)))
  await Promise.all([record.records(), record.records(), record.records()])
  // Died after it was appended, and before that was noted.
  await record.connection.collection('grants').updateMany({}, { $set: { unrecorded: true, recorded: 0 } })
  await Promise.all([record.records(), record.records()])
  expect(await record.verifies()).toMatchObject({ links: 80, ...right })
  expect(await record.connection.collection('grants').countDocuments({ unrecorded: true })).toBe(0)
})

test('what happened to one grant is recorded as it happened, though the clock was set back in between', async () => {
  const record = await aRecord()
  const [later, earlier] = [{ type: 'opened', at: at(50) } as const, { type: 'warned', at: at(10) } as const]
  const grant = aRequest(0)
  await record.grants.insert({ ...grant, history: [...grant.history, later, earlier] })
  await record.grants.insert(aRequest(20))
  await record.records()
  const links = await record.chain.after(0, 10)
  expect(links.map(({ source }) => source)).toEqual(['grant/g0/0', 'grant/g20/0', 'grant/g0/1', 'grant/g0/2'])
  expect(await record.verifies()).toMatchObject(right)
})

test('however many histories cannot be read, all others are recorded', async () => {
  const record = await aRecord()
  const broken = Array.from({ length: 600 }, (_, i) => ({
    _id: `a${i}`,
    unrecorded: true,
    history: [],
    requestId: `b${i}`,
    line: 0,
  }))
  await record.connection.collection('grants').insertMany(broken as never)
  await record.asks()
  await record.records()
  expect(await record.verifies()).toMatchObject({ links: 1, ...right })
})

test('what happened before there was a record is in it once there is one', async () => {
  const record = await aRecord()
  await record.asks()
  await record.connection.collection('grants').updateMany({}, { $unset: { unrecorded: '', recorded: '' } })
  await record.records()
  expect(await record.verifies()).toMatchObject({ links: 0 })
  await record.adopts()
  await record.records()
  expect(await record.verifies()).toMatchObject({ links: 1, ...right })
})

test('an entry whose words, instant, source or mark was edited is found, and no other', async () => {
  for (const [field, value] of [
    ['text', '{"what":"nothing"}'],
    ['at', new Date(0)],
    ['source', 'grant/g9/99'],
  ] as const) {
    const record = await aFullRecord()
    await linksOf(record.connection).updateOne({ source: 'grant/g3/1' }, { $set: { [field]: value } })
    const { faults, faultCount } = await record.verifies()
    expect({ field, faultCount }).toEqual({ field, faultCount: 1 })
    expect(faults[0]).toMatchObject({ kind: 'changed' })
  }
})

test('whatever is put into the record that is no entry is named, and neither stops the walk nor what happens next from being recorded', async () => {
  const record = await aFullRecord()
  const links = linksOf(record.connection)
  await links.updateOne({ source: 'grant/g3/1' }, { $set: { text: 7 } })
  await links.insertOne({ _id: 'zzz', source: 'x', text: '{}' } as never)
  const { faults } = await record.verifies()
  expect(faults).toEqual([
    { kind: 'beside', id: 'zzz' },
    { kind: 'unreadable', number: 14 },
    { kind: 'changed', number: 15, source: 'grant/g4/1' },
  ])
  await record.asks()
  await record.records()
  expect(await record.verifies()).toMatchObject({ links: 21, faultCount: 3 })
  await links.insertOne({
    _id: 1.5,
    source: 'between',
    at: new Date(),
    text: '{}',
    keyId: 'k1',
    mark: 'x',
  } as never)
  expect((await record.verifies()).faults[1]).toEqual({ kind: 'unreadable', number: 1.5 })
  await links.insertOne({ _id: Infinity, source: 'y', mark: '' } as never)
  await record.asks()
  await expect(record.records()).rejects.toThrow()
  expect(await record.verifies()).toMatchObject({ links: 23, faultCount: 5 })
})

test('an entry that was removed is missed where it stood, also where all after it were numbered anew', async () => {
  const record = await aFullRecord()
  const links = linksOf(record.connection)
  const [fifth] = (await record.chain.after(4, 1)).filter(isLink)
  await links.deleteOne({ source: fifth?.source })
  expect((await record.verifies()).faults).toEqual([{ kind: 'missing', from: 5, to: 5 }])
  const after = await record.chain.after(5, 100)
  await links.deleteMany({ source: { $in: after.map(({ source }) => source) } })
  const renumbered = after.map(({ number, ...link }) => ({ ...link, _id: number - 1 }))
  await links.insertMany(renumbered as never)
  const { faults } = await record.verifies()
  expect(faults[0]).toMatchObject({ kind: 'changed', number: 5 })
})

test('two entries that changed places are found', async () => {
  const record = await aFullRecord()
  const links = linksOf(record.connection)
  const [one, other] = await record.chain.after(6, 2)
  if (one === undefined || other === undefined) throw new Error('there are too few')
  await links.deleteMany({ source: { $in: [one.source, other.source] } })
  const swapped = [
    { ...other, _id: one.number, number: undefined },
    { ...one, _id: other.number, number: undefined },
  ]
  await links.insertMany(swapped as never, { ignoreUndefined: true })
  const { faults } = await record.verifies()
  expect(faults.map((fault) => 'number' in fault && fault.number)).toEqual([7, 8, 9])
})

test('what was cut off at the end, or put in the place of all, only a checkpoint tells; a forged one is found out', async () => {
  const record = await aFullRecord()
  const kept = await record.checkpoint()
  expect(await record.verifies([record.key], [kept])).toMatchObject({ checkpoints: 1, ...right })
  const last = await record.chain.after(kept.number - 2, 2)
  await linksOf(record.connection).deleteMany({ source: { $in: last.map(({ source }) => source) } })
  const { links } = await record.verifies()
  expect(await record.verifies([record.key], [kept])).toMatchObject({
    checkpointFaults: [{ kind: 'cut-off', number: kept.number, end: links }],
  })
  const forged = { ...kept, number: links, mark: (await record.chain.end()).mark }
  expect(await record.verifies([record.key], [forged])).toMatchObject({
    checkpointFaults: [{ kind: 'forged', number: links }],
  })
  // Whoever has the key of the record and writes it anew cannot write what was kept elsewhere anew.
  await linksOf(record.connection).deleteMany({})
  await record.connection
    .collection('grants')
    .updateMany({}, { $set: { unrecorded: true, recorded: 0, reason: 'none' } })
  await record.records()
  expect(await record.verifies()).toMatchObject(right)
  expect(await record.verifies([record.key], [kept])).toMatchObject({
    checkpointFaults: [{ kind: 'another-chain', number: kept.number }],
  })
})

test('a key that takes the place of another in the middle goes on with the same record; without one of them its entries cannot be told', async () => {
  const record = await aRecord()
  const next = aKey('k2')
  await record.asks()
  await record.records()
  await record.asks()
  await record.records(next)
  expect(await record.verifies([next, record.key])).toMatchObject({ links: 2, ...right })
  expect((await record.verifies([record.key])).faults).toEqual([
    { kind: 'unknown-key', number: 2, keyId: 'k2' },
  ])
  expect((await record.verifies([aKey('k1'), next])).faults).toMatchObject([{ kind: 'changed', number: 1 }])
})
