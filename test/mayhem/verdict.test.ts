import type { Barred, Deed, Grounds, Trouble } from '../../scripts/mayhem/diary.ts'
import type { Entry, Evidence, Said } from '../../scripts/mayhem/evidence.ts'
import type { Promised } from '../../scripts/mayhem/promises.ts'
import type { Rule } from '../../scripts/mayhem/rules.ts'
import type { Seen } from '../../scripts/mayhem/seen.ts'
import { judge } from '../../scripts/mayhem/verdict.ts'
import type { Approved, Extension, Grant } from '../../src/domain/grant.ts'
import { ada, anActiveGrant, aPendingGrant, at, riley, sam } from '../support/builders.ts'

/** What `./scripts/chaos` says of what was seen: each thing that must never be, seen once; and what only looks like it. */

const begunMs = at(0).getTime()
const key = 'riley orders/read'
const ms = (seconds: number): number => begunMs + seconds * 1_000

const wish = 'orders-db/read'
/** One yes is enough, and its holder may have more time alone. */
const rule: Rule = {
  by: 'people',
  needs: 1,
  mostMs: null,
  more: { byMs: 20_000, totalMs: 60_000, needs: 0 },
}

/** Read orders, on the cluster, approved at 10 s, given at 11 s, over at `endsAt`, 20 s unless said. */
function aGrant({ id = 'g1', endsAt = at(20), startsAt = null as Date | null } = {}): Approved {
  const durationMs = endsAt.getTime() - (startsAt ?? at(10)).getTime()
  const active = anActiveGrant({ id, startsAt: null, askedMs: durationMs, reason: `INC-${id}` })
  return {
    ...active,
    startsAt,
    system: 'cluster',
    place: { principal: 'riley', target: { database: 'orders', role: 'read' }, canonical: 'read@orders' },
    durationMs,
    reviews: active.reviews.map((review) => ({ ...review, durationMs })),
    endsAt,
    heldUntil: endsAt,
  }
}

const aDeed = (about: Pick<Deed, 'what'> & Partial<Deed>): Deed => ({
  by: riley.email ?? '',
  about: 'g1',
  wish: null,
  forMs: null,
  opensAt: null,
  from: ms(10),
  doneAt: null,
  ...about,
})
const asks = (grant: Grant): Deed =>
  aDeed({ what: 'asks', about: grant.reason, wish, forMs: grant.askedMs, from: ms(5), doneAt: ms(5) })
const saysYes = (grant: Grant, by = ada, from = ms(9.9)): Deed =>
  aDeed({ what: 'approves', about: grant.id, by: by.email ?? '', forMs: grant.askedMs, from })
/** Riley asked, and Ada said yes. */
const asIs = (grants: readonly Grant[]): Deed[] => grants.flatMap((grant) => [asks(grant), saysYes(grant)])

