import type { Grant, Pending } from '../../../src/domain/grant.ts'
import type { Surface } from '../../../src/domain/ports/surfaces.ts'
import { startNudges } from '../../../src/domain/stages.ts'
import { askedOnce } from '../../../src/slack/asked-once.ts'
import { cardPictures } from '../../../src/slack/deciding/card-pictures.ts'
import {
  ada,
  aStageOf,
  aGrantingGrant,
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
  aGrantByRule,
  aHalfApprovedGrant,
  aLapsedGrant,
  aLateGrantingGrant,
  anAlertedGrant,
  anEndedGrant,
  aReviewedGrant,
  aRevokingGrant,
  aSeries,
  aWaitingGrant,
  aWarnedGrant,
  aWithdrawnGrant,
  given,
  then,
} from '../../support/lives.ts'
import { aRow, rowsOf, wantedOf } from '../../support/pictured.ts'
import { wordsOf } from '../../support/shown.ts'
import { aSlackSide } from '../../support/slack-side.ts'

const key = 'card:r1:C1'
const posted = rowsOf(aRow(key))
const none = rowsOf()

type Side = Parameters<typeof aSlackSide>[0]

const picture = async (
  grant: Grant,
  rows: ReadonlyMap<string, Surface> = none,
  { many = [grant], side }: { many?: Grant[]; side?: Side } = {},
) => {
  const { parts } = aSlackSide(side)
  const known = askedOnce(parts.world, grant)
  return (await cardPictures(parts, grant, { rows, many, known })).pictures
}

const keysOf = async (...about: Parameters<typeof picture>) => (await picture(...about)).map((one) => one.key)

describe('a card is posted while something is still to come, and goes before what matters less, when it', () => {
  const table: [string, Grant, string, boolean][] = [
    ['waits for an answer', aPendingGrant(), 'newCard', true],
    ['waits for a second answer', aHalfApprovedGrant(), 'decision', true],
    ['was denied', aDeniedGrant(), 'decision', false],
    ['was withdrawn', aWithdrawnGrant(), 'ended', false],
    ['lapsed', aLapsedGrant(), 'ended', false],
    ['opens later', aWaitingGrant(), 'decision', true],
    ['recurs', aSeries(), 'decision', true],
    ['is being given', aGrantingGrant(), 'decision', true],
    ['is given by a rule', aGrantByRule(), 'cleanUp', true],
    ['is being given, as glass was broken', aBrokenGlass(), 'newCard', true],
    ['was answered and is held', anActiveGrant(), 'decision', true],
    ['is held, and was warned of its end', aWarnedGrant(), 'active', true],
    ['is held by a rule', given(aGrantByRule()), 'active', true],
    ['is being taken back', aRevokingGrant(), 'ended', true],
    ['is still held past its end', anAlertedGrant(), 'alert', true],
    ['ended', anEndedGrant(), 'ended', false],
    ['ended, and its review is owed', anEndedGrant({}, {}, given(aBrokenGlass())), 'ended', true],
    ['ended, and was reviewed', aReviewedGrant(), 'ended', false],
  ]
  test.each(table)('%s', async (_, grant, lane, isWanted) => {
    const [card] = await picture(grant)
    expect(card).toMatchObject({ key, lane, isWanted, to: { channel: 'C1' } })
  })
})

test('what a rule approves in silence has no card', async () =>
  expect(await keysOf(given(aGrantByRule(false)))).toEqual([]))

describe('what would pass within a moment is not shown in between', () => {
  const waitsUntil = async (...about: Parameters<typeof picture>) =>
    (await picture(...about))[0]?.mayWaitUntil ?? null
  test('an approved card says at once that it is held, if that comes within a second', async () => {
    expect(await waitsUntil(aGrantingGrant(), posted)).toEqual(at(11))
    expect(await waitsUntil(aGrantingGrant(), none)).toBeNull()
  })
  test('what could not be given at the first try is shown', async () => {
    const tried = then(aGrantingGrant(), { type: 'failed', error: 'x', retryAt: at(12) }, at(10))
    expect(await waitsUntil(tried, posted)).toBeNull()
    expect(await waitsUntil(aLateGrantingGrant(), posted)).toBeNull()
  })
  test('a card of several things waits until all are written, two seconds at most', async () => {
    expect(await waitsUntil(aPendingGrant({ lines: 2 }))).toEqual(at(2))
    const both = [aPendingGrant({ lines: 2 }), aPendingGrant({ id: 'g2', line: 1, lines: 2 })]
    expect(await waitsUntil(aPendingGrant({ lines: 2 }), none, { many: both })).toBeNull()
  })
})

describe('what is asked for together', () => {
  const first = aPendingGrant({ lines: 2 })
  const second = (about: Partial<Pending> = {}) => aPendingGrant({ id: 'g2', line: 1, lines: 2, ...about })
  const firstLine = async (grant: Grant, many: Grant[]) => {
    const [card] = await picture(grant, none, { many })
    return card && wordsOf(await card.draw())[0]
  }
  test('is on one card where it goes to one channel', async () =>
    expect(await firstLine(first, [first, second()])).toContain('asks for 2 things'))
  test('is on a card each where it goes to two', async () =>
    expect(await firstLine(first, [first, second({ channel: 'C2' })])).toContain('asks for *Read orders*'))
  test('leaves out what a rule approved in silence', async () =>
    expect(await firstLine(first, [first, aGrantByRule(false, { id: 'g2', line: 1, lines: 2 })])).toContain(
      'asks for *Read orders*',
    ))
})

