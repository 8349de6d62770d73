import type { Grant } from '../../../src/domain/grant.ts'
import {
  isMoment,
  moments,
  outdatedWarning,
  renderDm,
  type DmAbout,
  type Moment,
} from '../../../src/slack/holding/dms.ts'
import {
  isAnswered,
  renderAskedSeveral,
  renderForRequester,
} from '../../../src/slack/holding/requester-dms.ts'
import {
  ada,
  after,
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  at,
  kim,
  riley,
} from '../../support/builders.ts'
import {
  aBrokenGlass,
  aCalledOffGrant,
  aDeniedGrant,
  aDroppedGrant,
  aFailedGrant,
  aGrantByRule,
  aHalfApprovedGrant,
  aLapsedGrant,
  anAlertedGrant,
  anEndedGrant,
  anEndedSeries,
  anOpenWindow,
  aRevokingGrant,
  aSeries,
  aStoppedSeries,
  aStuckGrant,
  aWaitingGrant,
  aWarnedGrant,
  aWindow,
  aWithdrawnGrant,
  endsAt,
  given,
  HOUR,
  madeUpTo,
} from '../../support/lives.ts'
import { buttonsOf, buttonWords, wordsOf } from '../../support/shown.ts'

const nothing: DmAbout = { approvers: [], voided: [], how: null, zone: 'UTC', more: null, windows: [] }
const what = '*Read orders* on *Orders database*'

const withdraw = 'Withdraw (dm_withdraw g1)'
const decline = 'Decline (dm_withdraw g1)'
const done = "I'm done (dm_done g1)"
const askAgain = 'Ask again (dm_ask_again orders-db read 2 h)'

/** Ends are prepared a minute ahead. */
const preparedToEnd = after(
  anActiveGrant(),
  { type: 'end', cause: 'expired', by: null, note: null, takeAt: endsAt },
  at(7_150),
  'revoking',
)

describe('a person hears of what happens, once and in time, and of nothing else', () => {
  const heard: [string, Grant, Date, Moment[]][] = [
    ['asked for', aPendingGrant(), at(20), ['asked']],
    ['half approved', aHalfApprovedGrant(), at(70), ['asked']],
    ['denied', aDeniedGrant(), at(70), ['outcome']],
    ['withdrawn by themselves', aWithdrawnGrant(), at(70), []],
    ['nobody answered', aLapsedGrant(), at(86_400), ['outcome']],
    ['approved, opens later', aWaitingGrant(), at(20), ['waiting']],
    ['recurring windows are approved', aSeries(), at(20), ['waiting']],
    ['a window waits to open', aWindow(aSeries()), at(20), []],
    ['just being given', aGrantingGrant(), at(20), []],
    ['held', anActiveGrant(), at(20), ['outcome']],
    ['a window is open', anOpenWindow(aSeries()), at(20), ['outcome']],
    ['soon over', aWarnedGrant(), at(6_700), ['outcome', 'warning']],
    ['over this very moment', aWarnedGrant(), endsAt, ['outcome']],
    ['its end is prepared, and has not come', preparedToEnd, at(7_209), ['outcome']],
    ['just being taken back', aRevokingGrant(), endsAt, []],
    ['taken back late', aStuckGrant(), at(7_221), ['late']],
    ['taken back later still', anAlertedGrant(), at(7_275), ['late']],
    [
      'could not be given, and is checked',
      aRevokingGrant({ cause: 'failed' }, aGrantingGrant()),
      endsAt,
      ['outcome'],
    ],
    ['could not be given', aFailedGrant(), at(40), ['outcome']],
    ['its time was up', anEndedGrant(), endsAt, ['ended']],
    ['given back', anEndedGrant({ cause: 'released', by: riley }), endsAt, ['ended']],
    ['whoever held it left', anEndedGrant({ cause: 'offboarded' }), endsAt, []],
    ['called off before it opened', aCalledOffGrant(), at(700), ['ended']],
    ['called off by themselves', aCalledOffGrant({ cause: 'released', by: riley }), at(700), []],
    ['a window closed as agreed', anEndedGrant({}, {}, anOpenWindow(aSeries())), endsAt, []],
    [
      'a window was ended by an admin',
      anEndedGrant({ cause: 'revoked', by: ada }, {}, anOpenWindow(aSeries())),
      endsAt,
      ['ended'],
    ],
    ['a window may not open', aCalledOffGrant({ cause: 'unmatched' }, aWindow(aSeries())), at(700), []],
    ['the series is over', anEndedSeries(), at(700), ['ended']],
  ]
  test.each(heard)('%s', (_, grant, now, told) =>
    expect(moments.filter((moment) => isMoment(grant, moment, now))).toEqual(told),
  )
})

