import fc from 'fast-check'
import {
  actSchema,
  actTypes,
  outcomes,
  recordableOfAct,
  type Actor,
  type RecordedAct,
} from '../../src/domain/audit/act.ts'
import { linked, noLink, type Link } from '../../src/domain/audit/chain.ts'
import { recordableOf, type GrantFacts } from '../../src/domain/audit/recorded.ts'
import { methods } from '../../src/domain/confirmation.ts'
import { endCauses, lefts } from '../../src/domain/end-causes.ts'
import type { Happened } from '../../src/domain/happened.ts'
import type { PersonRef } from '../../src/domain/person.ts'

/* Entries of every type, with whatever people, rules and systems may have written into them. */

/** What breaks formats that are not careful, and what nobody thought of. */
export const hostile = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '=cmd()',
    '@SUM(A1)',
    '-1',
    '\t=1',
    ' =1+1',
    '\u200b@SUM(A1)',
    '＝1',
    'a|b\\c=d',
    'ends with \\',
    'two\r\nlines\nand\rmore',
    'x suser=mallory act=approved',
    '"quoted", and; more',
    '\u0000\u0085\u2028\u2029\u202e',
    '\ud800 half a letter',
    '日本語 👩‍👩‍👧',
    'long '.repeat(1_500),
    '}\n{"class_uid":3002}',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

const person: fc.Arbitrary<PersonRef> = fc.record({
  id: hostile,
  slack: fc.record({ teamId: hostile, userId: hostile }),
  name: hostile,
  email: fc.option(fc.oneof(fc.constantFrom('riley@acme.example', 'not an address', '@'), hostile)),
})

const idAndName = fc.record({ id: hostile, name: hostile })
const instant = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
const count = fc.option(fc.nat())
const note = fc.option(hostile)

/** Of each type, all that it may say; a type that is missing here does not compile. */
const saying: {
  readonly [T in Happened['type']]: fc.Arbitrary<Omit<Extract<Happened, { type: T }>, 'at' | 'type'>>
} = {
  asked: fc.record({ by: person }),
  'broke-glass': fc.record({ by: person, confirmedBy: fc.constantFrom(...methods) }),
  'matched-rule': fc.record({ source: hostile }),
  confirmed: fc.record({ by: person, method: fc.constantFrom(...methods) }),
  approved: fc.record({ by: person, note, stage: count, durationMs: count }),
  'approved-by-rule': fc.record({ because: hostile }),
  denied: fc.record({ by: person, note: hostile }),
  withdrawn: fc.record({ by: person }),
  dropped: fc.record({ why: hostile }),
  lapsed: fc.constant({}),
  reminded: fc.constant({}),
  escalated: fc.constant({}),
  recounted: fc.record({ stage: count }),
  window: fc.record({ number: fc.nat(), of: fc.nat() }),
  skipped: fc.record({ by: person, number: fc.nat() }),
  missed: fc.record({ count: fc.nat(), before: fc.nat() }),
  'series-over': fc.constant({}),
  opened: fc.constant({}),
  given: fc.record({ heldBefore: fc.boolean() }),
  ours: fc.constant({}),
  shown: fc.record({ by: person, on: fc.constantFrom('modal', 'page') }),
  renewed: fc.constant({}),
  warned: fc.constant({}),
  'more-time-asked': fc.record({ by: person, addMs: count }),
  'more-time-approved': fc.record({ by: person, confirmedBy: fc.constantFrom(...methods) }),
  'more-time-denied': fc.record({ by: person }),
  extended: fc.record({ by: person, addMs: count }),
  unfit: fc.record({ why: hostile, cutAt: instant }),
  'fit-again': fc.constant({}),
  resumed: fc.constant({}),
  late: fc.record({ error: note }),
  'tried-now': fc.record({ by: person }),
  end: fc.record({ cause: fc.constantFrom(...endCauses), by: fc.option(person), note }),
  taken: fc.record({ left: fc.constantFrom(...lefts) }),
  'review-owed': fc.constant({}),
  'review-closed': fc.record({ by: person, note: hostile }),
  noted: fc.record({ words: hostile, by: fc.option(person), note }),
}
export const happenedTypes = Object.keys(saying) as Happened['type'][]

const facts: fc.Arbitrary<GrantFacts> = fc.record({
  id: hostile,
  requestId: hostile,
  resource: idAndName,
  entitlement: idAndName,
  system: hostile,
  canonical: hostile,
  subject: person,
  requester: person,
  reason: hostile,
  principal: note,
  endsAt: fc.option(instant),
})

const actor: fc.Arbitrary<Actor> = fc.oneof(
  person,
  fc.record({ operator: hostile }),
  fc.record({ source: hostile }),
  fc.constant({ curfew: true } as const),
)
const kinds = actSchema.shape.about.shape.kind.options
const details = fc.oneof(
  fc.dictionary(fc.string({ maxLength: 8 }), hostile, { maxKeys: 3 }),
  fc.record({ principal: hostile, entitlement: hostile }),
)
const actOf = (type: RecordedAct['type']) =>
  fc.record({
    type: fc.constant(type),
    id: hostile,
    by: actor,
    about: fc.record({ kind: fc.constantFrom(...kinds), id: hostile, name: hostile }),
    details,
    outcome: fc.constantFrom(...outcomes),
  })

const key = { id: 'k1', bytes: new Uint8Array(32).fill(7) }

/** A link of each type of what happens to grants. */
const linkOfHappened = (type: Happened['type']): fc.Arbitrary<Link> =>
  fc.record({ facts, at: instant, said: saying[type], index: fc.nat() }).map(({ facts, at, said, index }) => {
    const entry = { type, at, ...said } as Happened
    return linked(noLink, [recordableOf(facts, index, entry)], key)[0]!
  })

/** A link of each type of act. */
const linkOfAct = (type: RecordedAct['type']): fc.Arbitrary<Link> =>
  fc
    .record({ act: actOf(type), at: instant })
    .map(({ act, at }) => linked(noLink, [recordableOfAct(at, act)], key)[0]!)

/** So many links of each type there is, always the same. */
export const linksOfAllTypes = (many: number): Link[] =>
  [...happenedTypes.map(linkOfHappened), ...actTypes.map(linkOfAct)].flatMap((links, i) =>
    fc.sample(links, { numRuns: many, seed: i }),
  )
