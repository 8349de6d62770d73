import type { Ended, Grant } from '../../../src/domain/grant.ts'
import { leftLine, statusLine, statusWord } from '../../../src/slack/words/status.ts'
import { surely } from '../../../src/slack/words/who.ts'
import {
  aGrantingGrant,
  after,
  anActiveGrant,
  aPendingGrant,
  approval,
  at,
  kim,
  riley,
  sam,
} from '../../support/builders.ts'
import {
  aBrokenGlass,
  aDeniedGrant,
  aDroppedGrant,
  aFailedGrant,
  aGrantByRule,
  aHalfApprovedGrant,
  aLapsedGrant,
  aLateGrantingGrant,
  anAlertedGrant,
  anEndedGrant,
  anEndedSeries,
  aRevokingGrant,
  aSeries,
  aStuckGrant,
  aWaitingGrant,
  aWithdrawnGrant,
  endsAt,
  given,
  then,
} from '../../support/lives.ts'
import { asRead } from '../../support/shown.ts'

const read = (grant: Grant, now = at(20), options: Parameters<typeof statusLine>[2] = {}) => {
  const line = statusLine(grant, now, options)
  return line && asRead(line)
}

describe('the card says in one line what is true when', () => {
  const lines: [string, Grant, Date, string | null][] = [
    ['nothing was decided', aPendingGrant(), at(20), null],
    ['one of two said yes', aHalfApprovedGrant(), at(70), '1 of 2: Ada (ada@acme.example) 09:01'],
    ['denied', aDeniedGrant(), at(70), 'Denied by Ada (ada@acme.example) 09:01: Ask for the replica instead'],
    ['withdrawn', aWithdrawnGrant(), at(70), 'Withdrawn by Riley (riley@acme.example)'],
    [
      'asked again',
      aWithdrawnGrant({}, { supersededBy: 'r2' }),
      at(70),
      'Withdrawn: Riley (riley@acme.example) asked again',
    ],
    [
      'declined by whom it was for',
      aWithdrawnGrant({ requester: kim }),
      at(70),
      'Declined by Riley (riley@acme.example)',
    ],
    ['whoever asked left', aDroppedGrant(), at(70), 'Closed: Riley left'],
    ['nobody answered', aLapsedGrant(), at(86_400), 'Nobody answered in 1 d'],
    [
      'it opens later',
      aWaitingGrant(),
      at(20),
      'Approved by Ada (ada@acme.example) 09:00. Opens today at 10:00, until today at 12:00',
    ],
    ['being given', aGrantingGrant(), at(20), 'Approved by Ada (ada@acme.example) 09:00. Giving access…'],
    [
      'waiting for its system',
      { ...aGrantingGrant(), isAway: true },
      at(20),
      'Approved by Ada (ada@acme.example) 09:00. Waiting for *Orders database*, which does not answer.',
    ],
    [
      'not given yet',
      aLateGrantingGrant(),
      at(85),
      'Approved by Ada (ada@acme.example) 09:00. *Not given yet*: 1 try, last: no route. Next 09:01',
    ],
    ['given', anActiveGrant(), at(20), 'Active until today at 11:00. Approved by Ada (ada@acme.example)'],
    [
      'given by a rule',
      given(aGrantByRule()),
      at(20),
      'Active until today at 11:00. Approved by the rule "On call this week"',
    ],
    ['glass was broken', given(aBrokenGlass()), at(20), 'Active until today at 11:00. Nobody was asked'],
    ['being taken back', aRevokingGrant(), endsAt, 'Taking access back since 11:00…'],
    ['a failed try says nothing alarming yet', aStuckGrant(), at(7_220), 'Taking access back since 11:00…'],
    [
      'still held ten seconds after its end',
      aStuckGrant(),
      at(7_221),
      '*STILL HELD*, due 11:00. 1 try, last: connection refused. Next 11:00',
    ],
    [
      'still held, and said aloud',
      anAlertedGrant(),
      at(7_275),
      '*STILL HELD*, due 11:00. 1 try, last: connection refused. Next 11:00',
    ],
    [
      'could not be given, and is being checked',
      aRevokingGrant({ cause: 'failed', note: 'no such role', takeAt: at(30) }, aGrantingGrant()),
      at(31),
      'Could not give: no such role. Checking that nothing is left…',
    ],
    ['could not be given', aFailedGrant(), at(40), 'Could not give: no such role. Checked: nothing held'],
    ['its time was up', anEndedGrant(), endsAt, 'Ended 11:00 (time was up). Checked: gone'],
    [
      'returned',
      anEndedGrant({ cause: 'released', by: riley, takeAt: at(600) }),
      at(700),
      'Ended 09:10 (returned). Checked: gone',
    ],
    [
      'ended by an admin',
      anEndedGrant({ cause: 'revoked', by: sam, takeAt: at(600) }),
      at(700),
      'Ended 09:10 (ended by Sam (sam@acme.example)). Checked: gone',
    ],
    [
      'the rules do not allow it any more',
      anEndedGrant({ cause: 'unmatched', note: 'not in @contractors any more', takeAt: at(600) }),
      at(700),
      'Ended 09:10 (not in @contractors any more). Checked: gone',
    ],
    [
      'it left the catalog',
      anEndedGrant({ cause: 'removed', takeAt: at(600) }),
      at(700),
      'Ended 09:10 (removed from the catalog). Checked: gone',
    ],
    [
      'recurring windows',
      aSeries(),
      at(20),
      'Approved by Ada (ada@acme.example) 09:00. Next opens tomorrow at 13:00; 4 windows are left.',
    ],
    [
      'recurring windows that were stopped',
      anEndedSeries(),
      at(700),
      'Stopped by Ada (ada@acme.example) 09:11. Checked: gone',
    ],
  ]
  test.each(lines)('%s', (_, grant, now, line) => expect(read(grant, now)).toBe(line))

  test('what is prepared ahead shows nothing before its instant', () => {
    const opening = after(aWaitingGrant(), { type: 'open', leadMs: 60_000 }, at(3_540), 'granting')
    expect(read(opening, at(3_599))).toContain('Opens today at 10:00')
    expect(read(opening, at(3_600))).toContain('Giving access…')
    const ending = after(
      anActiveGrant(),
      { type: 'end', cause: 'expired', by: null, note: null, takeAt: endsAt },
      at(7_150),
      'revoking',
    )
    expect(read(ending, at(7_209))).toContain('Active until today at 11:00')
    expect(read(ending, endsAt)).toBe('Taking access back since 11:00…')
  })

  test('two tries are called tries', () => {
    const again = then(aStuckGrant(), { type: 'failed', error: 'reset', retryAt: at(7_300) }, at(7_240))
    expect(read(again, at(7_250))).toContain('2 tries, last: reset')
  })

  test('of several who said yes the last is named, and whoever did so ahead is said to have', () => {
    const second = approval(sam, 7_200_000, 2)
    const both = then(aHalfApprovedGrant(), { ...second, ahead: { preApprovalId: 'pa1', mostMs: 1 } }, at(80))
    expect(read(both, at(85))).toBe('Approved by Sam (sam@acme.example) ahead 09:01. Giving access…')
  })

  test('where nobody would be notified people are mentioned', () =>
    expect(read(aHalfApprovedGrant(), at(70), { name: surely })).toBe(
      '1 of 2: <@UADA> (ada@acme.example) 09:01',
    ))

  test('what people and systems wrote mentions nobody and formats nothing', () => {
    expect(read(aDeniedGrant({}, '<!channel> *no*'))).toContain(
      '&lt;!channel&gt; \u200b*\u200bno\u200b*\u200b',
    )
    expect(read(aFailedGrant({}, '<@URILEY>'))).toContain('&lt;@URILEY&gt;')
  })
})

