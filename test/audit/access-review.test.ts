import { report } from '../../src/audit/report.ts'
import { ada, at, kim, riley, sam } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S
/** What Mallory would write. */
const hostile = '=cmd|\'/C calc\'!A0","x"\r\n</td></table><script>alert(1)</script><!-- \u202e'
const approved = { type: 'approved', by: ada, note: null, stage: 0, durationMs: null } as const
const quarter = ['access-review', '--quarter', '2026-Q1'] as const

/** From and for how many hours, within 5 January and after, as the builders' clock has it. */
const held = (from: number, hours: number | null, more: readonly object[] = []) =>
  [
    { type: 'asked', at: at(from - 60), by: riley },
    { ...approved, at: at(from - 30) },
    { type: 'given', at: at(from), heldBefore: false },
    ...more,
    ...(hours === null ? [] : [{ type: 'taken', at: at(from + hours * HOUR_S), left: 'gone' }]),
  ] as never

async function aQuarter() {
  const record = await aRecord()
  await record.happened('g1', held(0, 2), { reason: hostile })
  await record.happened('g2', held(DAY_S, 5, [{ type: 'renewed', at: at(DAY_S + 5) }]))
  // From before the quarter until the first hour of it, and after it.
  const firstMs = Date.UTC(2026, 0, 1)
  const first = (firstMs - at(0).getTime()) / 1_000
  await record.happened('g3', held(first - DAY_S, 25), { subject: kim })
  await record.happened('g4', held(first + 200 * DAY_S, 1), { subject: sam })
  await record.happened('g7', held(first + 90 * DAY_S, 1), { subject: sam })
  await record.happened('g5', held(first - 2 * DAY_S, 48), { subject: sam })
  // By rule, had before, and for ever.
  const standing = [
    { type: 'matched-rule', at: at(0), source: 'group @dba' },
    { type: 'given', at: at(0), heldBefore: true },
  ] as const
  await record.happened('g6', standing, { subject: sam, entitlement: { id: 'write', name: 'Write' } })
  // Passwords: Riley saw one, Sam never did; Kim holds one still and never looked.
  const password = { entitlement: { id: 'login', name: 'Log in' }, canonical: 'login@orders' }
  const shown = { type: 'shown', at: at(100), by: riley, on: 'page' }
  await record.happened('p1', held(0, 1, [shown]), password)
  await record.happened('p2', held(0, 1), { ...password, subject: sam })
  await record.happened('p3', held(0, null), {
    ...password,
    subject: kim,
    secret: { what: 'password', brings: null },
  })
  const stray = { canonical: 'admin@orders', principal: '+mallory' }
  await record.recordsAct('a1', {
    type: 'difference-accepted',
    by: { operator: 'cli:ops' },
    about: { kind: 'system', id: 'orders', name: 'orders' },
    details: { ...stray, entitlement: 'admin', until: at(90 * DAY_S).toISOString() },
  })
  await record.connection.collection<{ _id: string }>('accepted').insertOne({
    _id: 'a1',
    system: 'orders',
    ...stray,
    until: at(90 * DAY_S),
    by: 'cli:ops',
    at: at(0),
  } as never)
  await record.records()
  return record
}

type Rows = Record<string, string>[]

/** By RFC 4180. */
function parsed(text: string): Rows {
  const rows = [...text.matchAll(/((?:"(?:[^"]|"")*",?)+)\r\n/g)].map(([, line = '']) =>
    [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell.replaceAll('""', '"')),
  )
  const [head = [], ...rest] = rows
  return rest.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])))
}

test('of each entitlement and person a spreadsheet says how often, how long, by whose word and why, and whether it was used where that is known', async () => {
  const record = await aQuarter()
  const { text, exitCode } = await record.asked(report, ...quarter, '--format', 'csv')
  const rows = parsed(text)
  const of = (entitlement: string, slack: string) =>
    rows.find((row) => row['entitlement'] === entitlement && row['slack'] === slack)
  expect(of('read', 'URILEY')).toMatchObject({
    times: '2',
    total_hours: '7.00',
    longest_hours: '5.00',
    first_from: at(0).toISOString(),
    last_until: at(DAY_S + 5 * HOUR_S).toISOString(),
    approved_by: 'Ada (ada@acme.example)',
    usage: 'unknown',
    how: 'asked for',
    borne_out: 'yes',
    outside_grants: '',
    decision: '',
  })
  expect(of('read', 'UKIM')).toMatchObject({ times: '1', total_hours: '1.00', longest_hours: '1.00' })
  // It ended as the quarter began, and began as it ended and after it.
  expect(of('read', 'USAM')).toBeUndefined()
  expect(of('write', 'USAM')).toMatchObject({
    how: 'by a rule',
    approved_by: 'the rule of the entitlement',
    outside_grants: 'yes',
    usage: 'unknown',
  })
  expect(
    rows.flatMap((row) => (row['entitlement'] === 'login' ? [[row['slack'], row['usage']]] : [])),
  ).toEqual([
    ['UKIM', 'never used'],
    ['URILEY', 'secret shown'],
    ['USAM', 'never used'],
  ])
  expect(rows.find(({ kind }) => kind === 'accepted')).toMatchObject({
    entitlement: 'admin@orders',
    as: "'+mallory",
    approved_by: 'cli:ops',
  })
  const said = rows.flatMap((row) => (row['kind'] === 'statement' ? [row['why']] : [])).join('\n')
  expect(said).toMatch(/record of \d+ entries, from 20.*\nverified: none of them .* by the key k1\nwhole:/)
  expect(exitCode).toBe(0)
})

