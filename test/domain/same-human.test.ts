import type { PersonRef } from '../../src/domain/person.ts'
import { transition } from '../../src/domain/transition.ts'
import { ada, aPendingGrant, approval, at, riley, sam } from '../support/builders.ts'

/** Nobody answers what they asked for, or what is asked for them, and nobody fills two seats: whatever account they use. */

/** Whoever this is, by another account of theirs. */
const elsewhere = (person: PersonRef, about: Partial<PersonRef>): PersonRef => ({
  ...person,
  id: `${person.id}-2`,
  slack: { ...person.slack, userId: `${person.slack.userId}2` },
  ...about,
})

const accounts: readonly (readonly [string, (person: PersonRef) => PersonRef])[] = [
  ['the same account', (person) => person],
  ['an account with the same e-mail', (person) => elsewhere(person, {})],
  [
    'an account with that e-mail in capitals',
    (person) => elsewhere(person, { email: person.email?.toUpperCase() ?? null }),
  ],
  [
    'an account that an admin said is theirs too',
    (person) => elsewhere(person, { email: null, also: [person.id] }),
  ],
]

test.each(accounts)('by %s nobody says yes to what they asked for', (_by, of) => {
  const grant = aPendingGrant()
  expect(transition(grant, approval(of(grant.requester)), at(10))).toMatchObject({ refused: 'own-request' })
})

test.each(accounts)('by %s nobody says yes to what Sam asked for, for them', (_by, of) => {
  const grant = aPendingGrant({ requester: sam, subject: riley })
  expect(transition(grant, approval(of(riley)), at(10))).toMatchObject({ refused: 'own-request' })
  expect(transition(grant, approval(of(sam)), at(10))).toMatchObject({ refused: 'own-request' })
})

test.each(accounts)('by %s nobody fills the second seat too', (_by, of) => {
  const first = transition(aPendingGrant({ needs: 2 }), approval(ada, undefined, 2), at(10))
  if ('refused' in first) throw new Error(first.refused)
  expect(first.status).toBe('pending')
  expect(transition(first, approval(of(ada), undefined, 2), at(20))).toMatchObject({
    refused: 'already-reviewed',
  })
})

test('somebody else says yes, and fills the second seat', () => {
  const first = transition(aPendingGrant({ needs: 2 }), approval(ada, undefined, 2), at(10))
  if ('refused' in first) throw new Error(first.refused)
  expect(transition(first, approval(sam, undefined, 2), at(20))).toMatchObject({ status: 'granting' })
})
