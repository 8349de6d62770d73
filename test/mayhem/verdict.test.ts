import { judge, type Evidence, type Promised } from '../../scripts/mayhem/verdict.ts'
import type { Barred, Trouble } from '../../scripts/mayhem/diary.ts'
import type { Seen } from '../../scripts/mayhem/seen.ts'
import type { Approved, Grant } from '../../src/domain/grant.ts'
import { anActiveGrant, aPendingGrant, at } from '../support/builders.ts'

/** What `./scripts/chaos` says of what was seen: each thing that must never be, seen once; and what only looks like it. */

const begunMs = at(0).getTime()
const key = 'riley orders/read'
const ms = (seconds: number): number => begunMs + seconds * 1_000

/** Read orders, on the cluster, approved at 10 s, given at 11 s, over at 20 s. */
function aGrant(about: { endsAt?: Date } = {}): Approved {
  const active = anActiveGrant()
  return {
    ...active,
    system: 'cluster',
    place: { principal: 'riley', target: { database: 'orders', role: 'read' }, canonical: 'read@orders' },
    endsAt: at(20),
    heldUntil: at(20),
    ...about,
  }
}

const ended = (grant: Approved, takeAt = grant.endsAt): Grant => ({
  ...grant,
  status: 'ended',
  cause: 'expired',
  endedBy: null,
  endNote: null,
  activeAt: at(11),
  takeAt,
  endedAt: new Date(takeAt.getTime() + 300),
  left: 'gone',
  keptUntil: null,
  dueAt: null,
})

/** The database of orders, as the observer saw it: who had what from when on, in seconds. */
const seen = (...changes: readonly (readonly [number, readonly string[]])[]): Seen[] => [
  ...changes.map(([second, held]) => ({
    system: 'orders' as const,
    between: [ms(second) - 100, ms(second)] as const,
    held,
  })),
  { system: 'orders', between: [ms(60), ms(60)], held: changes.at(-1)?.[1] ?? [], isLast: true },
]

const held = (from: number, to: number): Seen[] => seen([0, []], [from, [key]], [to, []])

function evidence(about: Partial<Evidence>): Evidence {
  const grants = about.grants ?? [ended(aGrant())]
  return {
    seen: held(11, 20.2),
    heldBefore: new Set(),
    troubles: [],
    barred: [],
    replicas: ['replica-1', 'replica-2'],
    lasted: { from: ms(0), to: ms(60) },
    holds: [],
    said: [],
    stale: [],
    record: {
      faults: [],
      sources: grants.flatMap(({ id, history }) => history.map((_, index) => `grant/${id}/${index}`)),
    },
    ...about,
    grants,
  }
}

const broken = (about: Partial<Evidence>): Promised[] =>
  judge(evidence(about)).broken.map(({ promise }) => promise)

const trouble = (where: string, from: number, to: number): Trouble => ({
  where,
  what: 'away',
  from: ms(from),
  to: ms(to),
})

const late = 'held too long after its end'
const unapproved = 'given without approval or confirmation'
const stripped = 'stripped though held before or still needed'

test('what was approved, held and taken in time breaks nothing', () => {
  expect(broken({})).toEqual([])
})

test('held by somebody of whom Curfew knows no grant', () => {
  expect(broken({ seen: seen([0, []], [11, [key, 'ada orders/read']], [20, []]) })).toEqual([unapproved])
})

test('held before it was approved', () => {
  expect(broken({ seen: held(8, 20) })).toContain(unapproved)
})

test.each([
  ['6 s after its end', 26, [], [late]],
  ['4 s after its end', 24, [], []],
  ['10 s after its end, of which its system was away for 7', 30, [trouble('orders', 21, 28)], []],
  ['10 s after its end, of which another system was away for 7', 30, [trouble('billing', 21, 28)], [late]],
  ['10 s after its end, of which the database had no primary for 7', 30, [trouble('database', 21, 28)], []],
  ['10 s after its end, while one replica was dead', 30, [trouble('replica-1', 10, 40)], [late]],
  [
    '10 s after its end, of which all replicas were dead for 7',
    30,
    [trouble('replica-1', 10, 28), trouble('replica-2', 21, 40)],
    [],
  ],
])('held until %s', (_what, until, troubles, promises) => {
  expect(broken({ seen: held(11, until), troubles })).toEqual(promises)
})

