import { at } from '../../support/builders.ts'
import { anotherLate, gone, useLateAlerts } from '../../support/late-alerts.ts'
import { anAlertedGrant } from '../../support/lives.ts'

const begun = useLateAlerts()

test.each([0, 1, 2])(
  'what is late after the last word of an alert was said is said aloud, as a new message (%d looks later)',
  async (looks) => {
    const { side, beats, alerts, words } = begun()
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await beats(3)
    expect(alerts()).toHaveLength(1)
    await side.writes(gone(anAlertedGrant()))
    await beats(1)
    expect(words()).toHaveLength(1)
    await beats(looks)
    await side.writes(anotherLate())
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
    await side.writes(gone(anAlertedGrant()))
    await beats(1)
    expect(words()).toHaveLength(1)
    await beats(looks)
    await side.writes(anotherLate())
    await beats(6)
    await side.writes(gone(anotherLate()))
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
  await side.writes(gone(anAlertedGrant()))
  await beats(8)
  // It says that it is settled for half a minute by now.
  expect(side.slack.calls.filter(({ method }) => method === 'chat.update').at(-1)?.args['text']).toContain(
    'Settled',
  )
  await side.writes(anotherLate())
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
  await side.writes(gone(anAlertedGrant()))
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
  await side.writes(gone(anAlertedGrant()))
  await beats(30)
  const first = side.slack.calls.filter(({ args }) => args['ts'] === '1.0').at(-1)?.args['text']
  expect(first).toContain('Settled')
})

test.each([
  ['is taken by Slack', undefined],
  ['is done by Slack, which does not answer', { broken: 'socket hang up' }],
  ['is not taken by Slack just then', { status: 503 }],
])(
  'what is late anew after the last word of an alert is said as a new message, with a last word of its own, though the edit to "Settled" %s',
  async (_what, answer) => {
    const { side, beats, alerts, words } = begun()
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await beats(3)
    expect(alerts()).toHaveLength(1)
    if (answer !== undefined) side.slack.next('chat.update', answer)
    await side.writes(gone(anAlertedGrant()))
    await beats(1)
    expect(words()).toHaveLength(1)
    await side.writes(anotherLate())
    await beats(20)
    expect(alerts()).toHaveLength(2)
    await side.writes(gone(anotherLate()))
    await beats(20)
    expect([alerts().length, words().length]).toEqual([2, 2])
  },
)

test('what is late anew while the last word of an alert was sent, and Slack did not answer, is said as a new message', async () => {
  const { side, beats, alerts } = begun()
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(3)
  side.slack.next('chat.postMessage', { broken: 'socket hang up' })
  await side.writes(gone(anAlertedGrant()))
  await beats(1)
  await side.writes(anotherLate())
  await beats(3)
  expect(alerts()).toHaveLength(2)
})

test.each(['is_archived', 'restricted_action_non_threadable_channel', 'restricted_action_thread_locked'])(
  'the last word of an alert is tried once where its channel takes none in threads (%s)',
  async (error) => {
    const { side, beats, words } = begun({ turns: 60 })
    side.slack.always(({ args }) => (args['thread_ts'] ? { error } : undefined))
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await beats(3)
    await side.writes(gone(anAlertedGrant()))
    // An hour.
    await beats(720)
    expect(words()).toHaveLength(1)
    expect(await side.surfaces.needingLook(100, 'alert:')).toEqual([])
  },
)

test('no alert says STILL HELD of what is gone while Slack asked to post nothing for a minute: an edit may be sent', async () => {
  const { side, beats, saysNow } = begun()
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(3)
  // What is said elsewhere is answered so.
  side.slack.next('chat.postMessage', { retryAfterSeconds: 60 })
  await side.writes(
    anotherLate({ resource: { id: 'billing-db', name: 'Billing database' }, channel: 'C0BILLING' }),
  )
  await beats(1)
  await side.writes(gone(anAlertedGrant()))
  // Fifty seconds: edits are not paused.
  await beats(10)
  expect(saysNow('1.0')).toContain('Settled')
})
