import type { Grant } from '../../../src/domain/grant.ts'
import type { Picture } from '../../../src/slack/publish/picture.ts'
import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { anOpenWindow, aSeries } from '../../support/lives.ts'
import {
  aSlack,
  becomes,
  cardAndDm,
  replicas,
  standing,
  stopReplicas,
  type Of,
} from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled, until } from '../../support/publishing.ts'

/** A DM that fails again and again, and what else of its grant it keeps from being shown. */

useBeats()
afterEach(() => stopReplicas())

/** How Slack refuses, by what is sent; null: it does not. */
type Refuses = (words: string, method: string, ts: string | undefined) => Response | null
const http503 = () => new Response('', { status: 503 })
const internal = () => Response.json({ ok: false, error: 'internal_error' })

async function failing(of: Of, refuses: Refuses, stands: readonly string[] = ['card:g1', 'dm:g1']) {
  const on: { refuses: Refuses } = { refuses }
  const slack = aSlack(async (method, args) => on.refuses(args['text'] ?? '', method, args['ts']))
  const { all, side } = replicas(1, slack, { of })
  const [here] = all
  if (here === undefined) throw new Error('none')
  await standing(slack.messages, here.store, stands)
  const sent = (words: string) =>
    slack.log.filter((line) => line.includes(words) && !line.includes('refused')).length
  const tried = (words: string) => slack.log.filter((line) => line.includes(words)).length
  return { here, side, slack, sent, tried, on }
}

const edits = (grant: Grant, what: string, about: Partial<Picture> = {}): Picture =>
  aPicture(grant, {
    key: `${what}:g1`,
    lane: 'active',
    to: { channel: 'C1' },
    draw: async () => says(`${what}: ${grant.reason}`),
    ...about,
  })

/** The DM failed so often that it is left alone for a minute nearly. */
async function dmFailedOften(of: Of, refuses: Refuses) {
  const made = await failing(of, refuses)
  await made.here.grants.insert(anActiveGrant({ reason: 'asked', unshown: true }))
  await secondsGoBy(made.side, 66)
  await until(() => made.tried('dm: asked') === 7)
  await settled()
  return made
}
const dmNever: Refuses = (words) => (words.startsWith('dm') ? http503() : null)

test('a card that Slack did not take once is sent again within seconds, though a DM of its grant is left alone for long', async () => {
  const { here, side, sent, tried, on } = await dmFailedOften(
    (grant) => [edits(grant, 'card'), edits(grant, 'dm')],
    dmNever,
  )
  let isFirst = true
  on.refuses = (words, ...rest) => {
    if (words !== 'card: approved' || !isFirst) return dmNever(words, ...rest)
    isFirst = false
    return http503()
  }
  await here.grants.change('g1', becomes('approved'))
  await settled()
  expect(tried('card: approved')).toBe(1)
  await secondsGoBy(side, 5)
  expect(sent('card: approved')).toBe(1)
})

test('a card that somebody deleted is posted again within seconds, though a DM of its grant is left alone for long', async () => {
  const { here, side, slack, sent } = await dmFailedOften(
    (grant) => [edits(grant, 'card', { isWanted: true }), edits(grant, 'dm')],
    dmNever,
  )
  slack.messages.delete('card:g1')
  await here.grants.change('g1', becomes('approved'))
  await secondsGoBy(side, 5)
  expect(sent('chat.postMessage card: approved')).toBe(1)
})

test('a card that waited a second for what comes next is sent after it, though a DM of its grant is left alone for long', async () => {
  let mayWaitUntil: Date | null = null
  const { here, side, sent } = await dmFailedOften(
    (grant) => [edits(grant, 'card', { mayWaitUntil }), edits(grant, 'dm')],
    dmNever,
  )
  mayWaitUntil = new Date(side.world.clock.now().getTime() + 1_000)
  await here.grants.change('g1', becomes('approved'))
  await settled()
  side.setNow(new Date(side.world.clock.now().getTime() + 5_000))
  await secondsGoBy(side, 5)
  expect(sent('card: approved')).toBe(1)
})

test('a card is drawn anew within seconds after somebody clicked it in vain, though a DM of its grant is left alone for long', async () => {
  let words = 'as it was'
  const { here, side, sent } = await dmFailedOften(
    (grant) => [edits(grant, 'card', { draw: async () => says(`card: ${words}`) }), edits(grant, 'dm')],
    dmNever,
  )
  expect(sent('card: as it was')).toBe(1)
  words = 'as it is'
  here.publisher.look('g1')
  await secondsGoBy(side, 5)
  expect(sent('card: as it is')).toBe(1)
})

test('what hangs on a new card follows within seconds, though a DM of the same grant is refused', async () => {
  const { here, side, sent } = await failing(
    (grant, rows) => {
      const ts = rows.get('card:g1')?.ts
      return [
        edits(grant, 'card', { isWanted: true, isAnchor: true, lane: 'newCard' }),
        edits(grant, 'dm', { isWanted: true, to: { channel: 'U1' } }),
        ...(ts ? [edits(grant, 'copy', { isWanted: true, to: { channel: 'U2' } })] : []),
      ]
    },
    (words) => (words.startsWith('dm') ? internal() : null),
    [],
  )
  await here.grants.insert(anActiveGrant({ reason: 'asked', unshown: true }))
  await settled()
  expect(sent('card: asked')).toBe(1)
  await secondsGoBy(side, 5)
  expect(sent('copy: asked')).toBe(1)
})

test.each([3, 120, 1_200])(
  'the card of a series tells of its window within %s s, though a DM of the window is refused',
  async (within) => {
    const series = { ...aSeries(), id: 's', requestId: 's', unshown: false }
    const window: Grant = {
      ...anOpenWindow(aSeries()),
      id: 'w',
      requestId: 'w',
      window: { seriesId: 's', index: 0 },
      unshown: true,
    }
    let words = 'no window'
    const { side, here, sent } = await failing(
      (grant) => [
        grant.id === 's'
          ? edits(grant, 'card', {
              key: 'card:s',
              isWanted: true,
              draw: async () => says(`series: ${words}`),
            })
          : edits(grant, 'dm', { key: 'dm:w', isWanted: true, to: { channel: 'U1' } }),
      ],
      (text) => (text.startsWith('dm') ? internal() : null),
      [],
    )
    await here.grants.insert({ ...series, unshown: true })
    await until(() => sent('series: no window') === 1)
    await secondsGoBy(side, 2)
    words = 'it is open'
    await here.grants.insert(window)
    await secondsGoBy(side, within)
    expect(sent('series: it is open')).toBe(1)
  },
  60_000,
)

test('a grant of which all is shown is looked at no more, though a message of it had to wait', async () => {
  let isRefused = true
  let looks = 0
  const slack = aSlack(async (_method, { ts }) =>
    isRefused && ts === 'dm:g1' ? new Response('', { status: 503 }) : null,
  )
  const {
    all: [here],
    side,
  } = replicas(1, slack, {
    of: (...about) => {
      looks++
      return cardAndDm(...about)
    },
  })
  if (!here) throw new Error('one')
  await standing(slack.messages, here.store, ['card:g1', 'dm:g1'])
  await here.grants.insert(anActiveGrant({ reason: 'asked', unshown: true }))
  await secondsGoBy(side, 2)
  isRefused = false
  await secondsGoBy(side, 10)
  await until(async () => (await here.grants.get('g1'))?.unshown === false)
  await secondsGoBy(side, 3)
  const before = looks
  await secondsGoBy(side, 40)
  expect(looks).toBe(before)
})
