import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { ada, aPendingGrant, aPerson, approval, aStageOf, at, sam } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** By whose word somebody held it: of those whose yes counted. Who may not approve it any more is said on the card to count no longer. */

const mallory = aPerson('Mallory')
const kim = aPerson('Kim')
const more = { stepMs: 3_600_000, maxTimes: 3, totalMs: 9 * 3_600_000, afterShare: 0, isReviewed: true }

test('whose yes counted no longer when it was approved did not approve it, by who-held and the review', async () => {
  const record = await aRecord()
  const { grants, becomes } = record
  await grants.insert(aPendingGrant({ needs: 2 }))
  // Mallory says yes, and leaves the group that may; then Ada and Sam do.
  await becomes('g1', approval(mallory, 7_200_000, 2), 10)
  await becomes('g1', { ...approval(ada, 7_200_000, 2), voided: [mallory.id] }, 20)
  const grant = (await becomes('g1', approval(sam, 7_200_000, 2), 30)) as Grant & { endsAt: Date }
  expect(grant.status).toBe('granting')
  await becomes('g1', { type: 'given', heldUntil: grant.endsAt, heldBefore: false }, 31)
  await record.records()
  const held = await record.asked(whoHeld, 'orders-db', 'read', '--at', at(60).toISOString(), '--json')
  const [{ approvedBy = [] } = {}] = JSON.parse(held.text) as { approvedBy?: string[] }[]
  expect(approvedBy).toEqual(['Ada (ada@acme.example)', 'Sam (sam@acme.example)'])
  const reviewed = await record.asked(report, 'access-review', '--quarter', '2026-Q1', '--format', 'csv')
  expect(reviewed.text).not.toContain('Mallory')
})

test('nor did whose yes counted no longer when fewer were asked for, nor when more time was agreed to', async () => {
  const record = await aRecord()
  const { grants, becomes } = record
  await grants.insert(aPendingGrant({ needs: 2 }))
  const [two, one] = [[aStageOf(2)], [aStageOf(1)]] as const
  await becomes('g1', approval(mallory, 7_200_000, 3), 10)
  await becomes('g1', approval(ada, 7_200_000, 3), 20)
  const terms = { ...approval(ada).terms }
  const grant = (await becomes(
    'g1',
    { type: 'recount', stages: one, voided: [mallory.id], terms },
    30,
  )) as Grant & {
    endsAt: Date
  }
  expect(grant.status).toBe('granting')
  await becomes('g1', { type: 'given', heldUntil: grant.endsAt, heldBefore: false }, 31)
  await becomes(
    'g1',
    {
      type: 'extend',
      by: grant.subject,
      seenEndsAt: grant.endsAt,
      rules: more,
      agreedMs: 3_600_000,
      needs: 2,
    },
    40,
  )
  const answers = {
    type: 'answer-extension',
    verdict: 'approve',
    askedAt: at(40),
    rules: more,
    stage: 0,
    as: 'own',
    stages: two,
  } as const
  await becomes('g1', { ...answers, by: kim, voided: [] }, 50)
  await becomes('g1', { ...answers, by: sam, voided: [kim.id], stages: one }, 60)
  await record.records()
  const held = await record.asked(whoHeld, 'orders-db', 'read', '--at', at(90).toISOString(), '--json')
  const [{ approvedBy = [] } = {}] = JSON.parse(held.text) as { approvedBy?: string[] }[]
  expect(approvedBy).toEqual(['Ada (ada@acme.example)', 'Sam (sam@acme.example), more time'])
})