interface Said {
  grant: Grant
  about?: Partial<DmAbout>
  now?: Date
  words: string
  text?: string
  buttons?: string[]
}

function says(moment: Moment, { grant, about, now = at(20), words, text, buttons = [] }: Said): void {
  const message = renderDm(grant, moment, { ...nothing, ...about }, now)
  expect(wordsOf(message)).toEqual([words])
  expect(buttonWords(buttonsOf(message))).toEqual(buttons)
  if (text !== undefined) expect(message.text).toBe(text)
}

describe('"Asked for…"', () => {
  const table: [string, Said][] = [
    [
      'says that they will hear, and can be withdrawn',
      {
        grant: aPendingGrant(),
        words: `Asked for ${what}, 2 h. You will hear here.`,
        text: 'Asked for Read orders on Orders database, 2 h',
        buttons: [withdraw],
      },
    ],
    [
      'names who was told, five at most',
      {
        grant: aPendingGrant(),
        about: { approvers: ['@dba', 'a@x', 'b@x', 'c@x', 'd@x', 'e@x'] },
        words: `Asked for ${what}, 2 h. @dba, a@x, b@x, c@x, d@x were told; you will hear here.`,
        buttons: [withdraw],
      },
    ],
    [
      'says from when, where it starts later',
      {
        grant: aPendingGrant({ startsAt: at(3_600) }),
        words: `Asked for ${what}, 2 h, from today at 10:00. You will hear here.`,
        buttons: [withdraw],
      },
    ],
    [
      'says how often, where it is asked for again and again',
      {
        grant: aPendingGrant({ pattern: aSeries().pattern }),
        words: `Asked for ${what}, every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2026. You will hear here.`,
        buttons: [withdraw],
      },
    ],
    [
      'says why no rule approved it',
      {
        grant: aPendingGrant({ whyReviewed: 'longer than 1 h' }),
        words: `Asked for ${what}, 2 h. You will hear here. Needs a review: longer than 1 h.`,
        buttons: [withdraw],
      },
    ],
    [
      'counts who said yes',
      {
        grant: aHalfApprovedGrant(),
        words: `Asked for ${what}, 2 h. You will hear here. 1 of 2 approved.`,
        buttons: [withdraw],
      },
    ],
    [
      'does not count whoever may not approve any more',
      {
        grant: aHalfApprovedGrant(),
        about: { voided: aHalfApprovedGrant().reviews },
        words: `Asked for ${what}, 2 h. You will hear here.`,
        buttons: [withdraw],
      },
    ],
    [
      'can be declined by whom it is for',
      {
        grant: aPendingGrant({ requester: kim }),
        words: `<@UKIM> asked for ${what} for you, 2 h. You will hear here.`,
        buttons: [decline],
      },
    ],
    [
      'loses its button once withdrawn',
      { grant: aWithdrawnGrant(), words: `Asked for ${what}, 2 h. You withdrew this.` },
    ],
    [
      'says that a newer one took its place',
      {
        grant: aWithdrawnGrant({}, { supersededBy: 'r2' }),
        words: `Asked for ${what}, 2 h. Replaced by your newer request.`,
      },
    ],
    [
      'says who withdrew what was for them',
      {
        grant: aWithdrawnGrant({ requester: kim }, { by: kim }),
        words: `<@UKIM> asked for ${what} for you, 2 h. Withdrawn by <@UKIM> (kim@acme.example).`,
      },
    ],
    [
      'says that they declined it',
      {
        grant: aWithdrawnGrant({ requester: kim }),
        words: `<@UKIM> asked for ${what} for you, 2 h. Declined by <@URILEY> (riley@acme.example).`,
      },
    ],
    [
      'says why it was closed',
      { grant: aDroppedGrant({}, 'Kim left'), words: `Asked for ${what}, 2 h. Closed: Kim left.` },
    ],
    [
      'says no more once answered: that is another message',
      { grant: anActiveGrant(), words: `Asked for ${what}, 2 h.` },
    ],
  ]
  test.each(table)('%s', (_, said) => says('asked', said))
})

