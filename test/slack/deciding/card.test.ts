import type { Grant } from '../../../src/domain/grant.ts'
import { cardValue, parseCardValue } from '../../../src/slack/deciding/card-value.ts'
import { cardButtons, cardKey, renderCard } from '../../../src/slack/deciding/card.ts'
import {
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  approval,
  at,
  kim,
  sam,
} from '../../support/builders.ts'
import { aCardAbout } from '../../support/card-about.ts'
import {
  aBrokenGlass,
  aDeniedGrant,
  aFailedGrant,
  aGrantByRule,
  aHalfApprovedGrant,
  aLapsedGrant,
  aLateGrantingGrant,
  anAlertedGrant,
  anEndedGrant,
  anOpenWindow,
  aReviewedGrant,
  aRevokingGrant,
  aSeries,
  aStoppedSeries,
  aStuckGrant,
  aWaitingGrant,
  aWindow,
  aWithdrawnGrant,
  endsAt,
  given,
  madeUpTo,
  then,
} from '../../support/lives.ts'
import { buttonsOf, buttonWords, wordsOf } from '../../support/shown.ts'

const what = '*Read orders* on *Orders database*'
const asks = `<@URILEY> asks for ${what}, 2 h.`
const reason = 'INC-123: orders stuck in paid'
const who = 'riley@acme.example · as riley on orders-cluster · guest'

/** The words on the buttons, which all carry the grant and the terms that were seen. */
function labels(grant: Grant, now: Date, confirm = false): string[] {
  const buttons = cardButtons(grant, { confirm, windows: [] }, now)
  for (const { action_id, value } of buttons)
    if (action_id?.startsWith('card_')) expect(value).toBe(cardValue(grant))
  return buttons.map(({ text, action_id }) => `${text.text} (${action_id ?? ''})`)
}

describe('whoever decides finds the buttons that can be used now, and no others, while it', () => {
  const end = 'End now (card_end_now)'
  const review = 'Close review… (close_review_open)'
  const table: [string, Grant, Date, string[]][] = [
    [
      'waits for an answer',
      aPendingGrant(),
      at(20),
      ['Approve 2 h (card_approve)', 'Change… (card_change)', 'Deny… (card_deny)'],
    ],
    [
      'waits for a second answer, after one said yes to less',
      then(aPendingGrant(), approval(sam, 3_600_000, 2), at(60)),
      at(70),
      ['Approve 1 h (card_approve)', 'Change… (card_change)', 'Deny… (card_deny)'],
    ],
    ['was denied', aDeniedGrant(), at(70), []],
    ['was withdrawn', aWithdrawnGrant(), at(70), []],
    ['lapsed', aLapsedGrant(), at(86_400), []],
    ['opens later', aWaitingGrant(), at(20), [end]],
    ['recurs', aSeries(), at(20), ['Skip the next (series_skip)', 'Stop all (series_stop)']],
    ['recurs no more', aStoppedSeries(), at(700), []],
    ['is being given', aGrantingGrant(), at(20), [end]],
    ['is not given yet', aLateGrantingGrant(), at(85), [end]],
    ['is held', anActiveGrant(), at(20), [end]],
    ['is an open window', anOpenWindow(aSeries()), at(20), ['End this window (card_end_now)']],
    ['is prepared to end', aRevokingGrant(), at(7_209), [end]],
    ['is being taken back', aRevokingGrant(), endsAt, []],
    ['is taken back late', aStuckGrant(), at(7_221), ['Try now (card_try_now)']],
    ['is said aloud to be late', anAlertedGrant(), at(7_275), ['Try now (card_try_now)']],
    ['ended', anEndedGrant(), endsAt, []],
    ['could not be given', aFailedGrant(), at(40), []],
    ['is held by broken glass', given(aBrokenGlass()), at(20), [end, review]],
    ['is over, and its review is owed', anEndedGrant({}, {}, given(aBrokenGlass())), endsAt, [review]],
    ['is over, and was reviewed', aReviewedGrant(), endsAt, []],
  ]
  test.each(table)('%s', (_, grant, now, buttons) => expect(labels(grant, now)).toEqual(buttons))
})