test('held once more long after it was over', () => {
  const back = seen([0, []], [11, [key]], [20, []], [40, [key]], [41, []])
  expect(broken({ seen: back })).toEqual([late])
})

test('what was given back counts from then', () => {
  expect(broken({ grants: [ended(aGrant(), at(13))], seen: held(11, 19) })).toEqual([late])
})

test('what another grant still needs is held rightly', () => {
  const other = { ...aGrant({ endsAt: at(30) }), id: 'other' }
  expect(broken({ grants: [ended(aGrant()), ended(other)], seen: held(11, 30) })).toEqual([])
})

test.each([
  ['for 8 s after they left', { from: ms(12), to: ms(60) }, null, 20, true],
  ['for 4 s after they left', { from: ms(12), to: ms(60) }, null, 16, false],
  ['but they are back', { from: ms(12), to: ms(14) }, null, 20, false],
  ['by an entitlement that this does not concern', { from: ms(12), to: ms(60) }, ['vpn/lab'], 20, false],
])('held %s', (_what, span, entitlements, until, isBroken) => {
  const barred: Barred = { principal: 'riley', why: 'left', entitlements, ...span }
  const promises = broken({ barred: [barred], seen: held(11, until), grants: [ended(aGrant(), at(until))] })
  expect(promises.includes('held after leaving, unfit or without the group')).toBe(isBroken)
})

test('what was held before Curfew came must stay', () => {
  const heldBefore = new Set(['orders ada orders/read'])
  const before = 'ada orders/read'
  expect(broken({ heldBefore, seen: seen([0, [before]], [11, [before, key]], [20, [before]]) })).toEqual([])
  expect(broken({ heldBefore, seen: seen([0, [before]], [11, [before, key]], [20, []]) })).toEqual([stripped])
})

test('a grant that runs has its access without a gap, as far as anybody could see', () => {
  const gap = seen([0, []], [11, [key]], [15, []], [16, [key]], [20, []])
  expect(broken({ seen: gap })).toEqual([stripped])
  const unseen: Seen = { system: 'orders', unseen: { from: ms(14.8), to: ms(16.2) } }
  expect(broken({ seen: [...gap, unseen] })).toEqual([])
})

test('a grant that says that it runs, and was never held', () => {
  expect(broken({ seen: seen([0, []]) })).toEqual([stripped])
})

test('at the end nothing is open, and nothing is held', () => {
  expect(broken({ grants: [aGrant()], seen: held(11, 20) })).toEqual(['stuck'])
  expect(broken({ grants: [aPendingGrant()], seen: seen([0, []]) })).toEqual(['stuck'])
  expect(broken({ seen: seen([0, []], [11, [key]]) })).toContain('stuck')
})

test('“gone” is said of what is away, or of what another grant keeps', () => {
  const said = [{ grantId: aGrant().id, at: ms(21), words: 'Checked: gone' }]
  const untrue = 'cards or DMs that say something untrue'
  expect(broken({ said, seen: held(11, 23) })).toEqual([untrue])
  expect(broken({ said, seen: held(11, 20.5) })).toEqual([])
  const other = ended({ ...aGrant({ endsAt: at(30) }), id: 'other' })
  expect(broken({ said, grants: [ended(aGrant()), other], seen: held(11, 30) })).toEqual([])
})

test('each entry of a history stands in the record once', () => {
  const grant = ended(aGrant())
  const sources = grant.history.map((_, index) => `grant/${grant.id}/${index}`)
  const entries = 'entries missing or doubled in the record'
  expect(broken({ record: { faults: [], sources: sources.slice(1) } })).toEqual([entries])
  expect(broken({ record: { faults: [], sources: [...sources, sources[0] ?? ''] } })).toEqual([entries])
  expect(broken({ record: { faults: ['Missing: entry 5'], sources } })).toEqual([entries])
})
