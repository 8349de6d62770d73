import type { Call } from '../../support/recorded-slack.ts'
import { at } from '../../support/builders.ts'
import { gone, isToAda, useLateAlerts } from '../../support/late-alerts.ts'
import { anAlertedGrant } from '../../support/lives.ts'

const begun = useLateAlerts()

const refusedInChannel = (error: string) => (call: Call) =>
  call.method === 'chat.postMessage' && !isToAda(call) ? { error } : undefined

test.each([
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'channel_type_not_supported',
])('what is STILL HELD is said to its admins where its channel takes no message (%s)', async (error) => {
  const { side, beats, alerts, dms } = begun({ turns: 100 })
  side.slack.always(refusedInChannel(error))
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  // Ten minutes.
  await beats(120)
  expect([alerts().length, dms().length]).toEqual([1, 1])
})

test('the DM that told an admin of what is STILL HELD, as its channel is archived, does not say so for ever once it is gone', async () => {
  const { side, beats, dms } = begun()
  side.setNow(at(7_300))
  side.slack.next('chat.postMessage', { error: 'is_archived' })
  await side.writes(anAlertedGrant())
  await beats(4)
  expect(dms().map(({ args }) => args['text'])).toEqual([expect.stringContaining('1 late')])
  await side.writes(gone(anAlertedGrant()))
  await beats(20)
  expect(dms().at(-1)?.args['text']).toContain('Settled')
})
