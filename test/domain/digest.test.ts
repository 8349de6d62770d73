import { everyEntitlement } from '../../src/domain/catalog.ts'
import { digestFor, type Day } from '../../src/domain/digest.ts'
import { blankHold, type Hold } from '../../src/domain/hold.ts'
import { messageOf } from '../../src/slack/looking-after/digest.ts'
import type { AskedRow } from '../../src/domain/ports/grant-records.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { ada, anActiveGrant, at, riley } from '../support/builders.ts'
import { anEndedGrant } from '../support/lives.ts'
import { wordsOf } from '../support/shown.ts'

const DAY = 86_400
const here = { resource: { id: 'orders-db', name: 'Orders' }, entitlement: { id: 'read', name: 'Read' } }

const asked = (about: Partial<AskedRow> = {}): AskedRow => ({
  id: 'g',
  status: 'ended',
  askedMs: 3_600_000,
  reason: 'INC-1: stuck',
  requestedAt: at(60),
  ...here,
  subject: riley,
  requester: riley,
  because: null,
  isSeries: false,
  isBreakGlass: false,
  asker: null,
  reviews: [],
  approvedAt: null,
  closedAt: null,
  closedBecause: null,
  ...about,
})

/** The first day. */
const day = (about: Partial<Day> = {}): Day => ({
  from: at(0),
  to: at(DAY),
  asked: [],
  endedByLeaving: [],
  held: [],
  uses: null,
  leftovers: [],
  ...about,
})

const theirs = everyEntitlement(read(withKeys()))

test("an empty day, and one of things that are somebody else's to look after, tell nothing", () => {
  expect(digestFor(theirs, day())).toBeNull()
  expect(digestFor([], day({ asked: [asked({ because: 'on call' })] }))).toBeNull()
  const silent = everyEntitlement(read(withKeys('digest: false')))
  expect(digestFor(silent, day({ asked: [asked({ because: 'on call' })] }))).toBeNull()
})

test('rules, lapses and the longest wait are those of that day', () => {
  const answered = (seconds: number) => [
    { by: ada, verdict: 'approve' as const, at: at(seconds), preApprovalId: null },
  ]
  const rows = [
    asked({ because: 'on call' }),
    asked({ because: 'on call' }),
    asked({ because: 'on call', requestedAt: at(-60) }),
    asked({ status: 'lapsed', closedAt: at(120), requestedAt: at(-DAY) }),
    asked({ status: 'lapsed', closedAt: at(-120), requestedAt: at(-DAY) }),
    asked({ id: 'slow', requestedAt: at(-3_600), reviews: answered(3_600) }),
    asked({ id: 'slower', requestedAt: at(-2 * DAY), reviews: answered(-3_600) }),
    asked({ id: 'waits', status: 'pending', requestedAt: at(DAY - 60) }),
  ]
  expect(digestFor(theirs, day({ asked: rows }))).toMatchObject({
    byRule: [{ because: 'on call', times: 2 }],
    lapsed: [{ closedAt: at(120) }],
    waitedLongest: { row: { id: 'slow' }, forMs: 7_200_000, isOver: true },
    ending: [],
    unused: [],
  })
})

test('what ends within a day is named, and what nobody used for 90 days', () => {
  const soon = { ...anActiveGrant(here), endsAt: at(DAY + 3_600) }
  const later = { ...anActiveGrant(here), endsAt: at(3 * DAY) }
  expect(digestFor(theirs, day({ held: [later, soon] }))?.ending).toEqual([soon])
  // Hundreds may begin one each morning: it ends by itself, and its holder is warned.
  expect(digestFor(theirs, day({ held: [{ ...soon, isSession: true }] }))).toBeNull()
  const use = (days: number) => [{ resource: 'orders-db', entitlement: 'read', at: at(-days * DAY) }]
  expect(digestFor(theirs, day({ uses: use(91) }))?.unused.map(({ id }) => id)).toEqual(['read'])
  expect(digestFor(theirs, day({ uses: use(80) }))).toBeNull()
  // Never used, by people who began lately: nothing is old yet.
  expect(digestFor(theirs, day({ uses: [] }))).toBeNull()
  const elsewhere = [{ resource: 'gone', entitlement: 'read', at: at(-100 * DAY) }]
  expect(digestFor(theirs, day({ uses: elsewhere }))?.unused.map(({ id }) => id)).toEqual(['read'])
})

test('what takes left on the systems of their things is told, and nothing of others', () => {
  const system = theirs[0]?.system ?? ''
  const leftOver = (on: string): Hold => ({
    ...blankHold,
    system: on,
    principal: 'riley',
    canonical: 'read',
    target: {},
    leftover: { since: at(0), dueAt: at(9), tries: 12, error: 'it owns a table' },
  })
  const digest = digestFor(theirs, day({ leftovers: [leftOver('another'), leftOver(system)] }))
  expect(digest?.leftovers).toEqual([leftOver(system)])
  expect(digest && wordsOf(messageOf(digest)).join('\n')).toContain('Left over, and opens nothing: 1')
})

test('who left is said once, by whose word, with what it ended and what is not known to be gone yet', () => {
  const gone = anEndedGrant({ cause: 'offboarded', note: 'Riley left (okta, 14:02 UTC)' })
  const digest = digestFor(
    theirs,
    day({
      endedByLeaving: [
        { ...gone, ...here },
        { ...gone, ...here, id: 'other' },
      ],
      asked: [
        asked({ status: 'withdrawn', closedAt: at(60), closedBecause: 'Riley left (okta, 14:02 UTC)' }),
      ],
    }),
  )
  const words = digest === null ? [] : wordsOf(messageOf(digest))
  expect(words.join('\n')).toContain('Riley left (okta, 14:02 UTC): 2 ended, all checked; 1 request stopped')
})
