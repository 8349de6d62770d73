import type { AskedRow } from '../../src/domain/ports/grant-records.ts'
import { replay } from '../../src/domain/replay.ts'
import { changed, read, withKeys } from '../catalog/reading.ts'
import { ada, at, riley } from '../support/builders.ts'

const HOUR = 3_600

let made = 0

/** Riley, of engineering, asks for an hour. */
const asked = (about: Partial<AskedRow> = {}): AskedRow => ({
  id: `g${++made}`,
  status: 'ended',
  askedMs: 3_600_000,
  reason: 'INC-1: stuck',
  requestedAt: at(0),
  resource: { id: 'orders-db', name: 'Orders' },
  entitlement: { id: 'read', name: 'Read' },
  subject: riley,
  requester: riley,
  because: null,
  isSeries: false,
  isBreakGlass: false,
  asker: { groups: ['@engineering'], guest: false, zone: 'UTC', earlier: null },
  reviews: [],
  approvedAt: null,
  closedAt: null,
  closedBecause: null,
  ...about,
})

const answersOf = (rows: readonly AskedRow[], text: string) =>
  replay(rows, read(text)).map(({ answer, why }) => (why === '' ? answer : `${answer}: ${why}`))

test('a request is approved by the first rule that fits, reviewed, or refused with the reason', () => {
  const text = withKeys(
    'duration: { max: 4h }',
    `auto: [{ because: a look, when: 'reason.startsWith("INC")', max: 2h }]`,
  )
  expect(
    answersOf(
      [
        asked(),
        asked({ askedMs: 3 * 3_600_000 }),
        asked({ askedMs: 5 * 3_600_000 }),
        asked({ asker: { groups: [], guest: true, zone: 'UTC', earlier: null } }),
        asked({ asker: null }),
        asked({ entitlement: { id: 'gone', name: 'Gone' } }),
        asked({ isSeries: true }),
        asked({ requester: ada }),
      ],
      text,
    ),
  ).toEqual([
    'approved: a look',
    'reviewed',
    'refused: it is for at most 4 h',
    'refused: the rule is "@engineering" in groups',
    'refused: could not find out whether "@engineering" in groups',
    'refused: it is not in the catalog',
    'reviewed',
    'reviewed',
  ])
})

test('a quota counts in the order of time, for each person by themselves', () => {
  const text = withKeys(`auto: [{ because: a look, when: "true", quota: { uses: 2, per: 1d } }]`)
  const rows = [
    asked({ requestedAt: at(3 * HOUR) }),
    asked({ requestedAt: at(1 * HOUR) }),
    asked({ requestedAt: at(2 * HOUR) }),
    asked({ requestedAt: at(4 * HOUR), subject: ada, requester: ada }),
    asked({ requestedAt: at(26 * HOUR) }),
  ]
  expect(answersOf(rows, text)).toEqual([
    'approved: a look',
    'approved: a look',
    'reviewed',
    'approved: a look',
    'approved: a look',
  ])
})

test('what was taken in an emergency was not asked for, and what is held by rule cannot be', () => {
  expect(answersOf([asked({ isBreakGlass: true })], withKeys())).toEqual([])
  const standing = changed(
    '        name: Read orders\n',
    '        name: Read orders\n        mode: standing\n',
  )
  expect(answersOf([asked()], standing)).toEqual(['refused: it is held by rule'])
})
