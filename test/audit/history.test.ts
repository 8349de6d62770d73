import { history } from '../../src/audit/history.ts'
import { ada, at, kim, riley, sam } from '../support/builders.ts'
import { aRecord, linksOf } from './a-record.ts'

/** Riley asks for and holds g1, Sam asks for what Kim is to hold; Ada says yes to both; Kim adds a passkey. */
async function aRecordOfPeople() {
  const record = await aRecord()
  const approved = { type: 'approved', by: ada, note: null, stage: 0, durationMs: null } as const
  await record.happened('g1', [
    { type: 'asked', at: at(0), by: riley },
    { ...approved, at: at(10) },
    { type: 'given', at: at(20), heldBefore: false },
  ])
  const forKim = { subject: kim, requester: sam, reason: '\u001b[31mred\u202e\nlines' }
  await record.happened(
    'g2',
    [
      { type: 'asked', at: at(30), by: sam },
      { ...approved, at: at(40) },
    ],
    forKim,
  )
  await record.records()
  await record.recordsAct('a1', {
    type: 'way-added',
    by: kim,
    about: { kind: 'person', id: kim.id, name: 'Kim' },
    details: { method: 'passkey' },
  })
  // It is in the record, and whoever put it there died before it was noted.
  await record.catchesUp()
  await record.connection
    .collection<{ _id: string }>('people')
    .insertMany(
      [riley, ada, sam, kim].map(({ id: _id, ...person }) => ({ _id, ...person, emailKey: person.email })),
    )
  const of = (...words: readonly string[]) => record.asked(history, ...words)
  const numbers = async (...words: readonly string[]) => {
    const { text, exitCode } = await of(...words, '--json')
    const all = JSON.parse(text) as { number: number; parts: string[]; isProven: boolean }[]
    return { exitCode, entries: all.map(({ number, parts }) => [number, ...parts]) }
  }
  return { ...record, of, numbers }
}

test('all that concerns somebody is found by e-mail, Slack id and name, in the order of the record, and nothing else', async () => {
  const { numbers, of } = await aRecordOfPeople()
  const right = { exitCode: 0 }
  const ofRiley = {
    ...right,
    entries: [
      [1, 'holder', 'did it'],
      [2, 'holder'],
      [3, 'holder'],
    ],
  }
  for (const called of ['riley@acme.example', 'Riley@ACME.example', 'URILEY', 'ril'])
    expect(await numbers(called)).toEqual(ofRiley)
  expect(await numbers('UADA')).toEqual({
    ...right,
    entries: [
      [2, 'did it'],
      [5, 'did it'],
    ],
  })
  expect(await numbers('USAM')).toEqual({
    ...right,
    entries: [
      [4, 'asked for it', 'did it'],
      [5, 'asked for it'],
    ],
  })
  expect(await numbers('UKIM')).toEqual({
    ...right,
    entries: [
      [4, 'holder'],
      [5, 'holder'],
      [6, 'did it', 'about'],
    ],
  })
  expect(await numbers('UADA', '--since', at(11).toISOString(), '--until', at(40).toISOString())).toEqual({
    ...right,
    entries: [],
  })
  expect(await numbers('UKIM', '--thorough')).toEqual(await numbers('UKIM'))
  const { text } = await of('kim')
  expect(text).toContain('#4  asked  orders-db read, for Kim (kim@acme.example)  by Sam (sam@acme.example)')
  expect(text).toContain('#6  way added  person Kim (p-kim)  by Kim')
  expect(text).toMatch(/3 entries of Kim .*\nAll of it stands in the record as it was written/)
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('\u202e')
  await expect(of('nobody')).rejects.toThrow('nobody is nobody Curfew ever saw')
  await expect(of('a')).rejects.toThrow(/several are called so[\s\S]*USAM/)
})

test('who is in no directory any more is found by what the record calls them', async () => {
  const { connection, numbers } = await aRecordOfPeople()
  await connection.collection('people').deleteMany({})
  expect((await numbers('URILEY')).entries).toHaveLength(3)
})