describe('what a click does is said before', () => {
  const sure = (grant: Grant, now = at(20), confirm = false) =>
    cardButtons(grant, { confirm, windows: [] }, now).map(({ confirm: asked }) => asked?.text.text)
  test('approving is asked about only where the catalog says so', () => {
    expect(sure(aPendingGrant())).toEqual([undefined, undefined, undefined])
    expect(sure(aPendingGrant(), at(20), true)[0]).toBe(
      'Give Read orders for Riley (riley@acme.example) for 2 h?',
    )
  })
  test('ending is always asked about', () => {
    expect(sure(anActiveGrant())).toEqual(['Riley (riley@acme.example) loses Read orders at once.'])
    expect(sure(aWaitingGrant())).toEqual(['Riley (riley@acme.example) will not get Read orders.'])
  })
  test('skipping says which window, in the zone of its series, and stopping what it takes', () =>
    expect(sure(aSeries())).toEqual([
      'It would open 6 Jan 14:00 (Europe/Berlin). Later ones stay as they are.',
      'Read orders opens no more; what is open now is taken back at once.',
    ]))
  test('what is read aloud names the person', () =>
    expect(
      cardButtons(aPendingGrant(), { confirm: false, windows: [] }, at(20)).map(
        (one) => one.accessibility_label,
      ),
    ).toEqual([
      'Approve Read orders for Riley (riley@acme.example)',
      'Approve Read orders for Riley (riley@acme.example) with changes',
      'Deny Read orders for Riley (riley@acme.example)',
    ]))
})

test('a click carries the terms that were seen: they change with what is offered, and not with a second yes', () => {
  const value = cardValue(aPendingGrant())
  expect(parseCardValue(value)).toEqual({ grantId: 'g1', terms: value.slice(3) })
  expect(cardValue(aHalfApprovedGrant())).toBe(value)
  expect(cardValue(then(aPendingGrant(), approval(sam, 3_600_000, 2), at(60)))).not.toBe(value)
  expect(cardValue(aPendingGrant({ reason: 'INC-124: something else' }))).not.toBe(value)
})

