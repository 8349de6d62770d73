import { grantSchema, termsOf } from '../../src/domain/grant.ts'
import { aPendingGrant } from '../support/builders.ts'

test('what somebody saw is the same as it was made and as it is read back', () => {
  const made = aPendingGrant({
    pattern: {
      zone: 'UTC',
      weekdays: [4],
      start: '03:12',
      durationMs: 600_000,
      until: '2026-12-17',
      from: '2026-11-26',
      everyWeeks: 1,
    },
  })
  const read = grantSchema.parse(made)
  expect(termsOf(read)).toBe(termsOf(made))
})