describe('whoever is asked and cannot see the card', () => {
  const without = (...people: (typeof ada)[]) => ({ known: { channels: { C1: people } } })
  const copy = `${key}:USAM`
  const copies = async (...about: Parameters<typeof picture>) =>
    wantedOf(await picture(...about)).filter((one) => one.startsWith(`${key}:`))

  test('gets it by DM, once the card stands', async () => {
    const side = without(riley, ada)
    expect(await copies(aPendingGrant(), posted, { side })).toEqual([`${copy} → USAM, newCard`])
    expect(await copies(aPendingGrant(), none, { side })).toEqual([])
  })
  test('gets none while everybody asked can see it', async () =>
    expect(await copies(aPendingGrant(), posted)).toEqual([]))
  test('gets none where Slack does not say who is there', async () =>
    expect(await copies(aPendingGrant(), posted, { side: { known: { channels: {} } } })).toEqual([]))
  test('gets it when the channel is gone, all of them', async () =>
    expect(await copies(aPendingGrant(), rowsOf(aRow(key, { failure: 'is_archived' })))).toEqual([
      `${key}:UADA → UADA, newCard`,
      `${copy} → USAM, newCard`,
    ]))
  test('is not whoever asks, though they are an approver', async () =>
    expect(
      await copies(aPendingGrant({ requester: sam, subject: sam }), posted, { side: without(kim) }),
    ).toEqual([`${key}:UADA → UADA, newCard`]))
  test('keeps a true copy to the end, and gets no new one', async () => {
    const kept = rowsOf(aRow(key), aRow(copy, { channel: 'DSAM' }))
    expect(await keysOf(anEndedGrant(), kept, { side: without() })).toEqual([key, copy])
    expect(await keysOf(anEndedGrant(), posted, { side: without() })).toEqual([key])
  })
  test('of broken glass is every admin, who sees it until it is reviewed', async () => {
    const side = without(riley, ada, sam)
    expect(await copies(given(aBrokenGlass()), posted, { side })).toEqual([`${key}:UADA → UADA, decision`])
    expect(await copies(aReviewedGrant(), posted, { side })).toEqual([])
  })
  test('is reminded beside their own copy', async () => {
    const nudge = { ...startNudges(0, aStageOf(1), at(0)), reminded: 1 }
    const rows = rowsOf(aRow(key), aRow(copy, { channel: 'DSAM', ts: '5.0' }))
    const side = without(riley, ada)
    expect(wantedOf(await picture(aPendingGrant({ nudge }), rows, { side })).slice(2)).toEqual([
      'note:g1:remind:0:1:USAM → DSAM 5.0, decision',
      'note:g1:remind:0:1 → C1 1.0, decision',
    ])
  })
})

describe('the thread of the card', () => {
  const notes = async (grant: Grant, rows: ReadonlyMap<string, Surface> = posted) =>
    (await picture(grant, rows)).filter((one) => one.key.startsWith('note:'))
  const yes = (note: string | null, durationMs = 7_200_000) =>
    then(aPendingGrant(), { ...approval(ada, durationMs), note }, at(10))

  const said: [string, Grant, string[]][] = [
    ['holds nothing of a plain yes', yes(null), []],
    ['holds the words of a yes', yes('for this once'), ['Ada (ada@acme.example) approved: for this once']],
    ['holds the changed time', yes(null, 3_600_000), ['Ada (ada@acme.example) approved 1 h instead of 2 h']],
    ['holds nothing of a no, which the card says', aDeniedGrant(), []],
  ]
  test.each(said)('%s', async (_, grant, words) => {
    const drawn = await Promise.all((await notes(grant)).map((one) => one.draw()))
    expect(drawn.flatMap(wordsOf)).toEqual(words)
  })

  test('begins when the card stands', async () => {
    expect(await notes(yes('for this once'), none)).toEqual([])
    expect(wantedOf(await notes(yes('for this once')))).toEqual(['note:g1:p-ada → C1 1.0, decision'])
  })

  const nudge = startNudges(0, aStageOf(1), at(0))
  const calls: [string, Partial<Pending>, string, string][] = [
    ['calls the next stage', { nudge: { ...nudge, stage: 1 } }, 'note:g1:stage:1', 'Next: <!subteam^S-@dba>'],
    [
      'calls a stage that is open again',
      { nudge: { ...nudge, recounts: 1 } },
      'note:g1:stage:0:again1',
      'Next: <!subteam^S-@dba>',
    ],
    [
      'reminds those who have not answered',
      { nudge: { ...nudge, reminded: 2 } },
      'note:g1:remind:0:2',
      'Still waiting: *Read orders* for Riley (riley@acme.example). Next: <!subteam^S-@dba>',
    ],
    [
      'calls others where nobody answered',
      { nudge: { ...nudge, escalatedAt: at(9) } },
      'note:g1:escalate:0',
      'Nobody answered yet, so others may too: <!subteam^S-@dba>',
    ],
  ]
  test.each(calls)('%s, once', async (_, about, call, words) => {
    const [note] = await notes(aPendingGrant(about))
    expect(note?.key).toBe(call)
    expect(note && wordsOf(await note.draw())).toEqual([words])
    expect(await notes(aPendingGrant(about), rowsOf(aRow(key), aRow(call, { ts: '2.0' })))).toEqual([])
  })

  test('calls nobody any more once it is answered', async () => {
    const called = aPendingGrant({ nudge: { ...nudge, stage: 1, reminded: 2, escalatedAt: at(9) } })
    expect(await notes(then(called, { type: 'withdraw', by: riley, supersededBy: null }, at(60)))).toEqual([])
  })
})
