import type { Grant } from '../../../src/domain/grant.ts'
import { refuse, type RefusalCode } from '../../../src/domain/refusal.ts'
import { refusalWords } from '../../../src/slack/words/refusal-words.ts'
import {
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  approval,
  at,
  kim,
  sam,
} from '../../support/builders.ts'
import {
  aDeniedGrant,
  aHalfApprovedGrant,
  aLapsedGrant,
  anEndedGrant,
  aRevokingGrant,
  aSeries,
  aWaitingGrant,
  aWithdrawnGrant,
  then,
} from '../../support/lives.ts'
import { asRead } from '../../support/shown.ts'

const said = (refused: RefusalCode, about: { reasons?: string[]; grant?: Grant } = {}) =>
  asRead(refusalWords(refuse(refused, about)))

/** Every code, so that a new one is not forgotten here. */
const plainly: Record<RefusalCode, string> = {
  'unknown-entitlement': 'This is not in the catalog any more.',
  'not-allowed': "You can't request this: you are not in @dba.",
  external: 'Curfew serves members of this workspace only.',
  'not-here': 'You are not a member of this workspace any more.',
  unfit: 'This is for fit devices only. you are not in @dba.',
  'own-device': 'It is your own: another admin must say that it counts.',
  'device-settled': 'Somebody answered this already.',
  'no-owner': 'Nobody of this workspace has the address that it is said to belong to.',
  'no-principal': 'Curfew does not know who you are there: you are not in @dba.',
  'bad-duration': 'That is not a duration that can be asked for here.',
  'bad-reason': 'Please say what you need it for, in 10 to 500 characters.',
  'bad-start': 'Pick a start in the future, within what this allows.',
  'not-asked-for': 'Nobody asks for this: whoever its rule names holds it.',
  'bad-pattern': 'you are not in @dba.',
  'outside-windows': 'you are not in @dba.',
  'already-held': 'You hold this already.',
  'being-taken': 'Your earlier access is just being taken back. Ask again in a minute.',
  'too-many-open': 'You have 5 open requests; withdraw one first.',
  'asked-too-often': 'You asked 30 times within the last hour; wait a little, or talk to the approvers.',
  'not-for-others': 'You can ask for this only for yourself.',
  'not-for-them': 'This cannot be asked for you are not in @dba: they may not have it.',
  'asked-already': 'Somebody asked for this already; it waits for an answer.',
  'own-request': "You can't review your own request.",
  'already-reviewed': 'You already answered. ',
  'not-an-approver': "You can't answer this: you are not in @dba.",
  'not-yet': 'It is not your turn yet: first you are not in @dba must answer.',
  'not-an-admin': 'Only the admins of this resource can do that.',
  'terms-changed': 'This changed since you saw it: now different. Please look again.',
  'rules-changed': 'The rules changed since this was asked: you are not in @dba.',
  'bad-note': 'Please write 5 to 500 characters.',
  'bad-until': 'Pick a day to come, within what this allows.',
  decided: 'This was decided already.',
  'extend-never': 'This cannot be extended; ask again when it has ended.',
  'extend-asked': 'You asked for more time already; it waits for an answer.',
  'extend-times': 'This was extended as often as it may be.',
  'extend-total': 'This is the most.',
  'extend-denied': 'More time was denied three times; it is not asked for again.',
  'extend-early': 'It is too early to extend this: use some of the time first.',
  'extended-already': 'This was extended already.',
  'extension-decided': 'This was answered already.',
  'no-break-glass': 'This may not be had without an approval.',
  'bad-typed': 'Type the name exactly as it stands above.',
  'review-closed': 'This review was closed already.',
  'bad-review': 'Please say what came of it, in 10 to 500 characters.',
  'nothing-to-show': 'There is nothing to show: no secret is made for this.',
  'not-made': 'Nothing was made: you are not in @dba.',
  'not-made-now': 'It could not be made now: you are not in @dba. Please try again in a minute.',
  'own-ways': 'This is about you: another admin does it.',
  'not-helped': 'Nothing was done: you are not in @dba.',
  'not-confirmed': 'Not confirmed: you are not in @dba.',
  'cannot-confirm': 'Not confirmed: you are not in @dba.',
  'not-signed-in': 'Not confirmed: you are not in @dba.',
  'must-confirm': 'Confirm first that it is you.',
  'bad-ticket': 'This link is used or too old. Press the button in Slack again for a new one.',
  'not-yours': 'This is not yours to change.',
  'not-held': 'This is not held any more.',
  'too-late': 'Too late, access is already being taken back.',
  'loss-changed': 'These are other people by now: nothing was changed. Please look again.',
  'identity-settled': 'Somebody answered this already, or it needs no answer any more.',
  'own-identity': 'This is about you: another admin answers it.',
  'differs-otherwise': 'What differs is something else by now: nothing was changed. Please look again.',
  'not-taken-now':
    'Not taken back now: you are not in @dba. Somebody is working on it, or the system does not answer; it stays reported.',
  'not-found': 'Curfew does not know this request any more.',
  unsure:
    'Curfew could not find out enough to say yes: you are not in @dba. Nothing was changed; try again in a minute.',
}

