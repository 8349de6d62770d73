import type { Revoking } from '../../../src/domain/grant.ts'
import { pictureAlerts } from '../../../src/slack/looking-after/alerts.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { at, sam } from '../../support/builders.ts'
import { anAlertedGrant, anEndedGrant } from '../../support/lives.ts'
import { settled } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

useBeats()
let publisher: Publisher | null = null
afterEach(() => publisher?.stop(100))

const another = (): Revoking => ({
  ...anAlertedGrant(),
  id: 'g2',
  requestId: 'r2',
  subject: sam,
  alertedAt: at(7_290),
})

function begun() {
  const side = aSlackSide()
  publisher = new Publisher(side.parts, {
    pictures: {
      of: async () => ({ pictures: [], isWhole: true }),
      alerts: () => pictureAlerts(side.parts),
    },
    isPaced: false,
  })
  publisher.start()
  const beats = async (many: number) => {
    for (let i = 0; i < many; i++) {
      side.passes(5_000)
      beat(5_000)
      await settled(300)
    }
  }
  const posts = () => side.slack.calls.filter(({ method }) => method === 'chat.postMessage')
  return {
    side,
    beats,
    alerts: () => posts().filter(({ args }) => !args['thread_ts']),
    words: () => posts().filter(({ args }) => args['thread_ts']),
  }
}

test.each([0, 1, 2])(
  'what is late after the last word of an alert was said is said aloud, as a new message (%d looks later)',
  async (looks) => {
    const { side, beats, alerts, words } = begun()
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await beats(3)
    expect(alerts()).toHaveLength(1)
    await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
    await beats(1)
    expect(words()).toHaveLength(1)
    await beats(looks)
    await side.writes(another())
    await beats(6)
    expect(alerts()).toHaveLength(2)
  },
)

test.each([0, 1, 2])(
  'a last word is said once nothing is late any more, also where something was late anew right after one (%d looks later)',
  async (looks) => {
    const { side, beats, words } = begun()
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await beats(3)
    await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
    await beats(1)
    expect(words()).toHaveLength(1)
    await beats(looks)
    await side.writes(another())
    await beats(6)
    await side.writes({ ...anEndedGrant(), id: 'g2', requestId: 'r2', subject: sam })
    await beats(6)
    expect(words()).toHaveLength(2)
  },
)

test('what is late anew while Slack does not take the last word of an alert is said as a new message too', async () => {
  const { side, beats, alerts } = begun()
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(3)
  expect(alerts()).toHaveLength(1)
  side.slack.next('chat.postMessage', ...Array.from({ length: 12 }, () => ({ status: 503 })))
  await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
  await beats(8)
  // It says that it is settled for half a minute by now.
  expect(side.slack.calls.filter(({ method }) => method === 'chat.update').at(-1)?.args['text']).toContain(
    'Settled',
  )
  await side.writes(another())
  await beats(12)
  // Tried at least, while Slack takes none.
  expect(alerts().length).toBeGreaterThan(1)
})

test.each([
  ['is taken by Slack', false],
  ['is not taken by Slack just then', true],
])('the last word of an alert is said in its thread, though it %s', async (_what, isRefused) => {
  const { side, beats, words } = begun()
  await side.writes(anAlertedGrant())
  await beats(3)
  expect(side.slack.texts).toHaveLength(1)
  if (isRefused) side.slack.next('chat.postMessage', { status: 503 })
  await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
  await beats(30)
  expect(side.slack.calls.filter(({ method }) => method === 'chat.update')).toHaveLength(1)
  // Once refused, and once more.
  expect(words()).toHaveLength(isRefused ? 2 : 1)
})

test('once nothing is late any more no message says that it still is, though Slack did not take it just when it was to be said again', async () => {
  const { side, beats } = begun()
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(2)
  expect(side.slack.texts).toEqual([expect.stringContaining('1 late')])
  side.setNow(at(7_300 + 360))
  side.slack.next('chat.postMessage', { status: 503 })
  await beats(1)
  await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
  await beats(30)
  const first = side.slack.calls.filter(({ args }) => args['ts'] === '1.0').at(-1)?.args['text']
  expect(first).toContain('Settled')
})

test('the DM that told an admin of what is STILL HELD, as its channel is archived, does not say so for ever once it is gone', async () => {
  const { side, beats } = begun()
  side.setNow(at(7_300))
  side.slack.next('chat.postMessage', { error: 'is_archived' })
  await side.writes(anAlertedGrant())
  await beats(4)
  const toAda = () => side.slack.calls.filter(({ args }) => /^[UD]ADA$/.test(args['channel'] ?? ''))
  expect(toAda().map(({ args }) => args['text'])).toEqual([expect.stringContaining('1 late')])
  await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
  await beats(20)
  expect(toAda().at(-1)?.args['text']).toContain('Settled')
})
