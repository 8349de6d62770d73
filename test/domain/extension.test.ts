import type { ExtendRules } from '../../src/domain/catalog.ts'
import { mayExtend } from '../../src/domain/extension.ts'
import { transition } from '../../src/domain/transition.ts'
import { accepted, ada, after, anActiveGrant, at, riley, sam } from '../support/builders.ts'

const rules: ExtendRules = {
  maxTimes: 10,
  totalMs: 36_000_000,
  stepMs: 600_000,
  afterShare: 0,
  isReviewed: true,
}
const stages = [{ needs: 1 }]

test('whoever was told no three times asks their approvers for no more time', () => {
  let grant = anActiveGrant()
  const ask = (now: Date) =>
    transition(
      grant,
      { type: 'extend', by: riley, seenEndsAt: grant.endsAt, rules, agreedMs: Infinity, needs: 1 },
      now,
    )
  for (const [no, by] of [ada, sam, ada].entries()) {
    const askedAt = at(60 + no)
    expect(mayExtend(grant, rules, askedAt)).toEqual({ addMs: 600_000, isReviewed: true })
    grant = { ...grant, ...accepted(ask(askedAt)) } as typeof grant
    const deny = { verdict: 'deny', askedAt, rules, stage: 0, as: 'own', stages, voided: [] } as const
    grant = after(grant, { type: 'answer-extension', by, ...deny }, at(60 + no), 'active')
  }
  expect(mayExtend(grant, rules, at(70))).toEqual({ not: 'denied' })
  expect(ask(at(70))).toMatchObject({ refused: 'extend-denied' })
  // Where nobody is asked there is nobody to weary.
  expect(mayExtend(grant, { ...rules, isReviewed: false }, at(70))).toMatchObject({ isReviewed: false })
})
