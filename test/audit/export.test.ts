import { Writable } from 'node:stream'
import { exportChain } from '../../src/audit/export.ts'
import { formats, type Format } from '../../src/audit/formats.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import { aPerson, aRequest, at, riley } from '../support/builders.ts'
import { aRecord, linksOf } from './a-record.ts'

async function exported(
  { chain }: Pick<Awaited<ReturnType<typeof aRecord>>, 'chain'>,
  { name, since = null }: { name: 'csv' | 'jsonl'; since?: Date | null },
) {
  const parts: string[] = []
  const out = new Writable({
    write: (part: Buffer, _, done) => {
      parts.push(part.toString())
      done()
    },
  })
  const unreadable = await exportChain(chain, out, { format: formats[name] as Format, since })
  return { text: parts.join(''), unreadable }
}

test('as JSON, each entry stands as it does in the record, from an instant on, and what is no entry is left out and named', async () => {
  const record = await aRecord()
  for (let i = 0; i < 3; i++) await record.asks()
  await record.records()
  const { text } = await exported(record, { name: 'jsonl', since: at(1) })
  const lines = text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(lines).toMatchObject([{ number: 2, source: 'grant/g1/0' }, { number: 3 }])
  await linksOf(record.connection).updateOne({ source: 'grant/g1/0' }, { $set: { text: 'not JSON' } })
  const broken = await exported(record, { name: 'jsonl' })
  expect(broken.unreadable).toEqual([2])
  expect(broken.text.trim().split('\n')).toHaveLength(2)
})

test('in a spreadsheet, whatever people write stays one cell of text: commas, quotes, lines and formulas', async () => {
  const record = await aRecord()
  const mallory = { ...aPerson('Mallory'), name: '=HYPERLINK("https://evil.example")' }
  const grant = {
    ...aRequest(0),
    principal: '+1',
    endsAt: null,
    requester: mallory,
    reason: '@SUM(A1), "quoted"\nand more',
  }
  const entry = recordableOf(grant, 0, { type: 'asked', at: at(0), by: riley })
  await record.chain.append(linked(noLink, [entry], { id: 'k', bytes: new Uint8Array(32) }))
  const { text } = await exported(record, { name: 'csv' })
  expect(text).toBe(
    '"number","at","what","outcome","by","about","subject","requester","resource","entitlement","system","principal","reason","grant","details"\r\n' +
      '"1","2026-01-05T09:00:00.000Z","asked","","Riley (riley@acme.example)","","Riley (riley@acme.example)",' +
      `"'=HYPERLINK(""https://evil.example"") (mallory@acme.example)","orders-db","read","orders-cluster","'+1",` +
      `"'@SUM(A1), ""quoted""\nand more","g0",""\r\n`,
  )
})
