import type { Active, Grant } from '../../../src/domain/grant.ts'
import type { Surface } from '../../../src/domain/ports/surfaces.ts'
import { askedOnce } from '../../../src/slack/asked-once.ts'
import { holderPictures, moreTimePictures } from '../../../src/slack/holding/holder-pictures.ts'
import { read } from '../../catalog/reading.ts'
import {
  aGrantingGrant,
  anActiveGrant,
  ada,
  after,
  aPendingGrant,
  at,
  kim,
  riley,
} from '../../support/builders.ts'
import {
  aBrokenGlass,
  aDeniedGrant,
  aGrantByRule,
  aHalfApprovedGrant,
  aLapsedGrant,
  anAlertedGrant,
  anEndedGrant,
  anEndedSeries,
  anOpenWindow,
  aRevokingGrant,
  aSeries,
  aWaitingGrant,
  aWarnedGrant,
  aWithdrawnGrant,
  endsAt,
  given,
  HOUR,
  then,
} from '../../support/lives.ts'
import { aRow, keptOf, wantedOf } from '../../support/pictured.ts'
import { buttonsOf, buttonWords, wordsOf } from '../../support/shown.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

const catalog = read(catalogWith('        extend: { max: 3, total: 8h, by: 1h }'))

async function picture(
  grant: Grant,
  { now = at(20), many = [grant], card }: { now?: Date; many?: Grant[]; card?: Surface } = {},
) {
  const side = aSlackSide({ catalog })
  side.setNow(now)
  const rows = new Map(card ? [[card.key, card]] : [])
  const known = askedOnce(side.world, grant)
  const { pictures } = await moreTimePictures(side.parts, grant, { rows, known })
  return [...holderPictures(side.parts, grant, { many, known }), ...pictures]
}

describe('a person is written to about what happens, in the order of what matters, when it', () => {
  const table: [string, Grant, Date, string[]][] = [
    ['is asked for', aPendingGrant(), at(20), ['asked → URILEY, newCard']],
    ['is half approved', aHalfApprovedGrant(), at(70), ['asked → URILEY, newCard']],
    ['is denied', aDeniedGrant(), at(70), ['outcome → URILEY, decision']],
    ['is withdrawn', aWithdrawnGrant(), at(70), []],
    ['lapses', aLapsedGrant(), at(86_400), ['outcome → URILEY, cleanUp']],
    ['is approved for later', aWaitingGrant(), at(20), ['waiting → URILEY, decision']],
    ['is approved for every week', aSeries(), at(20), ['waiting → URILEY, decision']],
    ['is being given', aGrantingGrant(), at(20), []],
    ['is given', anActiveGrant(), at(20), ['outcome → URILEY, active']],
    ['is given by a rule', given(aGrantByRule()), at(20), ['outcome → URILEY, active']],
    ['is taken in an emergency', given(aBrokenGlass()), at(20), ['outcome → URILEY, active']],
    ['will soon end', aWarnedGrant(), at(6_700), ['outcome → URILEY, active', 'warning → URILEY, warning']],
    ['is being taken back', aRevokingGrant(), endsAt, []],
    ['is still held past its end', anAlertedGrant(), at(7_275), ['late → URILEY, alert']],
    ['ended', anEndedGrant(), endsAt, ['ended → URILEY, ended']],
    ['is over for good, week after week', anEndedSeries(), at(700), ['ended → URILEY, ended']],
  ]
  test.each(table)('%s', async (_, grant, now, wanted) =>
    expect(wantedOf(await picture(grant, { now }))).toEqual(wanted.map((one) => `dm:g1:${one}`)),
  )

  test('opens again', async () =>
    expect(wantedOf(await picture(anOpenWindow(aSeries()), { now: at(100_900) }))).toEqual([
      'dm:g1-0:outcome → URILEY, active',
    ]))
})

