import { Writable } from 'node:stream'
import { exportChain } from '../../src/audit/export.ts'
import { formats } from '../../src/audit/formats.ts'
import { progressOn } from '../../src/audit/progress.ts'
import type { ChainStore } from '../../src/domain/ports/audit.ts'
import { aRequest, at } from '../support/builders.ts'
import { aRecord, aRecordOf, linksOf } from './a-record.ts'

async function exported(
  { chain }: { chain: Pick<ChainStore, 'after' | 'base' | 'firstSince'> },
  { since = null, name = 'jsonl' }: { since?: Date | null; name?: string } = {},
) {
  const parts: string[] = []
  const out = new Writable({
    write: (part: Buffer, _, done) => {
      parts.push(part.toString())
      done()
    },
  })
  const { entries, unreadable } = await exportChain(chain, out, {
    format: formats[name]!,
    since,
    signers: [],
  })
  const text = parts.join('')
  const numbers = [...text.matchAll(/^\{"number":(\d+)/gm)].map(([, number]) => Number(number))
  return { text, numbers, entries, unreadable }
}

test('as JSON, each entry stands as it does in the record, from an instant on, and what is no entry is left out and named', async () => {
  const record = await aRecord()
  for (let i = 0; i < 3; i++) await record.asks()
  await record.records()
  const { text } = await exported(record, { since: at(1) })
  const lines = text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(lines).toMatchObject([{ number: 2, source: 'grant/g1/0' }, { number: 3 }])
  await linksOf(record.connection).updateOne({ source: 'grant/g1/0' }, { $set: { text: 'not JSON' } })
  const broken = await exported(record)
  expect(broken.unreadable).toEqual({ count: 1, first: [2] })
  expect(broken.numbers).toEqual([1, 3])
})

test('of what is no entry, however much there is, the first are named and all are counted', async () => {
  const record = await aRecordOf(Array.from({ length: 50 }, (_, n) => n))
  await linksOf(record.connection).updateMany({}, { $set: { text: 'not JSON' } })
  const { unreadable } = await exported(record)
  expect(unreadable).toMatchObject({ count: 50 })
  expect(unreadable.first).toHaveLength(20)
})

// A record begun late takes old histories in at once, and clocks step back.
test('since an instant, all that happened then or later is written, in whatever order it was recorded, and nothing is read before it', async () => {
  const seconds = [5, 40, 3, 10, 2, 30, 1, 20, 20, 35]
  const record = await aRecordOf(seconds)
  const begunAfter: number[] = []
  const chain = {
    ...record.chain,
    after: (number: number, most: number) => {
      begunAfter.push(number)
      return record.chain.after(number, most)
    },
  }
  for (const second of [0, 1, 6, 20, 31, 40, 41]) {
    begunAfter.length = 0
    const wanted = seconds.flatMap((one, i) => (one >= second ? [i + 1] : []))
    const { numbers, entries } = await exported({ chain }, { since: at(second) })
    expect({ second, numbers, entries }).toEqual({ second, numbers: wanted, entries: wanted.length })
    expect(begunAfter[0]).toBe(wanted[0] === undefined ? undefined : wanted[0] - 1)
  }
})

test('of long entries few are in memory at a time, however many there are', async () => {
  const record = await aRecord()
  const { history } = aRequest(0)
  for (let i = 0; i < 150; i++) await record.happened(`g${i}`, history, { reason: 'x'.repeat(20_000) })
  await record.records()
  const sizes: number[] = []
  const chain = {
    ...record.chain,
    after: async (number: number, most: number) => {
      const page = await record.chain.after(number, most)
      sizes.push(page.map((link) => ('text' in link ? link.text.length : 0)).reduce((a, b) => a + b, 0))
      return page
    },
  }
  const { entries } = await exported({ chain })
  expect(entries).toBe(150)
  expect(Math.max(...sizes)).toBeLessThan(600_000)
})

test('what somebody put beside the record is neither the first nor exported', async () => {
  const record = await aRecordOf([1, 2, 3])
  const links = linksOf(record.connection)
  await links.insertOne({ _id: -7, source: 'x', at: at(9), text: '{}', keyId: 'k', mark: '' } as never)
  await links.insertOne({ _id: 'zzz', source: 'y', at: at(9), text: '{}', keyId: 'k', mark: '' } as never)
  const { numbers, unreadable } = await exported(record, { since: at(2) })
  expect([numbers, unreadable.count]).toEqual([[2, 3], 0])
})

test('on a terminal, and on no other output, it is said once a second how far it is, on one line that is gone in the end', () => {
  let nowMs = 0
  const said: string[] = []
  const terminal = { isTTY: true, write: (text: string) => said.push(text) }
  const clock = { last: 1_000_000, nowMs: () => nowMs }
  const progress = progressOn({ errors: terminal, output: {} }, clock)
  for (let number = 1_000; number <= 30_000; number += 1_000) {
    nowMs += 100
    progress.reached(number)
  }
  progress.over()
  expect(said).toEqual([
    '\r\x1b[Kentry 10,000 of 1,000,000',
    '\r\x1b[Kentry 20,000 of 1,000,000',
    '\r\x1b[Kentry 30,000 of 1,000,000',
    '\r\x1b[K',
  ])
  said.length = 0
  for (const quiet of [
    progressOn({ errors: { write: terminal.write }, output: {} }, clock),
    progressOn({ errors: terminal, output: { isTTY: true } }, clock),
  ]) {
    nowMs += 10_000
    quiet.reached(1_000)
    quiet.over()
  }
  expect(said).toEqual([])
})