describe('once it ended it is said what was left of it', () => {
  const left: [string, Partial<Pick<Ended, 'left' | 'keptUntil'>>][] = [
    ['Checked: gone', { left: 'gone' }],
    ['Nothing was given', { left: 'never-given' }],
    ['Still held through another grant', { left: 'kept-for-grant' }],
    [
      'Still held through another grant until today at 12:00',
      { left: 'kept-for-grant', keptUntil: at(10_800) },
    ],
    ['Held before Curfew; left in place', { left: 'kept-before' }],
  ]
  test.each(left)('%s', (words, taken) => expect(asRead(leftLine(anEndedGrant({}, taken)))).toBe(words))
})

test('the word of status that is read aloud spells its times, for every status', () => {
  const words: [Grant, Date, string][] = [
    [aPendingGrant(), at(20), 'pending'],
    [aDeniedGrant(), at(70), 'denied'],
    [aWithdrawnGrant(), at(70), 'withdrawn'],
    [aLapsedGrant(), at(86_400), 'lapsed'],
    [aWaitingGrant(), at(20), 'approved, opens 5 Jan 10:00 (UTC)'],
    [aSeries(), at(20), 'approved, next opens 6 Jan 13:00 (UTC)'],
    [aGrantingGrant(), at(20), 'giving access'],
    [anActiveGrant(), at(20), 'active until 5 Jan 11:00 (UTC)'],
    [aRevokingGrant(), at(7_209), 'active until 5 Jan 11:00 (UTC)'],
    [aRevokingGrant(), endsAt, 'taking access back'],
    [anAlertedGrant(), at(7_275), 'STILL HELD past its end'],
    [anEndedGrant(), at(7_300), 'ended 5 Jan 11:00 (UTC)'],
  ]
  for (const [grant, now, word] of words) expect(statusWord(grant, now)).toBe(word)
})