test('an entry that was changed or removed is named, with exit code 1', async () => {
  const { connection, of } = await aRecordOfPeople()
  const links = linksOf(connection)
  const link = await links.findOne({ source: 'grant/g1/1' })
  await links.updateOne(
    { source: 'grant/g1/1' },
    { $set: { text: String(link?.['text']).replace('"stage":0', '"stage":1') } },
  )
  const changed = await of('UADA')
  expect(changed.exitCode).toBe(1)
  expect(changed.text).toMatch(
    /#2 .*NOT AS RECORDED\n(?!.*#5.*NOT).*\n[\s\S]*Of 1 the record says something else/,
  )
  await links.deleteOne({ source: 'grant/g2/1' })
  const removed = await of('UADA')
  expect(removed.exitCode).toBe(1)
  expect(removed.text).toContain('#5  nothing that can be read stands there any more  NOT AS RECORDED')
})

test('what somebody removed from the index is found by the record itself, with exit code 1', async () => {
  const { connection, of, numbers } = await aRecordOfPeople()
  await connection.collection('named').deleteOne({ _id: /^UADA.*2$/ as never })
  expect(await numbers('UADA')).toEqual({ exitCode: 0, entries: [[5, 'did it']] })
  const { text, exitCode } = await of('UADA', '--thorough')
  expect(exitCode).toBe(1)
  expect(text).toContain('#2 ')
  expect(text).toContain('1 of these somebody removed from the index')
})

test('what was appended while the index was behind is in it, and what was left out is caught up with', async () => {
  const record = await aRecord()
  const about = { kind: 'record', id: 'record', name: 'record' } as const
  await record.recordsAct('a1', { type: 'record-read', by: ada, about, details: {} })
  await record.asks()
  await record.records()
  expect(await record.named.upTo()).toBe(0)
  expect(await record.named.entriesOf(['URILEY', 'UADA'], 0, 10)).toEqual([2])
  await record.catchesUp()
  expect(await record.named.upTo()).toBe(2)
  expect(await record.named.entriesOf(['URILEY', 'UADA'], 0, 10)).toEqual([1, 2])
})

test('a record made before there was an index is put into it a part at a time, by two at once, whoever dies meanwhile', async () => {
  const record = await aRecord()
  for (let i = 0; i < 40; i++)
    await record.happened(
      `g${i}`,
      Array.from({ length: 300 }, (_, n) => ({ type: 'tried-now', at: at(n), by: riley })),
    )
  await record.records()
  await record.connection.collection('named').drop()
  const position = () => record.named.upTo()
  await record.catchesUp()
  expect(await position()).toBe(10_000)
  // Died after it noted some, before it wrote how far it came.
  await record.connection
    .collection<{ _id: string }>('named')
    .updateOne({ _id: 'upTo' }, { $set: { number: 9_000 } })
  await Promise.all([record.catchesUp(), record.catchesUp()])
  expect(await position()).toBe(12_000)
  const found = await record.named.entriesOf(['URILEY', 'p-riley'], 0, 20_000)
  expect(found).toEqual(Array.from({ length: 12_000 }, (_, i) => i + 1))
  expect(await record.named.entriesOf(['URILE', 'URILEY/'], 0, 10)).toEqual([])
  await record.happened('g99', [{ type: 'asked', at: at(0), by: riley }])
  await record.records()
  expect(await position()).toBe(12_001)
  await record.connection
    .collection<{ _id: string }>('named')
    .updateOne({ _id: 'upTo' }, { $set: { number: 12_000 } })
  // What is put there and is no entry keeps nothing out that comes after it.
  await linksOf(record.connection).insertOne({ _id: 12_000.5 } as never)
  await record.catchesUp()
  expect(await position()).toBe(12_001)
  expect(await record.named.entriesOf(['URILEY'], 12_000, 10)).toEqual([12_001])
})
