import fc from 'fast-check'
import type { Grant } from '../../src/domain/grant.ts'
import { askedOnce } from '../../src/slack/asked-once.ts'
import { cardPictures } from '../../src/slack/deciding/card-pictures.ts'
import { holderPictures, moreTimePictures } from '../../src/slack/holding/holder-pictures.ts'
import { said } from '../../src/slack/replies/answer-click.ts'
import type { Message } from '../../src/slack/words/blocks.ts'
import { escapeText, plainWords } from '../../src/slack/words/mrkdwn.ts'
import { aGrantingGrant, anActiveGrant, aPendingGrant } from '../support/builders.ts'
import { begins, hostile, markedIn, works } from '../support/hostile.ts'
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
  anEndedSeries,
  anOpenWindow,
  aReviewedGrant,
  aRevokingGrant,
  aSeries,
  aStuckGrant,
  aWaitingGrant,
  aWarnedGrant,
  aWithdrawnGrant,
  given,
} from '../support/lives.ts'
import { rowsOf } from '../support/pictured.ts'
import { aSlackSide } from '../support/slack-side.ts'
import { checkMessageBlocks } from '../workspace/blocks/check.ts'

/** Each message of a grant, in each of its lives, whatever its words are. */

const lives: readonly Grant[] = [
  ...[aPendingGrant(), aHalfApprovedGrant(), aDeniedGrant(), aWithdrawnGrant(), aLapsedGrant()],
  ...[
    aWaitingGrant(),
    aSeries(),
    anEndedSeries(),
    anOpenWindow(aSeries()),
    aGrantingGrant(),
    aLateGrantingGrant(),
  ],
  ...[aGrantByRule(), aBrokenGlass(), given(aBrokenGlass()), anActiveGrant(), aWarnedGrant()],
  ...[aRevokingGrant(), anAlertedGrant(), anEndedGrant(), aReviewedGrant(), aFailedGrant(), aStuckGrant()],
]

/** What people, owners of catalogs, systems and rules write. */
const written = new Set([
  'name',
  'reason',
  'note',
  'error',
  'why',
  'because',
  'principal',
  'how',
  'words',
  'rule',
])

/** The same grant, where all of that was written by somebody who means harm. */
function rewritten<T>(value: T, next: () => string): T {
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: unknown) => rewritten(one, next)) as T
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key,
    written.has(key) && typeof inner === 'string' ? next() : rewritten(inner, next),
  ])
  return Object.fromEntries(entries) as T
}

async function messagesOf(grant: Grant): Promise<Message[]> {
  const { parts } = aSlackSide()
  const known = askedOnce(parts.world, grant)
  const about = { rows: rowsOf(), many: [grant], known }
  const pictures = [
    ...(await cardPictures(parts, grant, about)).pictures,
    ...holderPictures(parts, grant, about),
    ...(await moreTimePictures(parts, grant, about)).pictures,
  ]
  return Promise.all(pictures.map((picture) => picture.draw()))
}

test('whatever stands in a grant, each message of it is one that Slack takes, in which nobody else’s words do anything', async () => {
  let seen = 0
  const property = fc.asyncProperty(fc.array(hostile, { minLength: 6, maxLength: 12 }), async (texts) => {
    let n = 0
    const next = (): string => texts[(n += 1) % texts.length] ?? ''
    for (const life of lives)
      for (const { text, blocks } of await messagesOf(rewritten(life, next))) {
        const marked = markedIn(blocks)
        seen += marked.length
        expect(checkMessageBlocks(blocks)).toMatchObject({ ok: true })
        expect(
          marked.filter((one) => works.test(one.text) || begins.test(one.text) || !one.verbatim),
        ).toEqual([])
        // As it is sent.
        expect(works.test(escapeText(text))).toBe(false)
        expect(text).not.toBe('')
      }
  })
  await fc.assert(property, { numRuns: 25, seed: 20_261_128 })
  expect(seen).toBeGreaterThan(2_000)
}, 120_000)

test('what is answered to a click mentions nobody either, where Slack shows no blocks', () => {
  const property = fc.property(hostile, (text) => {
    const { text: around, blocks } = said(`${plainWords(text, 300)} is held`)
    expect(around).not.toMatch(/[<>]/)
    expect(markedIn(blocks).filter((one) => begins.test(one.text))).toEqual([])
  })
  fc.assert(property, { numRuns: 500, seed: 20_261_128 })
})