describe('the card', () => {
  const approvers = ['<!subteam^S1>', '<@UADA>']

  test('of a request says who asks for what, why, and calls those who decide', () => {
    const { text, blocks } = renderCard(aPendingGrant(), aCardAbout({ approvers }), at(20))
    expect(wordsOf({ text, blocks })).toEqual([
      `${asks} <!subteam^S1> <@UADA>`,
      reason,
      `${who} · asked at 5 Jan 10:00 (Europe/Berlin) · first request · lapses tomorrow at 09:00`,
    ])
    expect(text).toBe('Riley (riley@acme.example) asks for Read orders on Orders database, 2 h: pending')
    expect(buttonsOf({ blocks })).toHaveLength(3)
  })

  const firstLines: [string, Grant, Parameters<typeof aCardAbout>[0], string][] = [
    [
      'calls ten at most',
      aPendingGrant(),
      { approvers: Array(11).fill('<@U1>') },
      `${asks}${' <@U1>'.repeat(10)}`,
    ],
    ['calls nobody once it was answered', anActiveGrant(), { approvers }, asks],
    [
      'says for whom it is',
      aPendingGrant({ requester: kim }),
      {},
      `<@UKIM> asks, for <@URILEY>, for ${what}, 2 h. `,
    ],
    [
      'says from when',
      aPendingGrant({ startsAt: at(3_600) }),
      {},
      `<@URILEY> asks for ${what}, 2 h from today at 10:00. `,
    ],
    [
      'says how often',
      aPendingGrant({ pattern: aSeries().pattern }),
      {},
      `<@URILEY> asks for ${what}, every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2026. `,
    ],
    [
      'of broken glass calls the admins while its review is owed',
      given(aBrokenGlass()),
      { approvers },
      `:rotating_light: <@URILEY> broke glass: ${what}, 2 h. <!subteam^S1> <@UADA>`,
    ],
    [
      'of glass that is broken again is louder',
      given(aBrokenGlass(2)),
      {},
      `:rotating_light: <@URILEY> broke glass *again, 3 times within a day*: ${what}, 2 h. `,
    ],
    [
      'of broken glass calls nobody once it was reviewed',
      aReviewedGrant(),
      { approvers },
      `:rotating_light: <@URILEY> broke glass: ${what}, 2 h.`,
    ],
  ]
  test.each(firstLines)('%s', (_, grant, about, line) =>
    expect(wordsOf(renderCard(grant, aCardAbout(about), at(20)))[0]).toBe(line),
  )

  const aboutLines: [string, Grant, Parameters<typeof aCardAbout>[0], string][] = [
    [
      'how often they got it before',
      anActiveGrant(),
      { earlier: { approved: 3, of: 4 } },
      'approved 3 of the last 4',
    ],
    ['that they are a member', anActiveGrant(), { isGuest: false }, 'as riley on orders-cluster · member'],
    ['how many must say yes', aHalfApprovedGrant(), {}, '2 approvals needed'],
    [
      'whose e-mail is whose',
      aPendingGrant({ requester: kim }),
      {},
      'riley@acme.example, asked for by kim@acme.example',
    ],
  ]
  test.each(aboutLines)('says %s', (_, grant, about, words) =>
    expect(wordsOf(renderCard(grant, aCardAbout(about), at(20)))[2]).toContain(words),
  )

  test('says nothing of what is not known', () => {
    const about = aCardAbout({ principal: null, isGuest: null, zone: null })
    expect(wordsOf(renderCard(anActiveGrant(), about, at(20)))[2]).toBe('riley@acme.example · first request')
  })

  test('of a request with stages says who comes next', () => {
    const words = wordsOf(renderCard(aHalfApprovedGrant(), aCardAbout({ next: '@security' }), at(70)))
    expect(words[3]).toBe('1 of 2: Ada (ada@acme.example) 09:01. Next: @security')
  })

  test('does not count whoever may not approve any more, and says so', () => {
    const grant = aHalfApprovedGrant()
    const notes = 'Ada may not approve this any more: that yes counts no longer.'
    const words = wordsOf(renderCard(grant, aCardAbout({ voided: grant.reviews, notes }), at(70)))
    expect(words.slice(3)).toEqual([notes])
  })

  test('of broken glass says that a review is owed, and later what came of it', () => {
    expect(wordsOf(renderCard(given(aBrokenGlass()), aCardAbout(), at(20))).slice(3)).toEqual([
      'Active until today at 11:00. Nobody was asked',
      '*A review is owed.*',
    ])
    expect(wordsOf(renderCard(aReviewedGrant(), aCardAbout(), at(7_300))).at(-1)).toBe(
      'Reviewed by Sam (sam@acme.example) 11:01: It was justified',
    )
  })

  test('of a series tells of its windows, and each can be ended by itself', () => {
    const series = madeUpTo(madeUpTo(aSeries(), 0), 1)
    const windows = [anOpenWindow(aSeries()), aWindow(aSeries(), 1)]
    const card = renderCard(series, aCardAbout({ windows }), at(100_800))
    expect(wordsOf(card).slice(3)).toEqual([
      'Approved by Ada (ada@acme.example) 09:00. Next opens Jan 13, 2026 at 13:00; 3 windows are left.',
      'This window: Active until tomorrow at 15:00. Approved by Ada (ada@acme.example)',
      'This window: Approved by Ada (ada@acme.example) 09:00. Opens Jan 13, 2026 at 13:00, until Jan 13, 2026 at 15:00',
    ])
    expect(buttonWords(buttonsOf(card)).map((words) => words.replace(/:[\w-]{10}\)/, ':…)'))).toEqual([
      'End this window (card_end_now g1-0:…)',
      'End this window (card_end_now g1-1:…)',
      'Skip the next (series_skip g1:1)',
      'Stop all (series_stop g1:)',
    ])
  })

  test('of what a rule approved is one line, with its button beside it', () => {
    const card = renderCard(given(aGrantByRule()), aCardAbout({ approvers }), at(20))
    expect(wordsOf(card)).toEqual([
      `Riley (riley@acme.example): ${what}, 2 h. Active until today at 11:00. Approved by the rule "On call this week"`,
    ])
    expect(card.text).toBe(
      'Riley (riley@acme.example): Read orders on Orders database, active until 5 Jan 11:00 (UTC)',
    )
    expect(buttonsOf(card).map(({ action_id }) => action_id)).toEqual(['card_end_now'])
    expect(buttonsOf(renderCard(anEndedGrant({}, {}, given(aGrantByRule())), aCardAbout(), endsAt))).toEqual(
      [],
    )
  })

  test('is one for each request and channel', () => {
    expect(cardKey(aPendingGrant())).toBe('card:r1:C1')
    expect(cardKey(aPendingGrant({ id: 'g2', line: 1 }))).toBe(cardKey(aPendingGrant()))
    expect(cardKey(aPendingGrant({ channel: 'C2' }))).not.toBe(cardKey(aPendingGrant()))
  })
})
