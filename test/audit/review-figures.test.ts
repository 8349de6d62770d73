import { report } from '../../src/audit/report.ts'
import { lengthWords } from '../../src/audit/review-words.ts'
import type { Event } from '../../src/domain/event.ts'
import { windowGrant } from '../../src/domain/new-grant.ts'
import { windowAt } from '../../src/domain/windows/window.ts'
import { ada, approval, aPendingGrant, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** How long somebody held something, in all and at the longest, is what a clock on the wall would say. */

const HOUR_S = 3_600
const gone: Event = { type: 'taken', left: 'gone', keptUntil: null }

async function aRecordOfLives() {
  const record = await aRecord()
  const reviewed = async () => {
    await record.records()
    const of = ['--from', '2026-01-05', '--to', '2026-01-06', '--format', 'csv']
    const { text, exitCode } = await record.asked(report, 'access-review', ...of)
    const row = text.split('\r\n').find((line) => line.startsWith('"held"')) ?? ''
    const [times, total, longest] = row.split('","').slice(9, 12)
    return { text, exitCode, times, total, longest }
  }
  return { ...record, happens: record.becomes, reviewed }
}

test('who has a window of a series, and asked for the same beside it, held it as long as it was held, not twice as long', async () => {
  const { grants, happens, reviewed } = await aRecordOfLives()
  const pattern = {
    weekdays: [1],
    everyWeeks: 1,
    from: '2026-01-05',
    until: '2026-02-02',
    start: '09:00',
    durationMs: 4 * HOUR_S * 1_000,
    zone: 'UTC',
  }
  // From 9 to 13 each Monday, and today from 11 to 15 as well.
  await grants.insert(aPendingGrant({ id: 's1', requestId: 's1', pattern }))
  const series = await happens('s1', approval(ada), 1)
  if (series.status !== 'recurring') throw new Error(`it became ${series.status}`)
  const window = windowGrant(series, windowAt(pattern, 0), at(2))
  await grants.insert(window)
  await happens(window.id, { type: 'open', leadMs: 0 }, 3)
  await happens(window.id, { type: 'given', heldUntil: window.endsAt, heldBefore: false }, 3)
  const inserted = await grants.insert(aPendingGrant({ id: 'g1', requestId: 'r1' }))
  expect(inserted.outcome).toBe('inserted')
  const until = at(6 * HOUR_S)
  await happens('g1', approval(ada, 4 * HOUR_S * 1_000), 2 * HOUR_S)
  await happens('g1', { type: 'given', heldUntil: until, heldBefore: false }, 2 * HOUR_S)
  const ends = (takeAt: Date): Event => ({ type: 'end', cause: 'expired', by: null, note: null, takeAt })
  await happens(window.id, ends(window.endsAt), 4 * HOUR_S)
  await happens(window.id, { type: 'taken', left: 'kept-for-grant', keptUntil: until }, 4 * HOUR_S)
  await happens('g1', ends(until), 6 * HOUR_S)
  await happens('g1', gone, 6 * HOUR_S)
  const { exitCode, times, total, longest } = await reviewed()
  expect({ exitCode, times, total, longest }).toEqual({
    exitCode: 0,
    times: '2',
    total: '6.00',
    longest: '6.00',
  })
})

test('a grant that could never be given, and was ended, leaves the report whole', async () => {
  const { grants, happens, reviewed } = await aRecordOfLives()
  await grants.insert(aPendingGrant())
  await happens('g1', approval(ada), 10)
  // The system never answered; it may have been given all the same, so it was taken back.
  await happens('g1', { type: 'end', cause: 'failed', by: null, note: null, takeAt: at(60) }, 60)
  await happens('g1', gone, 61)
  const { text, exitCode } = await reviewed()
  expect([exitCode, text]).toEqual([0, expect.stringContaining('"whole: ')])
})

test.each([
  [7_170_000, '2 h'],
  [3_599_000, '1 h'],
  [59_500, '1 min'],
  [5_400_000, '1 h 30 min'],
])('%d ms are said as people say them: %s', (ms, words) => {
  expect(lengthWords(ms)).toBe(words)
})