describe('"It opens…"', () => {
  const approved = `<@UADA> (ada@acme.example) approved ${what}`
  const series = `${approved}, every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2026.`
  const table: [string, Said][] = [
    [
      'says when, and can be called off',
      {
        grant: aWaitingGrant(),
        about: { zone: 'Europe/Berlin' },
        words: `${approved}: it opens today at 10:00, until today at 12:00.`,
        text: 'Read orders on Orders database was approved: it opens 5 Jan 11:00 (Europe/Berlin)',
        buttons: ['Not needed any more (dm_done g1)'],
      },
    ],
    [
      'loses its button once it was called off',
      { grant: aCalledOffGrant(), words: `${approved}: it opens today at 10:00, until today at 12:00.` },
    ],
    [
      'of a series says when the next one does; it can be skipped, or all stopped',
      {
        grant: aSeries(),
        words: `${series} Next opens tomorrow at 13:00; 4 windows are left. You will hear each time it opens.`,
        buttons: ['Skip the next (series_skip g1:0)', 'Stop all (series_stop g1:)'],
      },
    ],
    [
      'of a series with its last window open cannot be skipped',
      {
        grant: madeUpTo(aSeries(), 3),
        about: { windows: [anOpenWindow(aSeries(), 3)] },
        words: `${series} This is the last window. You will hear each time it opens.`,
        buttons: ['Stop all (series_stop g1:)'],
      },
    ],
    ['of a stopped series has no buttons', { grant: aStoppedSeries(), words: series }],
  ]
  test.each(table)('%s', (_, said) => says('waiting', said))
})

describe('what came of it', () => {
  const table: [string, Said][] = [
    [
      'denied: by whom, why, and how to ask again',
      {
        grant: aDeniedGrant(),
        words: `<@UADA> (ada@acme.example) said no to ${what}: Ask for the replica instead`,
        text: 'Read orders on Orders database was denied',
        buttons: [askAgain],
      },
    ],
    [
      'nobody answered',
      { grant: aLapsedGrant(), words: `Nobody answered ${what} in 1 d.`, buttons: [askAgain] },
    ],
    [
      'given: until when, how to connect, and how to give it back',
      {
        grant: anActiveGrant(),
        about: { how: 'mongosh with your own login', zone: 'Europe/Berlin' },
        words: `You have ${what} until today at 11:00.\nmongosh with your own login`,
        text: 'You have Read orders on Orders database until 5 Jan 12:00 (Europe/Berlin)',
        buttons: [done],
      },
    ],
    [
      'given by a rule',
      {
        grant: given(aGrantByRule()),
        words: `You have ${what} until today at 11:00.\nNo review was needed: On call this week.`,
        buttons: [done],
      },
    ],
    [
      'glass was broken',
      {
        grant: given(aBrokenGlass()),
        words: `You have ${what} until today at 11:00.\nThe channel and the admins were told; a review follows.`,
        buttons: [done],
      },
    ],
    [
      'about to end: held to the last moment, without a button',
      { grant: preparedToEnd, now: at(7_209), words: `You have ${what} until today at 11:00.` },
    ],
    [
      'over: it says so, and not any more how to connect',
      {
        grant: anEndedGrant(),
        now: endsAt,
        about: { how: 'mongosh' },
        words: `You had ${what} until today at 11:00.`,
      },
    ],
    [
      'ended early: until when it was held',
      {
        grant: anEndedGrant({ cause: 'revoked', by: ada, takeAt: at(600) }),
        now: at(700),
        words: `You had ${what} until today at 09:10.`,
      },
    ],
    [
      'a window that closed says what is left, as no other message does',
      {
        grant: anEndedGrant({}, {}, anOpenWindow(aSeries())),
        now: at(200_000),
        words: `You had ${what} until tomorrow at 15:00. Checked: gone.`,
      },
    ],
    [
      'could not be given: why, and how to ask again',
      {
        grant: aFailedGrant(),
        now: at(40),
        words: `Could not give ${what}: no such role.`,
        text: 'Could not give Read orders on Orders database',
        buttons: [askAgain],
      },
    ],
  ]
  test.each(table)('%s', (_, said) => says('outcome', said))
})

