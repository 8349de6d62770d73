import { blankHold, type Hold } from '../../src/domain/hold.ts'
import { holdAfter } from '../../src/domain/hold-after.ts'
import type { HoldWrite } from '../../src/domain/ports/holds.ts'
import { at } from '../support/builders.ts'

const key = { system: 'orders-cluster', principal: 'riley', canonical: 'read@orders', target: {} }

test.each<[string, Partial<Hold>, HoldWrite]>([
  ['is watched', { watch: { gave: true, until: at(60) } }, { call: 'take' }],
  ['comes to be watched', {}, { watch: { gave: false, forMs: 1_000 } }],
  ['is not watched any more', {}, { unwatch: { seen: null } }],
  ['was held before', { heldBefore: true }, { keepMs: 0 }],
  ['turns out to have been held before', {}, { heldBefore: true }],
  ['is to be looked at', {}, { dueInMs: 1_000 }],
  ['leaves something over', {}, { leftover: { tries: 0, error: null, dueInMs: 0 } }],
])(
  'what a write makes of a hold that %s is read back: others change it, or the database times it',
  (_what, about, change) => {
    expect(holdAfter({ ...key, ...blankHold, ...about }, change)).toBeNull()
  },
)
