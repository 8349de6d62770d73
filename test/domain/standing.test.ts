import { renew } from '../../src/domain/standing.ts'
import { accepted, anActiveGrant, at } from '../support/builders.ts'

test('a renewal is owed to the system, unless it knows of that end already', () => {
  const endsAt = at(200_000)
  const grant = { ...anActiveGrant(), isStanding: true }
  expect(accepted(renew(grant, { type: 'renew', endsAt }, at(20)))).toMatchObject({
    endsAt,
    owed: { tries: 0, retryAt: at(20) },
  })
  const known = { ...grant, heldUntil: endsAt }
  expect(accepted(renew(known, { type: 'renew', endsAt }, at(20)))).toMatchObject({ endsAt, owed: null })
})
