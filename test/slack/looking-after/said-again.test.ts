import { at } from '../../support/builders.ts'
import { anotherLate, gone, useLateAlerts } from '../../support/late-alerts.ts'
import { anAlertedGrant } from '../../support/lives.ts'

const begun = useLateAlerts()

test('an alert is kept true where Slack does not let it be said again, which is tried only as there is something new to say', async () => {
  const { side, beats, alerts, saysNow } = begun()
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await side.writes(anotherLate())
  await beats(3)
  expect(side.slack.texts).toEqual([expect.stringContaining('2 late')])
  side.slack.always(({ method }) =>
    method === 'chat.postMessage' ? { error: 'restricted_action' } : undefined,
  )
  side.setNow(at(7_300 + 360))
  await beats(10)
  await side.writes(gone(anAlertedGrant()))
  await beats(60)
  expect(saysNow('1.0')).toContain('1 late')
  expect(alerts()).toHaveLength(3)
  await side.writes(gone(anotherLate()))
  await beats(10)
  expect(saysNow('1.0')).toContain('Settled')
})

test.each([
  ['goes on', 360 + 60],
  ['is set back a few minutes', 60],
])(
  'an alert that was said again says what is late still, and once only, while the clock %s',
  async (_what, seconds) => {
    const { side, beats, alerts, saysNow } = begun()
    side.setNow(at(7_300))
    await side.writes(anAlertedGrant())
    await side.writes(anotherLate())
    await beats(3)
    side.setNow(at(7_300 + 360))
    await beats(3)
    expect(alerts()).toHaveLength(2)
    side.setNow(at(7_300 + seconds))
    await beats(2)
    await side.writes(gone(anAlertedGrant()))
    await beats(24)
    expect([saysNow('1.0'), saysNow('2.0')]).toEqual([
      expect.stringContaining('said again below'),
      expect.stringContaining('1 late'),
    ])
    expect(alerts()).toHaveLength(2)
  },
)

test('no alert says that it is said again below where nothing is, though a replica looks right after of which the clock is a second behind', async () => {
  const { side, beats, alerts, saysNow } = begun()
  side.setNow(at(7_280))
  await side.writes({ ...anAlertedGrant(), alertedAt: at(7_280) })
  await beats(2)
  side.setNow(at(7_280 + 301))
  await beats(1)
  expect(alerts()).toHaveLength(2)
  side.setNow(at(7_280 + 299))
  await beats(1)
  side.setNow(at(7_280 + 310))
  await beats(4)
  expect([saysNow('1.0'), saysNow('2.0')]).toEqual([expect.stringContaining('said again below'), 'as posted'])
  await side.writes(gone(anAlertedGrant()))
  await beats(20)
  expect(saysNow('2.0')).toContain('Settled')
})