describe('whoever may not do something reads why, and what they can do instead', () => {
  test.each(Object.entries(plainly) as [RefusalCode, string][])('%s', (refused, words) =>
    expect(said(refused, { reasons: ['you are not in @dba'] })).toBe(words),
  )
})

describe('what is known of the grant makes it exact', () => {
  const exactly: [string, RefusalCode, Grant, string][] = [
    ['until when they hold it', 'already-held', anActiveGrant(), 'You hold this until today at 11:00.'],
    ['when it opens', 'already-held', aWaitingGrant(), 'This opens for you today at 10:00.'],
    [
      'that they have it weekly',
      'already-held',
      aSeries(),
      'You have this every week already; stop that first.',
    ],
    ['that it is only asked for', 'already-held', aPendingGrant(), 'You hold this already.'],
    [
      'who asked for it',
      'asked-already',
      aPendingGrant({ requester: kim }),
      'Kim (kim@acme.example) asked for this already; it waits for an answer.',
    ],
    [
      'one who is missing',
      'already-reviewed',
      aHalfApprovedGrant(),
      'You already answered. One more person is needed.',
    ],
    [
      'how many are missing',
      'already-reviewed',
      aPendingGrant({ needs: 2 }),
      'You already answered. 2 more people are needed.',
    ],
    [
      'what would be given now',
      'terms-changed',
      then(aPendingGrant(), approval(sam, 3_600_000, 2), at(60)),
      'This changed since you saw it: now 1 h. Please look again.',
    ],
    ['how long is the most', 'extend-total', anActiveGrant(), '2 h is the most.'],
    [
      'the end that was moved',
      'extended-already',
      anActiveGrant(),
      'This was extended already: it ends today at 11:00.',
    ],
  ]
  test.each(exactly)('%s', (_, refused, grant, words) => expect(said(refused, { grant })).toBe(words))
})

describe('whoever answers what is settled reads by whom, and when', () => {
  const settled: [Grant, string][] = [
    [aPendingGrant(), 'This is still waiting for an answer.'],
    [aDeniedGrant(), 'Already denied by Ada (ada@acme.example) at 09:01.'],
    [aWithdrawnGrant(), 'Riley (riley@acme.example) withdrew this at 09:01.'],
    [aWithdrawnGrant({ requester: kim }), 'Riley (riley@acme.example) withdrew this at 09:01.'],
    [aLapsedGrant(), 'This lapsed at 09:00.'],
    [aWaitingGrant(), 'Already approved by Ada (ada@acme.example) at 09:00.'],
    [aSeries(), 'Already approved by Ada (ada@acme.example) at 09:00.'],
    [aGrantingGrant(), 'Already approved by Ada (ada@acme.example) at 09:00.'],
    [anActiveGrant(), 'Already approved by Ada (ada@acme.example) at 09:00.'],
    [aRevokingGrant(), 'Access is already being taken back.'],
    [anEndedGrant(), 'This ended at 11:00.'],
  ]
  test.each(settled.map(([grant, words]) => [words, grant.status, grant] as const))(
    '%s (%s)',
    (words, _, grant) => {
      expect(said('decided', { grant })).toBe(words)
      expect(said('not-held', { grant })).toBe(words)
    },
  )
})

test('several reasons are one sentence', () =>
  expect(said('not-allowed', { reasons: ['you are a guest', 'you are not in @dba'] })).toBe(
    "You can't request this: you are a guest; you are not in @dba.",
  ))

test('a reason that is a sentence gets no second full stop, and none is needed', () => {
  expect(said('outside-windows', { reasons: ['Nothing is open then.'] })).toBe('Nothing is open then.')
  expect(said('outside-windows')).toBe('These windows cannot be had.')
})

test('for whom it cannot be asked is named, with why', () =>
  expect(said('not-for-them', { reasons: ['Kim', 'she is in another group', 'she is a guest'] })).toBe(
    'This cannot be asked for Kim: she is in another group; she is a guest.',
  ))

test('reasons mention nobody and are cut, however long they are', () => {
  expect(said('not-allowed', { reasons: ['<!channel>'] })).toContain('&lt;!channel&gt;')
  expect(said('not-allowed', { reasons: ['x'.repeat(5_000)] }).length).toBeLessThan(450)
})
