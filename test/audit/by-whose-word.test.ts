import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import type { Event } from '../../src/domain/event.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { resumedGrant, windowGrant } from '../../src/domain/new-grant.ts'
import { windowAt } from '../../src/domain/windows/window.ts'
import { ada, approval, aPendingGrant, at, sam } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** Whoever held something held it by somebody's word, wherever that was said: who-held and the review say whose. */

const HOUR_S = 3_600
const given = (grant: { readonly endsAt: Date }): Event => ({
  type: 'given',
  heldUntil: grant.endsAt,
  heldBefore: false,
})
const ended = (cause: 'expired' | 'unfit', takeAt: Date): Event => ({
  type: 'end',
  cause,
  by: null,
  note: null,
  takeAt,
})
const gone: Event = { type: 'taken', left: 'gone', keptUntil: null }

async function aRecordOfWords() {
  const record = await aRecord()
  /** Whose word both of them show, for that instant and for that day. */
  const words = async (second: number) => {
    await record.records()
    const then = await record.asked(whoHeld, 'orders-db', 'read', '--at', at(second).toISOString(), '--json')
    const [{ approvedBy = [] } = {}] = JSON.parse(then.text) as { approvedBy?: string[] }[]
    const of = ['--from', '2026-01-05', '--to', '2026-01-06', '--format', 'csv']
    const { text } = await record.asked(report, 'access-review', ...of)
    const row = text.split('\r\n').find((line) => line.startsWith('"held"')) ?? ''
    return { whoHeld: approvedBy.join(), report: row.split('","')[14] }
  }
  return { ...record, happens: record.becomes, words }
}

const adas = { whoHeld: 'Ada (ada@acme.example)', report: 'Ada (ada@acme.example)' }

test('who holds it in a window of a series holds it by the word of whoever approved the series', async () => {
  const { grants, happens, words } = await aRecordOfWords()
  const pattern = {
    weekdays: [1],
    everyWeeks: 1,
    from: '2026-01-05',
    until: '2026-02-02',
    start: '10:00',
    durationMs: 2 * HOUR_S * 1_000,
    zone: 'UTC',
  }
  await grants.insert(aPendingGrant({ pattern }))
  const series = await happens('g1', approval(ada), 10)
  if (series.status !== 'recurring') throw new Error(`it became ${series.status}`)
  const window = windowGrant(series, windowAt(pattern, 0), at(HOUR_S - 30))
  await grants.insert(window)
  await happens(window.id, { type: 'open', leadMs: 0 }, HOUR_S)
  await happens(window.id, given(window), HOUR_S + 1)
  expect(await words(2 * HOUR_S)).toEqual(adas)
})

test('what goes on after a cut, as the device is fit again, is held by the word of whoever approved it', async () => {
  const { grants, happens, words } = await aRecordOfWords()
  await grants.insert(aPendingGrant())
  const granting = (await happens('g1', approval(ada), 10)) as Grant & { endsAt: Date }
  await happens('g1', given(granting), 11)
  await happens('g1', ended('unfit', at(60)), 60)
  const cut = await happens('g1', gone, 61)
  if (cut.status !== 'ended') throw new Error(`it became ${cut.status}`)
  const again = resumedGrant(cut, 'g2', at(120))
  await grants.insert(again)
  await happens('g2', given(again), 121)
  const { whoHeld } = await words(HOUR_S)
  expect(whoHeld).toBe(adas.whoHeld)
})

test('who holds it beyond its first end holds it also by the word of whoever approved more time', async () => {
  const { grants, happens, words } = await aRecordOfWords()
  await grants.insert(aPendingGrant())
  const granting = (await happens('g1', approval(ada, HOUR_S * 1_000), 0)) as Grant & { endsAt: Date }
  await happens('g1', given(granting), 1)
  const rules = { stepMs: HOUR_S * 1_000, maxTimes: 3, totalMs: 9 * HOUR_S * 1_000, afterShare: 0 }
  const extending = { ...rules, isReviewed: true }
  const { requester } = granting
  await happens(
    'g1',
    {
      type: 'extend',
      by: requester,
      seenEndsAt: granting.endsAt,
      rules: extending,
      agreedMs: HOUR_S * 1_000,
      needs: 1,
    },
    1_800,
  )
  await happens(
    'g1',
    {
      type: 'answer-extension',
      by: sam,
      verdict: 'approve',
      askedAt: at(1_800),
      rules: extending,
      stage: 0,
      as: 'own',
      stages: [{ needs: 1 }],
      voided: [],
    },
    1_900,
  )
  // By Ada's word it would be over by then.
  const found = await words(HOUR_S + 1_800)
  expect(found.whoHeld).toContain('Sam')
  expect(found.report).toContain('Sam')
})