describe('the warning before the end', () => {
  const ends = `${what} ends today at 11:00.`
  const table: [string, Said][] = [
    ['says when, and can be answered', { grant: aWarnedGrant(), words: ends, buttons: [done] }],
    [
      'offers more time',
      {
        grant: aWarnedGrant(),
        about: { more: { addMs: HOUR, isReviewed: false } },
        words: ends,
        buttons: [`Extend 1 h (more_extend g1:${endsAt.getTime()})`, done],
      },
    ],
    [
      'offers to ask for more where somebody must say yes',
      {
        grant: aWarnedGrant(),
        about: { more: { addMs: HOUR, isReviewed: true } },
        words: ends,
        buttons: [`Ask for 1 h more (more_extend g1:${endsAt.getTime()})`, done],
      },
    ],
    [
      'says why there is no more',
      {
        grant: aWarnedGrant(),
        about: { more: { not: 'times' } },
        words: `${ends} 2 h is the most.`,
        buttons: [done],
      },
    ],
    [
      'says that more was asked for',
      {
        grant: aWarnedGrant(),
        about: { more: { not: 'asked' } },
        words: `${ends} You asked for more time; you will hear here.`,
        buttons: [done],
      },
    ],
    [
      'says from when there is more',
      {
        grant: aWarnedGrant(),
        about: { more: { not: 'early', from: at(7_000) } },
        words: `${ends} It can be extended from today at 10:56.`,
        buttons: [done],
      },
    ],
    [
      'says that time is up',
      { grant: aRevokingGrant(), now: endsAt, words: `${what}: time is up; it is being taken back.` },
    ],
    [
      'says that it ended',
      {
        grant: anEndedGrant(),
        now: endsAt,
        words: `${what} ended.`,
        text: 'Read orders on Orders database ended 5 Jan 11:00 (UTC)',
      },
    ],
  ]
  test.each(table)('%s', (_, said) => says('warning', said))

  test('an end that was moved is told of in the old warning too', () => {
    expect(wordsOf(outdatedWarning(anActiveGrant(), nothing))).toEqual([
      `${what} was extended; it ends today at 11:00.`,
    ])
    expect(wordsOf(outdatedWarning(anEndedGrant(), nothing))).toEqual([
      `${what} was extended; it ended today at 11:00.`,
    ])
  })
})

test('whoever still has it after its end is asked to stop', () =>
  says('late', {
    grant: anAlertedGrant(),
    now: at(7_275),
    words: 'Your time is up; access is being taken back. Please stop using it.',
    text: 'Your time is up: Read orders on Orders database',
  }))

describe('the end', () => {
  const table: [string, Said][] = [
    [
      'was checked, and it can be asked for again',
      {
        grant: anEndedGrant(),
        words: `${what} ended today at 11:00; checked, it is gone.`,
        text: 'Read orders on Orders database ended 5 Jan 11:00 (UTC)',
        buttons: [askAgain],
      },
    ],
    [
      'leaves what was there before',
      {
        grant: anEndedGrant({}, { left: 'kept-before' }),
        words: `${what} ended today at 11:00; Held before Curfew; left in place.`,
        buttons: [askAgain],
      },
    ],
    [
      'says why, where the rules took it',
      {
        grant: anEndedGrant({ cause: 'unmatched', note: 'you are not in @dba any more' }),
        words: `${what} ended today at 11:00, as you are not in @dba any more; checked, it is gone.`,
        buttons: [askAgain],
      },
    ],
    [
      'before it opened says who called it off',
      {
        grant: aCalledOffGrant(),
        words: `${what} will not be given: <@UADA> (ada@acme.example) ended it.`,
        text: 'Read orders on Orders database will not be given',
        buttons: [askAgain],
      },
    ],
    [
      'before it opened says what called it off',
      {
        grant: aCalledOffGrant({ cause: 'removed', by: null }),
        words: `${what} will not be given: it was removed.`,
        buttons: [askAgain],
      },
    ],
    [
      'of a series: its last window is over',
      {
        grant: anEndedSeries({ ...madeUpTo(aSeries(), 3), next: null }),
        words: `The last window of ${what} is over.`,
        buttons: [askAgain],
      },
    ],
    [
      'of a series: somebody stopped it',
      {
        grant: anEndedSeries(),
        words: `${what} opens no more: <@UADA> (ada@acme.example) stopped it.`,
        buttons: [askAgain],
      },
    ],
    [
      'of a series: they stopped it themselves',
      {
        grant: anEndedSeries(aStoppedSeries({ cause: 'released', by: riley })),
        words: `${what} opens no more: you stopped it.`,
        buttons: [askAgain],
      },
    ],
    [
      'of a series: the rules stopped it',
      {
        grant: anEndedSeries(aStoppedSeries({ cause: 'unmatched', by: null, note: 'not in @dba any more' })),
        words: `${what} opens no more: not in @dba any more.`,
        buttons: [askAgain],
      },
    ],
  ]
  test.each(table)('%s', (_, said) => says('ended', { now: at(700_000), ...said }))
})

