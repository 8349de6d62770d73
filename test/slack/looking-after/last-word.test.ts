import { pictureAlerts } from '../../../src/slack/looking-after/alerts.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { beat, useBeats } from '../../support/beats.ts'
import { anAlertedGrant, anEndedGrant } from '../../support/lives.ts'
import { settled } from '../../support/publishing.ts'
import { aSlackSide } from '../../support/slack-side.ts'

useBeats()
let publisher: Publisher | null = null
afterEach(() => publisher?.stop(100))

test.each([
  ['is taken by Slack', false],
  ['is not taken by Slack just then', true],
])('the last word of an alert is said in its thread, though it %s', async (_what, isRefused) => {
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
  await side.writes(anAlertedGrant())
  await beats(3)
  expect(side.slack.texts).toHaveLength(1)
  if (isRefused) side.slack.next('chat.postMessage', { status: 503 })
  await side.writes({ ...anEndedGrant(), id: anAlertedGrant().id })
  await beats(30)
  const said = side.slack.calls.filter(
    ({ method, args }) => method === 'chat.postMessage' && args['thread_ts'],
  )
  expect(side.slack.calls.filter(({ method }) => method === 'chat.update')).toHaveLength(1)
  // Once refused, and once more.
  expect(said).toHaveLength(isRefused ? 2 : 1)
})