/** By itself at its end, or earlier by the rules of then. */
const ended = (grant: Approved, takeAt = grant.endsAt): Grant => ({
  ...grant,
  status: 'ended',
  cause: takeAt < grant.endsAt ? 'unmatched' : 'expired',
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

/** What the record says of grants: asked for, approved, given and taken back, as far as they are. */
const entriesOf = (grants: readonly Grant[]): Entry[] =>
  grants.flatMap((grant) =>
    lives(grant).map(([type, by], index) => ({
      source: `grant/${grant.id}/${index}`,
      grantId: grant.id,
      reason: grant.reason,
      type,
      by: by?.email ?? null,
      cause: type === 'end' ? 'expired' : null,
    })),
  )

const lives = ({ status, reviews, isSession, confirmations }: Grant) => [
  isSession ? (['confirmed', riley] as const) : (['asked', riley] as const),
  ...reviews.map(({ by }) => ['approved', by] as const),
  ...confirmations.slice(1).map(() => ['confirmed', riley] as const),
  ...(status === 'pending' ? [] : [['given', null] as const]),
  ...(status === 'ended' ? [['end', null] as const, ['taken', null] as const] : []),
]

/** Whatever ends early in these cases is no more allowed by the rules. */
const rulesChanged: Grounds = {
  principal: null,
  why: 'rules',
  entitlements: null,
  from: ms(0),
  to: ms(60),
}

function evidence(about: Partial<Evidence>): Evidence {
  const grants = about.grants ?? [ended(aGrant())]
  return {
    seen: held(11, 20.2),
    deeds: asIs(grants),
    words: [],
    onCall: [],
    rules: { [wish]: rule },
    answers: [],
    heldBefore: new Set(),
    troubles: [],
    barred: [],
    grounds: [rulesChanged],
    replicas: ['replica-1', 'replica-2'],
    lasted: { from: ms(0), to: ms(60) },
    holds: [],
    said: [],
    stale: [],
    record: { faults: [], entries: entriesOf(grants), acts: [] },
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
const saidGone: Said[] = [{ grantId: 'g1', at: ms(21), what: 'gone', words: 'Checked: gone' }]
const untrue = 'cards or DMs that say something untrue'
const unrecorded = 'entries missing or doubled in the record'
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
  const other = aGrant({ id: 'other', endsAt: at(30) })
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

test('what ends early had grounds that somebody told of: of that kind, for them, for it, and by then', () => {
  const stripped = 'stripped though held before or still needed'
  const early = (cause: 'unmatched' | 'offboarded' | 'unfit' | 'removed', ...grounds: Partial<Grounds>[]) => {
    const over = ended(aGrant(), at(15))
    const end = { type: 'end', at: at(15), cause, by: null, note: null } as const
    const grant = { ...over, history: [...over.history, end], cause } as Grant
    const all = grounds.map((one) => ({ ...rulesChanged, principal: 'riley', ...one }))
    return broken({ grants: [grant], seen: held(11, 15.2), grounds: all })
  }
  expect(early('unmatched', { why: 'rules' })).toEqual([])
  expect(early('unmatched', { why: 'no-group', entitlements: [wish] })).toEqual([])
  expect(early('offboarded', { why: 'left', from: ms(14.9), to: ms(14.9) })).toEqual([])
  expect(early('unfit', { why: 'unfit' })).toEqual([])
  for (const without of [
    early('unmatched'),
    early('unmatched', { why: 'left' }),
    early('offboarded', { why: 'unfit' }),
    early('offboarded', { why: 'left', principal: 'sam' }),
    early('unfit', { why: 'unfit', entitlements: ['vpn/lab'] }),
    early('offboarded', { why: 'left', from: ms(15.1) }),
    early('removed', { why: 'rules' }),
  ])
    expect(without).toEqual([stripped])
})

test('at the end nothing is open, and nothing is held', () => {
  expect(broken({ grants: [aGrant()], seen: held(11, 20) })).toEqual(['stuck'])
  expect(broken({ grants: [aPendingGrant()], seen: seen([0, []]) })).toEqual(['stuck'])
  expect(broken({ seen: seen([0, []], [11, [key]]) })).toContain('stuck')
})

test('“gone” is said of what is away, or was until another grant gave it again', () => {
  expect(broken({ said: saidGone, seen: held(11, 23) })).toEqual([untrue])
  expect(broken({ said: saidGone, seen: held(11, 20.5) })).toEqual([])
  const other = ended(aGrant({ id: 'other', endsAt: at(30) }))
  const since = { ...other, activeAt: at(20.3) }
  expect(broken({ said: saidGone, grants: [ended(aGrant()), since], seen: held(11, 30) })).toEqual([])
  // Given again at 22 s, and noted at 28 s, as the answer was lost.
  const again = seen([0, []], [11, [key]], [20.2, []], [22, [key]], [30, []])
  const noted = { ...other, activeAt: at(28) }
  const saidAt23 = saidGone.map((one) => ({ ...one, at: ms(23) }))
  expect(broken({ said: saidAt23, grants: [ended(aGrant()), noted], seen: again })).toEqual([])
  // The other could not be taken in time either.
  const stuck = { ...ended(aGrant({ id: 'other', endsAt: at(24) })), activeAt: at(22) }
  const saidAt31 = saidGone.map((one) => ({ ...one, at: ms(31) }))
  const long = seen([0, []], [11, [key]], [20.2, []], [22, [key]], [33, []])
  const all = { said: saidAt31, grants: [ended(aGrant()), stuck], seen: long }
  expect(broken({ ...all, troubles: [trouble('orders', 23.5, 32)] })).toEqual([])
  expect(broken(all)).toEqual([late, untrue])
  // It was kept by the other all along: never was anything gone.
  expect(broken({ said: saidGone, grants: [ended(aGrant()), other], seen: held(11, 30) })).toEqual([untrue])
})

test('each entry of a history stands in the record once, and what a grant became is among them', () => {
  const grants = [ended({ ...aGrant(), history: [{ type: 'asked', at: at(0), by: riley }] })]
  const entries = entriesOf(grants)
  const record = (some: readonly Entry[], faults: readonly string[] = []) =>
    broken({ grants, record: { faults, entries: some, acts: [] } })
  expect(record(entries)).toEqual([])
  expect(record(entries, ['Missing: entry 5'])).toEqual([unrecorded])
  expect(record(entries.map((one) => ({ ...one, source: 'grant/g1/7' })))).toContain(unrecorded)
  expect(record([...entries, ...entries.slice(1, 2)])).toContain(unrecorded)
  // Whatever the history says: it was approved, given, ended and taken.
  for (const left of ['approved', 'given', 'end', 'taken'])
    expect(record(entries.filter(({ type }) => type !== left))).toContain(unrecorded)
})

/** By the word of Curfew's own database it was approved; whoever had to say so did not. */
test.each([
  [
    'its own requester approved',
    ({ reviews, ...one }: Approved) => ({
      ...one,
      reviews: reviews.map((review) => ({ ...review, by: riley })),
    }),
  ],
  ['nobody at all approved, nor any rule', (one: Approved) => ({ ...one, reviews: [] })],
  ['one approved, where two had to', (one: Approved) => ({ ...one, needs: 2 })],
  [
    'is a session that nobody confirmed',
    (one: Approved) => ({ ...one, reviews: [], needs: 0, isSession: true, confirmations: [] }),
  ],
  [
    'is a window of a series that nobody approved',
    (one: Approved) => ({ ...one, reviews: [], window: { seriesId: 'none', index: 0 } }),
  ],
])('held by a grant that %s', (_what, unapprovedOne) => {
  expect(broken({ grants: [ended(unapprovedOne(aGrant()))] })).toContain(unapproved)
})

test('held for longer than its approver said, as its end was written later', () => {
  const grant = { ...aGrant(), endsAt: at(40) }
  expect(broken({ grants: [ended(grant)], seen: held(11, 40) })).toContain(late)
  // It was ended early: what was written is wrong all the same.
  expect(broken({ grants: [ended(grant, at(15))], seen: held(11, 15) })).toEqual([unapproved])
})

const twenty: Extension = {
  askedAt: at(15),
  by: riley,
  confirmation: null,
  addMs: 20_000,
  outcome: 'added',
  needs: 2,
  approvedBy: [],
  deniedBy: null,
}
const extended = { ...aGrant(), endsAt: at(40), extensions: [twenty] }
const wantsMore = aDeed({ what: 'extends', from: ms(14.9) })
const agrees = (by = ada, from = ms(16)) => aDeed({ what: 'approves-more', by: by.email ?? '', from })
const askedOfTwo = { [wish]: { ...rule, more: { byMs: 20_000, totalMs: 60_000, needs: 2 } } }
const byBoth = {
  ...extended,
  extensions: [
    { ...twenty, approvedBy: [ada, sam].map((by) => ({ ...by, stage: 0, as: null, confirmation: null })) },
  ],
}

test.each<[string, Approved, Deed[], Evidence['rules'], Promised[]]>([
  ['its holder may have alone', extended, [wantsMore], { [wish]: rule }, []],
  ['nobody asked for', extended, [], { [wish]: rule }, [unapproved, late]],
  ['two must agree to, and nobody did', extended, [wantsMore], askedOfTwo, [unapproved, late]],
  ['two must agree to, and did', byBoth, [wantsMore, agrees(), agrees(sam)], askedOfTwo, []],
  [
    'two must agree to, and one did twice',
    byBoth,
    [wantsMore, agrees(), agrees()],
    askedOfTwo,
    [unapproved, late],
  ],
  ['its holder agreed to', byBoth, [wantsMore, agrees(), agrees(riley)], askedOfTwo, [unapproved, late]],
  [
    'was agreed to before it was asked for',
    byBoth,
    [wantsMore, agrees(ada, ms(1)), agrees(sam)],
    askedOfTwo,
    [unapproved, late],
  ],
  [
    'makes it longer than it may be in all',
    extended,
    [wantsMore],
    { [wish]: { ...rule, more: { byMs: 20_000, totalMs: 29_000, needs: 0 } } },
    [unapproved, late],
  ],
  [
    'is longer than one time adds',
    extended,
    [wantsMore],
    { [wish]: { ...rule, more: { byMs: 5_000, totalMs: 60_000, needs: 0 } } },
    [unapproved, late],
  ],
])('held for more time, that %s', (_what, grant, deeds, rules, promises) => {
  const promised = broken({
    grants: [ended(grant)],
    seen: held(11, 40),
    deeds: [...asIs([grant]), ...deeds],
    rules,
    record: { faults: [], entries: [...entriesOf([ended(grant)]), ...recordedMore(grant)], acts: [] },
  })
  expect(promised.filter((one) => one !== unrecorded)).toEqual(
    promises.length === 0 ? [] : expect.arrayContaining(promises),
  )
})

const recordedMore = (grant: Approved): Entry[] =>
  grant.extensions.flatMap(({ approvedBy }) => {
    const entry = { grantId: 'g1', reason: grant.reason, cause: null }
    if (approvedBy.length === 0) return { ...entry, source: 'grant/g1/9', type: 'extended', by: riley.email }
    return approvedBy.map(({ email }, n) => ({
      ...entry,
      source: `grant/g1/${10 + n}`,
      type: 'more-time-approved',
      by: email,
    }))
  })

test('what was held before Curfew came is missing from the first look on', () => {
  expect(broken({ heldBefore: new Set(['orders ada orders/read']) })).toEqual([stripped])
})

test('“gone” is untrue of what was there before and stays', () => {
  const heldBefore = new Set([`orders ${key}`])
  expect(broken({ said: saidGone, heldBefore, seen: seen([0, [key]]) })).toEqual([untrue])
})

test('“gone” is untrue of what is there, though another grant was approved that begins later', () => {
  const later = { ...ended(aGrant({ id: 'later', startsAt: at(40), endsAt: at(50) })), activeAt: at(40) }
  const both = seen([0, []], [11, [key]], [24, []], [40, [key]], [50, []])
  expect(broken({ said: saidGone, grants: [ended(aGrant()), later], seen: both })).toEqual([untrue])
})

test('an ended grant’s access that comes back, while its system was down for others, came without approval', () => {
  const back = seen([0, []], [11, [key]], [20, []], [40, [key]], [58, []])
  expect(broken({ seen: back, troubles: [trouble('database', 20, 58)] })).not.toEqual([])
})

test('a hold in which a call is still announced, and something left over, is not at rest', () => {
  const hold = { principal: 'riley', claims: {}, watch: null, call: 'give', leftover: { tries: 9 } }
  expect(broken({ holds: [hold as unknown as Evidence['holds'][number]] })).toEqual(['stuck'])
})

/** What people pressed says who said yes, whatever Curfew wrote down of it. */
test.each<[string, Deed[], Evidence['rules']]>([
  ['an approver never pressed', [asks(aGrant())], { [wish]: rule }],
  [
    'an approver pressed for another',
    [asks(aGrant()), aDeed({ what: 'approves', by: 'ada@acme.example', about: 'g2' })],
    { [wish]: rule },
  ],
  ['only its requester pressed', [asks(aGrant()), saysYes(aGrant(), riley)], { [wish]: rule }],
  [
    'somebody pressed who is no approver',
    [asks(aGrant()), saysYes(aGrant(), { ...ada, email: 'c1@contractor.example' })],
    { [wish]: rule },
  ],
  ['nobody asked for', [saysYes(aGrant())], { [wish]: rule }],
  [
    'another asked for',
    [{ ...asks(aGrant()), by: 'c1@contractor.example' }, saysYes(aGrant())],
    { [wish]: rule },
  ],
  [
    'one pressed twice, where the catalog asks two',
    [asks(aGrant()), saysYes(aGrant()), saysYes(aGrant())],
    { [wish]: { ...rule, needs: 2 } },
  ],
  ['is nothing that can be asked for', asIs([aGrant()]), {}],
])('held by a grant that %s', (_what, deeds, rules) => {
  expect(broken({ deeds, rules })).toContain(unapproved)
})

test('held before the second of two said yes', () => {
  const grant = {
    ...aGrant(),
    needs: 2,
    reviews: [ada, sam].flatMap((by) => aGrant().reviews.map((one) => ({ ...one, by }))),
  }
  const deeds = [asks(grant), saysYes(grant), saysYes(grant, sam, ms(14))]
  expect(new Set(broken({ grants: [ended(grant)], deeds }))).toEqual(new Set([unapproved]))
  expect(
    broken({ grants: [ended(grant)], deeds: [asks(grant), saysYes(grant), saysYes(grant, sam, ms(9.8))] }),
  ).toEqual([])
})

test('held for longer than was asked for, or than the approver’s button said', () => {
  const long = { ...aGrant(), endsAt: at(40) }
  const asked = { ...asks(long), forMs: 30_000 }
  const pressed = { ...saysYes(long), forMs: 30_000 }
  const grants = [ended(long)]
  expect(broken({ grants, seen: held(11, 40), deeds: [asked, pressed] })).toEqual([])
  for (const deeds of [
    [{ ...asked, forMs: 10_000 }, pressed],
    [asked, { ...pressed, forMs: 10_000 }],
  ])
    expect(broken({ grants, seen: held(11, 40), deeds })).toEqual([unapproved, late])
})

describe('a session', () => {
  const confirmation = (second: number) => ({
    method: 'totp' as const,
    at: at(second),
    shown: '',
    ticket: `t${second}`,
  })
  const renewal: Extension = { ...twenty, askedAt: at(18), addMs: 8_000, needs: 0 }
  const session = {
    ...aGrant(),
    reviews: [],
    needs: 0,
    isSession: true,
    confirmations: [confirmation(10)],
    endsAt: at(20),
  }
  const renewed = {
    ...session,
    endsAt: at(28),
    extensions: [renewal],
    confirmations: [confirmation(10), confirmation(18)],
  }
  const rules = {
    [wish]: { by: 'session', needs: 0, mostMs: 10_000, more: { byMs: 10_000, totalMs: 60_000, needs: 0 } },
  } as const
  const begins = aDeed({ what: 'begins-session', about: riley.email ?? '', from: ms(9.9), doneAt: ms(10) })
  const again = aDeed({ what: 'confirms-again', from: ms(17.9), doneAt: ms(18) })

  test.each<[string, Approved, Deed[], number, Promised[]]>([
    ['that was confirmed', session, [begins], 20, []],
    ['that nobody confirmed', session, [], 20, [unapproved]],
    ['that was confirmed again', renewed, [begins, again], 28, []],
    ['that was not confirmed again', renewed, [begins], 28, [unapproved, late]],
  ])('%s', (_what, grant, deeds, until, promises) => {
    const promised = broken({ grants: [ended(grant)], seen: held(11, until), deeds, rules })
    expect(promised).toEqual(promises.length === 0 ? [] : expect.arrayContaining(promises.slice(0, 1)))
  })
})

test('what people were told is done, or that somebody did, stands in the record, and nothing that nobody did', () => {
  const grants = [ended(aGrant())]
  const entries = entriesOf(grants)
  const record = { faults: [], entries, acts: [] }
  const another = { ...asks(aGrant()), about: 'INC-lost' }
  expect(broken({ grants, deeds: [...asIs(grants), another] })).toEqual([unrecorded])
  expect(broken({ grants, deeds: [...asIs(grants), { ...another, doneAt: null }] })).toEqual([])
  const answer = { grantId: 'g1', types: ['denied'], by: 'sam@acme.example', words: 'Denied by Sam' }
  expect(broken({ grants, answers: [answer] })).toEqual([unrecorded])
  expect(broken({ grants, answers: [{ ...answer, types: ['approved'], by: 'ada@acme.example' }] })).toEqual(
    [],
  )
  const denied = { ...entries[0], source: 'grant/g1/8', type: 'denied', by: 'sam@acme.example' } as Entry
  expect(broken({ grants, record: { ...record, entries: [...entries, denied] } })).toEqual([unrecorded])
})

test.each([
  [1, [true], []],
  [0, [true], [unrecorded]],
  [2, [true], [unrecorded]],
  [2, [true, false], []],
  [0, [false], []],
])('%i times in the record, what a directory told: %j', (times, heard, promises) => {
  const words = heard.map((isHeard) => ({ type: 'user-changed', id: 'u1', isHeard }) as const)
  const acts = Array.from({ length: times }, (_, n) => ({
    source: `act/${n}`,
    type: 'user-changed',
    about: 'u1',
    outcome: 'done',
  }))
  const grants = [ended(aGrant())]
  expect(broken({ grants, words, record: { faults: [], entries: entriesOf(grants), acts } })).toEqual(
    promises,
  )
})

test('words of what was held before, and of nothing that was given, are tried too', () => {
  const of = (what: Said['what']): Said[] => [{ grantId: 'g1', at: ms(21), what, words: what }]
  expect(broken({ said: of('before') })).toEqual([untrue])
  expect(broken({ said: of('nothing-given') })).toEqual([untrue])
  expect(broken({ said: of('nothing-given'), seen: held(11, 23) })).toEqual([untrue])
})

test('a replica’s clock may be behind by as much as asking for the time took', () => {
  const grants = (activeAt: number) => [{ ...ended(aGrant()), activeAt: at(activeAt) }] as Grant[]
  expect(broken({ grants: grants(10), seen: held(12, 20) })).toEqual([])
  expect(broken({ grants: grants(10), seen: held(13, 20) })).toEqual([stripped])
})

test('all replicas that waited for a CPU at once are excused for so long, and for 5 s at most where they were there half of the time', () => {
  const troubles = [20, 21, 22, 23].map((second) => trouble('replicas', second, second + 0.5))
  expect(broken({ seen: held(11, 26.5), troubles })).toEqual([])
  expect(broken({ seen: held(11, 27.5), troubles })).toEqual([late])
  // 8 of 20 s, and 12 of 15 s: then they were hardly there.
  expect(broken({ seen: held(11, 40), troubles: [trouble('replicas', 20, 28)] })).toEqual([late])
  expect(broken({ seen: held(11, 32), troubles: [trouble('replicas', 20, 26)] })).toEqual([late])
  expect(broken({ seen: held(11, 35), troubles: [trouble('replicas', 20, 32)] })).toEqual([])
})

test('what turns up late once its system, or a frozen replica, is back is taken in time', () => {
  const back = seen([0, []], [11, [key]], [20, []], [40, [key]], [43, []])
  expect(broken({ seen: back })).toEqual([late])
  expect(broken({ seen: back, troubles: [trouble('orders', 21, 39.9)] })).toEqual([])
  const thawed = { ...trouble('replica-1', 15, 39.5), what: 'frozen' }
  expect(broken({ seen: back, troubles: [thawed] })).toEqual([])
  expect(broken({ seen: back, troubles: [trouble('replica-1', 15, 30)] })).toEqual([late])
})

test('the end of what people agreed to comes no earlier', () => {
  const short = { ...aGrant(), endsAt: at(15) }
  expect(broken({ grants: [ended(short)], seen: held(11, 15), deeds: asIs([aGrant()]) })).toEqual([stripped])
  const early = { ...ended(aGrant(), at(15)), cause: 'expired' as const } as Grant
  expect(broken({ grants: [early], seen: held(11, 15) })).toEqual([stripped])
})

test('withdrawn by whoever did not', () => {
  const grant: Grant = {
    ...aPendingGrant({ reason: 'INC-g1' }),
    status: 'withdrawn',
    closedAt: at(6),
    supersededBy: null,
    withdrawnBy: riley,
    closedBecause: null,
  }
  const entries = ['asked', 'withdrawn'].map((type, n) => ({
    source: `grant/g1/${n}`,
    grantId: 'g1',
    reason: grant.reason,
    type,
    by: riley.email,
    cause: null,
  }))
  const about = { grants: [grant], seen: seen([0, []]), record: { faults: [], entries, acts: [] } }
  expect(broken({ ...about, deeds: [asks(grant)] })).toEqual([unrecorded])
  expect(broken({ ...about, deeds: [asks(grant), aDeed({ what: 'withdraws' })] })).toEqual([])
})

test('what comes back right after a replica that had died is up again was not sent by it before', () => {
  const back = seen([0, []], [11, [key]], [20, []], [40, [key]], [43, []])
  const died = { ...trouble('replica-1', 30, 39.5), what: 'killed or dead' }
  expect(broken({ seen: back, troubles: [died] })).toEqual([late])
})

test('“nothing was given” is untrue of what was held for a while, and is not any more', () => {
  const never = { ...ended(aGrant(), at(15)), cause: 'failed', activeAt: null, left: 'never-given' } as Grant
  const said: Said[] = [{ grantId: 'g1', at: ms(21), what: 'nothing-given', words: 'Nothing was given' }]
  expect(broken({ grants: [never], said, seen: seen([0, []]) })).toEqual([])
  expect(broken({ grants: [never], said, seen: held(11, 14) })).toEqual([untrue])
})

test('what was given ends early by no word of it that it could not be given', () => {
  const over = ended(aGrant(), at(15))
  const end = { type: 'end', at: at(15), cause: 'failed', by: null, note: 'not allowed' } as const
  const grant = { ...over, history: [...over.history, end], cause: 'failed' } as Grant
  expect(broken({ grants: [grant], seen: held(11, 15.2), grounds: [] })).toEqual([stripped])
})

test('grounds that were over before it was asked for end nothing, unless a replica was frozen since', () => {
  const over = ended(aGrant(), at(15))
  const end = { type: 'end', at: at(15), cause: 'unfit', by: null, note: null } as const
  const grant = { ...over, history: [...over.history, end], cause: 'unfit' } as Grant
  const about = { grants: [grant], seen: held(11, 15.2) }
  const grounds: Grounds[] = [{ ...rulesChanged, why: 'unfit', from: ms(0), to: ms(2) }]
  const frozen = { ...trouble('replica-1', 1, 14.5), what: 'frozen' }
  expect(broken({ ...about, grounds, troubles: [frozen] })).toEqual([])
  expect(broken({ ...about, grounds })).toEqual([stripped])
})

test('what was given before anybody said yes to it, right after an earlier grant of the same, came without approval', () => {
  const again = { ...aGrant({ id: 'again', endsAt: at(36) }), approvedAt: at(26), askedMs: 10_000 }
  const grant = {
    ...again,
    durationMs: 10_000,
    reviews: again.reviews.map((one) => ({ ...one, at: at(26) })),
  }
  const over = { ...ended(grant), activeAt: at(22) } as Grant
  const grants = [ended(aGrant()), over]
  const deeds = [...asIs([aGrant()]), { ...asks(grant), from: ms(21) }, saysYes(grant, ada, ms(25.9))]
  const early = seen([0, []], [11, [key]], [20, []], [22, [key]], [36, []])
  expect(broken({ grants, deeds, seen: early })).toEqual([unapproved])
  const inTime = [ended(aGrant()), { ...over, activeAt: at(26.2) } as Grant]
  const then = seen([0, []], [11, [key]], [20, []], [26.1, [key]], [36, []])
  expect(broken({ grants: inTime, deeds, seen: then })).toEqual([])
})

test('more time that was added long before its holder asked for any is nothing that anybody asked for', () => {
  const grants = [ended(extended)]
  const record = { faults: [], entries: [...entriesOf(grants), ...recordedMore(extended)], acts: [] }
  const about = { grants, seen: held(11, 40), record }
  expect(broken({ ...about, deeds: [...asIs([extended]), wantsMore] })).toEqual([])
  const pressed = { ...wantsMore, from: ms(35) }
  expect(new Set(broken({ ...about, deeds: [...asIs([extended]), pressed] }))).toEqual(
    new Set([unapproved, late]),
  )
})

test('what ended as returned ended early where its holder pressed only after that', () => {
  const end = { type: 'end', at: at(15), cause: 'released', by: riley, note: null } as const
  const over = { ...ended(aGrant(), at(15)), cause: 'released', endedBy: riley, history: [end] } as Grant
  const entries = entriesOf([over]).map((one) =>
    one.type === 'end' ? { ...one, cause: 'released', by: riley.email } : one,
  )
  const about = {
    grants: [over],
    seen: held(11, 15.2),
    record: {
      faults: [],
      entries: [...entries.map((one, n) => ({ ...one, source: `grant/g1/${n}` }))],
      acts: [],
    },
  }
  const pressed = (second: number) => aDeed({ what: 'releases', from: ms(second) })
  expect(broken({ ...about, deeds: [...asIs([aGrant()]), pressed(14.9)] })).toEqual([])
  expect(broken({ ...about, deeds: [...asIs([aGrant()]), pressed(19)] })).toEqual([stripped])
})
