import { formats } from '../../src/audit/formats.ts'
import { recordableOfAct } from '../../src/domain/audit/act.ts'
import { linked, noLink, type Link } from '../../src/domain/audit/chain.ts'
import { readRecorded, recordableOf } from '../../src/domain/audit/recorded.ts'
import { wellFormed } from '../../src/domain/cut.ts'
import { aPerson, aRequest, at, riley } from '../support/builders.ts'
import { linksOfAllTypes } from './entries.ts'

const csv = formats['csv']!
const key = { id: 'k', bytes: new Uint8Array(32) }

function rowOf(link: Link): string {
  const entry = readRecorded(link)
  if (entry === null) throw new Error(`no entry: ${link.text}`)
  return csv.line(link, entry)
}

/** By RFC 4180, where each cell is quoted: throws at what is no row of it. */
function cells(row: string): string[] {
  const found = [...row.matchAll(/"((?:[^"]|"")*)"(,|\r\n$)/g)]
  if (found.map(([all]) => all).join('') !== row) throw new Error(`no row: ${row}`)
  return found.map(([, cell = '']) => cell.replaceAll('""', '"'))
}

test('in a spreadsheet, whatever people write stays one cell of text: commas, quotes, lines and formulas', () => {
  const mallory = { ...aPerson('Mallory'), name: '=HYPERLINK("https://evil.example")' }
  const grant = {
    ...aRequest(0),
    principal: '+1',
    endsAt: null,
    requester: mallory,
    reason: '@SUM(A1), "quoted"\nand more',
  }
  const [link] = linked(noLink, [recordableOf(grant, 0, { type: 'asked', at: at(0), by: riley })], key)
  expect(csv.head).toBe(
    '"number","at","what","outcome","by","about","subject","requester","resource","entitlement","system","principal","reason","grant","details"\r\n',
  )
  expect(rowOf(link!)).toBe(
    '"1","2026-01-05T09:00:00.000Z","asked","","Riley (riley@acme.example)","","Riley (riley@acme.example)",' +
      `"'=HYPERLINK(""https://evil.example"") (mallory@acme.example)","orders-db","read","orders-cluster","'+1",` +
      `"'@SUM(A1), ""quoted""\nand more","g0",""\r\n`,
  )
})

test('an act has its own columns, and what is about it may be hostile too', () => {
  const [link] = linked(
    noLink,
    [
      recordableOfAct(at(0), {
        id: 'a1',
        type: 'device-revoked',
        by: { source: '=cmd()' },
        about: { kind: 'device', id: 'd1', name: 'Riley’s "laptop", old' },
        details: { why: '=1+1\n"lost"' },
        outcome: 'done',
      }),
    ],
    key,
  )
  expect(cells(rowOf(link!))).toEqual([
    ...['1', '2026-01-05T09:00:00.000Z', 'device-revoked', 'done', "'=cmd()"],
    'device Riley’s "laptop", old (d1)',
    ...['', '', '', '', '', '', '', ''],
    JSON.stringify({ why: '=1+1\n"lost"' }),
  ])
})

/** What OWASP lists, also behind what a reader does not see. */
const computed = /^[\s\p{C}]*[=+\-@＝＋－＠]|^[\t\r\n]/u

test('an entry of any type is a row of as many cells as the head has, none of which is computed', () => {
  const columns = cells(csv.head)
  for (const link of linksOfAllTypes(12)) {
    const row = cells(rowOf(link))
    expect(row).toHaveLength(columns.length)
    expect(row.filter((cell) => computed.test(cell))).toEqual([])
    const entry = readRecorded(link)
    if (entry?.what !== 'grant') continue
    expect(wellFormed(row[columns.indexOf('reason')] ?? '').replace(/^'/, '')).toBe(
      wellFormed(entry.reason).replace(/^'/, ''),
    )
  }
})