test('what cannot be undone is asked about first', () => {
  const [button] = buttonsOf(renderDm(anActiveGrant(), 'outcome', nothing, at(20)))
  expect(button?.confirm?.text.text).toBe('You lose Read orders on Orders database at once.')
  const [callOff] = buttonsOf(renderDm(aWaitingGrant(), 'waiting', nothing, at(20)))
  expect(callOff?.confirm?.text.text).toBe('Read orders on Orders database will not open.')
})

describe('several things asked for at once', () => {
  const first = aPendingGrant({ lines: 2 })
  const second = { id: 'g2', line: 1, lines: 2, entitlement: { id: 'write', name: 'Change orders' } }
  const other = '*Change orders* on *Orders database*'
  const table: [string, Grant[], string, string[]][] = [
    [
      'are told of in one message',
      [first, aPendingGrant(second)],
      `Asked for 2 things, 2 h each. You will hear here.\n• ${what}\n• ${other}`,
      [withdraw],
    ],
    [
      'say what was answered; the rest can be withdrawn',
      [aDeniedGrant({ lines: 2 }), aPendingGrant(second)],
      `Asked for 2 things, 2 h each. You will hear here.\n• ${what}: denied\n• ${other}`,
      ['Withdraw (dm_withdraw g2)'],
    ],
    [
      'say whether somebody or a rule approved each, and lose the button',
      [anActiveGrant({ lines: 2 }), aGrantByRule(true, second)],
      `Asked for 2 things, 2 h each.\n• ${what}: approved\n• ${other}: approved by a rule`,
      [],
    ],
  ]
  test.each(table)('%s', (_, lines, words, buttons) => {
    const message = renderAskedSeveral(lines)
    expect(wordsOf(message)).toEqual([words])
    expect(message.text).toBe('Asked for 2 things')
    expect(buttonWords(buttonsOf(message))).toEqual(buttons)
  })
})

describe('whoever asked for somebody else', () => {
  const forRiley = { requester: kim }
  test('hears that it was asked, and can withdraw it until it is answered', () => {
    const asked = renderForRequester(aPendingGrant(forRiley), 'asked', at(20))
    expect(wordsOf(asked)).toEqual([`Asked for ${what} for <@URILEY>, 2 h. You will hear here.`])
    expect(asked.text).toBe('Asked for Read orders on Orders database for Riley (riley@acme.example)')
    expect(buttonWords(buttonsOf(asked))).toEqual([withdraw])
    const answered = renderForRequester(anActiveGrant(forRiley), 'asked', at(20))
    expect(wordsOf(answered)).toEqual([`Asked for ${what} for <@URILEY>, 2 h.`])
    expect(buttonsOf(answered)).toEqual([])
  })

  test('hears what came of it', () => {
    const outcome = renderForRequester(anActiveGrant(forRiley), 'outcome', at(20))
    expect(wordsOf(outcome)).toEqual([
      `<@URILEY>, ${what}: Active until today at 11:00. Approved by <@UADA> (ada@acme.example)`,
    ])
    expect(outcome.text).toBe('Riley (riley@acme.example): Read orders on Orders database')
  })

  test.each<[string, Grant, boolean]>([
    ['nothing yet while it waits', aPendingGrant(forRiley), false],
    ['nothing yet while it is given', aGrantingGrant(forRiley), false],
    ['that it is given', anActiveGrant(forRiley), true],
    ['that it was denied', aDeniedGrant(forRiley), true],
    ['nothing when they withdrew it themselves', aWithdrawnGrant(forRiley, { by: kim }), false],
    ['that it was declined', aWithdrawnGrant(forRiley), true],
  ])('hears %s', (_, grant, isTold) => expect(isAnswered(grant)).toBe(isTold))
})