test('every other message about it is kept true where it stands, and no new one is sent', async () =>
  expect(keptOf(await picture(anEndedGrant(), { now: endsAt }))).toEqual([
    'dm:g1:asked → URILEY, cleanUp',
    'dm:g1:waiting → URILEY, cleanUp',
    'dm:g1:outcome → URILEY, cleanUp',
    'dm:g1:warning → URILEY, cleanUp',
    'dm:g1:late → URILEY, alert',
  ]))

test('what they read is drawn from the catalog and the directory of now', async () => {
  const draw = async (grant: Grant, key: string, now = at(20)) => {
    const drawn = (await picture(grant, { now })).find((one) => one.key === key)?.draw()
    return (await drawn) ?? { text: '', blocks: [] }
  }
  expect(wordsOf(await draw(aPendingGrant(), 'dm:g1:asked'))).toEqual([
    'Asked for *Read orders* on *Orders database*, 2 h. @dba were told; you will hear here.',
  ])
  const held = await draw(anActiveGrant(), 'dm:g1:outcome')
  expect(wordsOf(held)[0]).toContain('\nmongosh with your own login')
  expect(held.text).toBe('You have Read orders on Orders database until 5 Jan 12:00 (Europe/Berlin)')
  const warned = await draw(aWarnedGrant(), 'dm:g1:warning', at(6_700))
  expect(buttonsOf(warned).map(({ text }) => text.text)).toEqual(['Ask for 1 h more', "I'm done"])
})

describe('several things asked for at once', () => {
  const first = aPendingGrant({ lines: 2 })
  const second = { id: 'g2', line: 1, lines: 2 }
  test('are told of in one message, which waits until all are written', async () => {
    const [asked] = await picture(first)
    expect(asked).toMatchObject({ key: 'dm:r1:asked', lane: 'newCard', isWanted: true, mayWaitUntil: at(2) })
    const pictures = await picture(first, { many: [first, aPendingGrant(second)] })
    expect(pictures[0]?.mayWaitUntil).toBeNull()
    expect(wantedOf(pictures)).toEqual(['dm:r1:asked → URILEY, newCard'])
  })
  test('are told of until the last is answered', async () => {
    const denied = aDeniedGrant({ lines: 2 })
    expect(wantedOf(await picture(denied, { many: [denied, aPendingGrant(second)] }))).toEqual([
      'dm:r1:asked → URILEY, newCard',
      'dm:g1:outcome → URILEY, decision',
    ])
    expect(keptOf(await picture(denied, { many: [denied, aDeniedGrant(second)] }))[0]).toBe(
      'dm:r1:asked → URILEY, cleanUp',
    )
  })
})

describe('whoever asked for somebody else is written to as well', () => {
  const forRiley = { requester: kim }
  const toKim = async (grant: Grant) => wantedOf(await picture(grant)).filter((one) => one.includes('UKIM'))
  test('that it was asked', async () =>
    expect(await toKim(aPendingGrant(forRiley))).toEqual(['dm:g1:requester:asked → UKIM, decision']))
  test('what came of it', async () => {
    expect(await toKim(anActiveGrant(forRiley))).toEqual(['dm:g1:requester:outcome → UKIM, decision'])
    expect(await toKim(aWithdrawnGrant(forRiley))).toEqual(['dm:g1:requester:outcome → UKIM, decision'])
  })
  test('nothing while it is being given', async () =>
    expect(await toKim(aGrantingGrant(forRiley))).toEqual([]))
  test('and nobody but them: who asks for themselves is written to once', async () =>
    expect(wantedOf(await picture(aPendingGrant()))).toHaveLength(1))
})