test('whatever people write stays one cell of text in a spreadsheet, and text on the page, which runs and loads nothing', async () => {
  const record = await aQuarter()
  const csv = await record.asked(report, ...quarter, '--format', 'csv')
  const why = parsed(csv.text).find((row) => row['entitlement'] === 'read' && row['slack'] === 'URILEY')?.[
    'why'
  ]
  expect(why).toContain('\'=cmd|\'/C calc\'!A0","x"')
  const { text, exitCode } = await record.asked(report, ...quarter, '--format', 'html')
  expect(exitCode).toBe(0)
  expect(text).not.toMatch(/<script|<!--|\u202e|javascript:|https?:|url\(/i)
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text).toContain(`content="default-src 'none'; style-src 'sha256-`)
  // All rows are in a table, and all tables in the page.
  const shape = [...text.matchAll(/<\/?(main|table|tr)>/g)].map(([tag]) => tag).join('')
  expect(shape).toMatch(/^<main>(<table>(<tr><\/tr>)+<\/table>)+<\/main>$/)
  expect(text).toMatch(/<\/main><\/body><\/html>\s*$/)
})

test('the page says whom to decide about, and what of the record it was made by', async () => {
  const record = await aQuarter()
  const { text } = await record.asked(report, 'access-review', '--from', '2026-01-05', '--to', '2026-01-06')
  expect(text).toMatch(
    /<h2>orders-db read<\/h2>[\s\S]*Riley \(riley@acme\.example\)[\s\S]*as riley on orders-cluster/,
  )
  expect(text).toMatch(/keep<\/span>[\s\S]*remove<\/span>/)
  expect(text).toContain('verified: none of them was changed, left out or moved, by the key k1')
  expect(text).toMatch(/<span>Name<\/span><span>Signature<\/span><span>Date<\/span>/)
  expect(text).toContain('accepted by an admin')
  // Kim's was over by then.
  expect(text.match(/Kim \(kim@acme\.example\)/g)).toHaveLength(1)
})

test('a record that was changed, and an index from which something is missing, are said on it, with exit code 1', async () => {
  const record = await aQuarter()
  const said = async () => {
    const { text, exitCode } = await record.asked(report, ...quarter, '--format', 'html')
    return [
      exitCode,
      /NOT VERIFIED: [^(<]*/.exec(text)?.[0],
      /NOT WHOLE: of \d+/.exec(text)?.[0],
      /Of \d+ grants/.exec(text)?.[0],
    ]
  }
  const holdings = record.connection.collection<{ _id: string }>('holdings')
  await holdings.deleteOne({ _id: 'g2' })
  await holdings.updateOne({ _id: 'g3' }, { $set: { until: at(-300 * DAY_S) } })
  await holdings.updateOne({ _id: 'p2' }, { $set: { 'entitlement.id': 7, 'subject.name': null } })
  expect(await said()).toEqual([1, undefined, 'NOT WHOLE: of 3', undefined])
  await record.connection.collection('chain').updateOne({ source: 'grant/p1/1' }, { $set: { text: '{}' } })
  const [code, verified, , unproven] = await said()
  expect([code, verified, unproven]).toEqual([
    1,
    'NOT VERIFIED: changed, left out or moved at 1 places ',
    'Of 1 grants',
  ])
})

test('what names no time, none that goes on, or none that has begun is refused', async () => {
  const record = await aRecord()
  for (const words of [
    ['--quarter', '2026-Q5'],
    ['--quarter', '2026-Q1', '--from', '2026-01-01'],
    ['--from', '2026-02-01', '--to', '2026-02-01'],
    ['--from', '2026-02-01'],
    ['--quarter', '2026-Q1', '--format', 'pdf'],
  ])
    await expect(record.asked(report, 'access-review', ...words)).rejects.toThrow('curfew report')
  await expect(record.asked(report, 'access-review', '--quarter', '2999-Q1')).rejects.toThrow('not begun')
})
