import type { Call } from '../../support/recorded-slack.ts'
import { at } from '../../support/builders.ts'
import { anotherLate, gone, isToAda, useLateAlerts } from '../../support/late-alerts.ts'
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
  'team_access_not_granted',
  'ekm_access_denied',
  'access_denied',
])('what is STILL HELD is said to its admins where its channel takes no message (%s)', async (error) => {
  const { side, beats, alerts, dms } = begun({ turns: 100 })
  side.slack.always(refusedInChannel(error))
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  // Ten minutes.
  await beats(120)
  expect([alerts().length, dms().length]).toEqual([1, 1])
})

test('of what is late in a channel that is archived admins hear by one DM, which is kept true and settled in the end', async () => {
  const { side, beats, dms } = begun()
  side.slack.always(refusedInChannel('is_archived'))
  side.setNow(at(7_300))
  const all = Array.from({ length: 12 }, (_, n) =>
    anotherLate({
      id: `g${n}`,
      requestId: `r${n}`,
      subject: { ...anotherLate().subject, id: `p${n}` },
      alertedAt: new Date(at(7_280).getTime() + n),
    }),
  )
  for (const one of all) await side.writes(one)
  await beats(4)
  for (const [n, one] of all.entries()) {
    expect(dms().at(-1)?.args['text']).toContain(`${12 - n} late`)
    await side.writes(gone(one))
    await beats(2)
  }
  expect(dms().at(-1)?.args['text']).toContain('Settled')
  expect(dms().filter(({ method }) => method === 'chat.postMessage')).toHaveLength(1)
})

test('what is late anew after a DM was settled is said by a DM of its own, though Slack did not take that it was', async () => {
  const { side, beats, dms } = begun()
  side.slack.always(refusedInChannel('is_archived'))
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(4)
  side.slack.next('chat.update', { status: 503 })
  await side.writes(gone(anAlertedGrant()))
  await beats(1)
  await side.writes(anotherLate())
  await beats(4)
  const posted = dms().filter(({ method }) => method === 'chat.postMessage')
  expect(posted.map(({ args }) => args['text'])).toEqual(Array(2).fill('Orders database: 1 late'))
  expect(
    dms()
      .filter(({ args }) => args['ts'])
      .at(-1)?.args['text'],
  ).toContain('Settled')
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

test('what is late anew after a DM said "Settled" is heard of, though the channel answered 503 just before', async () => {
  const { side, beats, dms } = begun()
  side.slack.always(refusedInChannel('is_archived'))
  side.setNow(at(7_300))
  const all = Array.from({ length: 6 }, (_, n) =>
    anotherLate({
      id: `g${n}`,
      requestId: `r${n}`,
      subject: { ...anotherLate().subject, id: `p${n}` },
      alertedAt: new Date(at(7_280).getTime() + n),
    }),
  )
  for (const one of all) {
    await side.writes(one)
    await beats(3)
  }
  expect(dms().at(-1)?.args['text']).toContain('6 late')
  // It is tried there again, as there is something new to say: and Slack is not well.
  side.slack.always((call) =>
    call.method === 'chat.postMessage' && !isToAda(call) ? { status: 503 } : undefined,
  )
  await side.writes(gone(all[0]!))
  await beats(2)
  side.slack.always(refusedInChannel('is_archived'))
  for (const one of all.slice(1)) await side.writes(gone(one))
  await beats(3)
  expect(dms().at(-1)?.args['text']).toContain('Settled')
  const before = dms().filter(({ method }) => method === 'chat.postMessage').length
  await side.writes(anotherLate({ id: 'g9', requestId: 'r9', alertedAt: at(7_300) }))
  // Ten minutes.
  await beats(120)
  expect(dms().at(-1)?.args['text']).toContain('1 late')
  // Nobody hears of an edit.
  expect(dms().filter(({ method }) => method === 'chat.postMessage')).toHaveLength(before + 1)
})

/** As Slack documents it: chat.postMessage says is_archived, chat.update says is_inactive. */
const archived = ({ method, ...call }: Call) => {
  if (isToAda({ method, ...call })) return undefined
  return { error: method === 'chat.update' ? 'is_inactive' : 'is_archived' }
}

test('an alert in a channel that was archived since is not edited for ever once nothing is late', async () => {
  const { side, beats } = begun({ turns: 100 })
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(3)
  side.slack.always(archived)
  await side.writes(gone(anAlertedGrant()))
  // Four hours.
  await beats(12 * 60 * 4)
  const edits = side.slack.calls.filter(({ method }) => method === 'chat.update')
  expect(edits.length).toBeLessThan(5)
  expect(await side.surfaces.needingLook(100, 'alert:')).toEqual([])
})

test('what is late anew in a channel that was archived after its alert was said for the last time is heard of by its admins', async () => {
  const { side, beats, dms } = begun({ turns: 100 })
  side.setNow(at(7_300))
  await side.writes(anAlertedGrant())
  await beats(3)
  side.setNow(at(7_300 + 121 * 60))
  await beats(3)
  side.slack.always(archived)
  await side.writes(anotherLate({ alertedAt: at(7_300 + 121 * 60) }))
  // An hour.
  await beats(720)
  expect(dms().map(({ args }) => args['text'])).toEqual([expect.stringContaining('2 late')])
})