describe('more time', () => {
  const rules = { maxTimes: 3, totalMs: 8 * HOUR, stepMs: HOUR, afterShare: 0 }
  const asks = (grant: Active, isReviewed: boolean, now = at(6_650)): Active =>
    after(
      grant,
      {
        type: 'extend',
        by: riley,
        seenEndsAt: grant.endsAt,
        rules: { ...rules, isReviewed },
        agreedMs: Infinity,
        needs: 1,
      },
      now,
      'active',
    )
  const answers = (grant: Active, verdict: 'approve' | 'deny') =>
    then(
      grant,
      {
        type: 'answer-extension',
        by: ada,
        as: 'own',
        verdict,
        askedAt: at(6_650),
        rules: { ...rules, isReviewed: true },
        stage: 0,
        stages: [{ needs: 1 }],
        voided: [],
      },
      at(6_660),
    )
  const card = aRow('card:r1:C1')
  const more = `more:${at(6_650).getTime()}`
  const about = async (grant: Grant, now = at(6_670)) =>
    (await picture(grant, { card, now })).filter(({ key }) => key.includes(more))

  test('that was asked for is shown to those who answer, in the thread, with its buttons', async () => {
    const asked = asks(aWarnedGrant(), true)
    const [note, ...others] = await about(asked)
    expect(others).toEqual([])
    expect(note && wantedOf([note])).toEqual([`note:g1:${more} → C1 1.0, decision`])
    const message = (await note?.draw()) ?? { text: '', blocks: [] }
    expect(wordsOf(message)).toEqual([
      'Riley (riley@acme.example) asks for 1 h more, until today at 12:00. <!subteam^S-@dba>',
    ])
    const value = `g1:${at(6_650).getTime()}`
    expect(buttonWords(buttonsOf(message))).toEqual([
      `Extend 1 h (more_approve ${value})`,
      `No (more_deny ${value})`,
    ])
  })

  const outcomes: [string, Grant, string, string | null][] = [
    [
      'that was taken is noted, and its holder saw it themselves',
      asks(aWarnedGrant(), false),
      'Riley (riley@acme.example) extended this by 1 h.',
      null,
    ],
    [
      'that was approved is told to its holder',
      answers(asks(aWarnedGrant(), true), 'approve'),
      'Riley (riley@acme.example) asked for 1 h more. Approved by Ada (ada@acme.example).',
      'You got 1 h more of *Read orders* on *Orders database*, approved by <@UADA> (ada@acme.example): it ends today at 12:00.',
    ],
    [
      'that was denied is told to its holder, with the end that stands',
      answers(asks(aWarnedGrant(), true), 'deny'),
      'Riley (riley@acme.example) asked for 1 h more. Ada (ada@acme.example) said no.',
      '<@UADA> (ada@acme.example) said no to 1 h more of *Read orders* on *Orders database*: it ends today at 11:00.',
    ],
    [
      'that nobody answered is settled by the end',
      anEndedGrant({}, {}, asks(aWarnedGrant(), true)),
      'Riley (riley@acme.example) asked for 1 h more. It ended before anybody answered.',
      null,
    ],
  ]
  test.each(outcomes)('%s', async (_, grant, noted, told) => {
    const [note, dm] = await about(grant)
    const words = await Promise.all([note, dm].map(async (one) => one && wordsOf(await one.draw())))
    expect(words).toEqual([[noted], told === null ? undefined : [told]])
    expect(dm?.to.channel).toBe(told === null ? undefined : 'URILEY')
  })

  test('has no note where no card stands, and no new one once it is over', async () => {
    expect((await picture(asks(aWarnedGrant(), true))).filter(({ key }) => key.startsWith('note:'))).toEqual(
      [],
    )
    expect(wantedOf(await about(anEndedGrant({}, {}, asks(aWarnedGrant(), true))))).toEqual([])
  })

  test('moves the end: the next warning is a new message, and the old one says so', async () => {
    const extended = asks(aWarnedGrant(), false)
    const again = after(extended, { type: 'warn' }, at(10_210), 'active')
    const pictures = await picture(again, { now: at(10_300), card })
    expect(wantedOf(pictures)).toContain('dm:g1:warning:1 → URILEY, warning')
    expect(keptOf(pictures)).toContain('dm:g1:warning → URILEY, cleanUp')
    const old = await pictures.find(({ key }) => key === 'dm:g1:warning')?.draw()
    expect(old && wordsOf(old)).toEqual([
      '*Read orders* on *Orders database* was extended; it ends today at 12:00.',
    ])
  })
})
