import type { AskedRow } from '../../src/domain/ports/grant-records.ts'
import { percentile, waitingTimes } from '../../src/domain/waiting-times.ts'
import { ada, at, riley, sam } from '../support/builders.ts'

const minute = 60

/** A request that was approved after so many minutes. */
function approvedAfter(minutes: number, about: Partial<AskedRow> = {}): AskedRow {
  return {
    id: 'g',
    status: 'ended',
    askedMs: 3_600_000,
    reason: 'INC-1',
    requestedAt: at(0),
    resource: { id: 'orders-db', name: 'Orders' },
    entitlement: { id: 'read', name: 'Read' },
    subject: riley,
    requester: riley,
    because: null,
    isSeries: false,
    isBreakGlass: false,
    asker: { groups: ['@contractors'], guest: true, zone: 'UTC', earlier: null },
    reviews: [{ by: ada, verdict: 'approve', at: at(minutes * minute), preApprovalId: null }],
    approvedAt: at(minutes * minute),
    closedAt: null,
    closedBecause: null,
    ...about,
  }
}

test('percentiles are values that occurred', () => {
  expect(percentile([], 0.5)).toBe(0)
  expect(percentile([5], 0.9)).toBe(5)
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2)
  expect(percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.9)).toBe(9)
})

test('by resource and approver, of what people approved: rules, words given ahead and emergencies waited for nobody', () => {
  const rows = [
    ...[2, 4, 6, 8, 100].map((minutes) => approvedAfter(minutes)),
    approvedAfter(0, { because: 'on call' }),
    approvedAfter(0, { isBreakGlass: true }),
    approvedAfter(9, { isSeries: true }),
    approvedAfter(9, { requester: sam }),
    approvedAfter(0, { reviews: [{ by: ada, verdict: 'approve', at: at(0), preApprovalId: 'x' }] }),
    approvedAfter(3, { approvedAt: null, status: 'denied' }),
    approvedAfter(20, {
      resource: { id: 'reports', name: 'Reports' },
      reviews: [{ by: sam, verdict: 'approve', at: at(20 * minute), preApprovalId: null }],
    }),
  ]
  expect(waitingTimes(rows)).toEqual([
    {
      resource: { id: 'orders-db', name: 'Orders' },
      approved: 5,
      medianMs: 6 * 60_000,
      p90Ms: 100 * 60_000,
      approvers: [{ by: ada, answers: 5, medianMs: 6 * 60_000 }],
      rule: { group: '@contractors', answers: 5 },
    },
    {
      resource: { id: 'reports', name: 'Reports' },
      approved: 1,
      medianMs: 20 * 60_000,
      p90Ms: 20 * 60_000,
      approvers: [{ by: sam, answers: 1, medianMs: 20 * 60_000 }],
      rule: null,
    },
  ])
})

test('a rule is worth naming where it would have answered a good part', () => {
  const others = Array.from({ length: 40 }, (_, i) =>
    approvedAfter(1, { asker: { groups: [`@team-${i}`], guest: false, zone: 'UTC', earlier: null } }),
  )
  const few = Array.from({ length: 5 }, () => approvedAfter(1))
  expect(waitingTimes([...others, ...few])[0]?.rule).toBeNull()
  const many = Array.from({ length: 15 }, () => approvedAfter(1))
  expect(waitingTimes([...others, ...many])[0]?.rule).toEqual({ group: '@contractors', answers: 15 })
  expect(waitingTimes([approvedAfter(1, { asker: null })])[0]?.rule).toBeNull()
})
