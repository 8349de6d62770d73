import { happened, type Happened } from '../../src/domain/happened.ts'
import { at, riley } from '../support/builders.ts'

const by = riley
const entry = (what: string, about: { by?: typeof riley | null; note?: string | null } = {}) => ({
  at: at(7),
  what,
  by: null,
  note: null,
  ...about,
})

type Timeless<Entry> = Entry extends unknown ? Omit<Entry, 'at'> : never

/** As entries were written before they were data. */
const before: [string, ReturnType<typeof entry>, Timeless<Happened>][] = [
  ['asked', entry('asked', { by }), { type: 'asked', by }],
  ['broke glass', entry('broke glass', { by }), { type: 'broke-glass', by }],
  ['held by rule', entry('matches the rule', { note: 'true' }), { type: 'matched-rule', source: 'true' }],
  [
    'a yes',
    entry('approve', { by, note: 'once' }),
    { type: 'approved', by, note: 'once', stage: null, durationMs: null },
  ],
  [
    'a rule',
    entry('approved by a rule', { note: 'on call' }),
    { type: 'approved-by-rule', because: 'on call' },
  ],
  ['a no', entry('deny', { by, note: 'not now' }), { type: 'denied', by, note: 'not now' }],
  ['taken back by its asker', entry('withdraw', { by }), { type: 'withdrawn', by }],
  ['closed', entry('closed', { note: 'Riley left' }), { type: 'dropped', why: 'Riley left' }],
  ['lapsed', entry('lapse'), { type: 'lapsed' }],
  ['reminded', entry('reminded'), { type: 'reminded' }],
  ['escalated', entry('escalated'), { type: 'escalated' }],
  ['a window', entry('window 3 of 12'), { type: 'window', number: 3, of: 12 }],
  ['a window skipped', entry('skipped window 2', { by }), { type: 'skipped', by, number: 2 }],
  ['windows missed', entry('missed 2 more before window 3'), { type: 'missed', count: 2, before: 3 }],
  ['a series over', entry('over'), { type: 'series-over' }],
  ['opened', entry('open'), { type: 'opened' }],
  ['given', entry('given'), { type: 'given', heldBefore: false }],
  ['given, held before', entry('given: was held before'), { type: 'given', heldBefore: true }],
  ['renewed', entry('renew'), { type: 'renewed' }],
  ['warned', entry('warn'), { type: 'warned' }],
  ['more time asked for', entry('more time asked for', { by }), { type: 'more-time-asked', by, addMs: null }],
  ['more time approved', entry('more time approved', { by }), { type: 'more-time-approved', by }],
  ['more time denied', entry('more time denied', { by }), { type: 'more-time-denied', by }],
  ['extended', entry('extended', { by }), { type: 'extended', by, addMs: null }],
  ['late', entry('late', { note: 'no answer' }), { type: 'late', error: 'no answer' }],
  ['tried now', entry('try now', { by }), { type: 'tried-now', by }],
  [
    'an end',
    entry('end: revoked', { by, note: 'enough' }),
    { type: 'end', cause: 'revoked', by, note: 'enough' },
  ],
  ['what was left', entry('taken: kept-before'), { type: 'taken', left: 'kept-before' }],
  ['a review owed', entry('review owed'), { type: 'review-owed' }],
  [
    'a review closed',
    entry('review closed', { by, note: 'INC-7' }),
    { type: 'review-closed', by, note: 'INC-7' },
  ],
  [
    'what nobody knows any more',
    entry('end: of the world', { note: 'so it was said' }),
    { type: 'noted', words: 'end: of the world', by: null, note: 'so it was said' },
  ],
  ['an answer of nobody', entry('approve'), { type: 'noted', words: 'approve', by: null, note: null }],
]

test.each(before)('an entry of before is read as data: %s', (_, line, data) => {
  const read = happened.parse(line)
  expect(read).toEqual({ at: at(7), ...data })
  expect(happened.parse(read)).toEqual(read)
})
