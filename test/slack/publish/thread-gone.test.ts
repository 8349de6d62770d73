import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import {
  aSlack,
  becomes,
  replicas,
  standing,
  stopReplicas,
  type Of,
} from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

/** A card, and a note in its thread once there is something to note. */
const cardAndNote: Of = (grant, rows) => {
  const ts = rows.get('card:g1')?.ts
  const card = aPicture(grant, {
    key: 'card:g1',
    isWanted: true,
    isAnchor: true,
    to: { channel: 'C1' },
    draw: async () => says('a card'),
  })
  const note = aPicture(grant, {
    key: 'note:g1',
    isWanted: true,
    to: { channel: 'C1', threadTs: ts ?? '' },
    draw: async () => says('a note'),
  })
  return ts && grant.reason === 'noted' ? [card, note] : [card]
}

test.each([
  ['which passes', 'internal_error'],
  ['as its thread is gone', 'thread_not_found'],
])('a note that Slack does not take, %s, is tried ever more seldom', async (_why, error) => {
  const slack = aSlack(async (_method, args) =>
    args['thread_ts'] ? Response.json({ ok: false, error }) : null,
  )
  const {
    all: [here],
    side,
  } = replicas(1, slack, { of: cardAndNote })
  if (!here) throw new Error('one')
  await here.grants.insert(anActiveGrant({ unshown: true }))
  await secondsGoBy(side, 3)
  await here.grants.change('g1', becomes('noted'))
  await settled()
  await secondsGoBy(side, 60)
  expect(slack.log.filter((line) => line.includes('a note')).length).toBeLessThanOrEqual(10)
})

test('where somebody deleted the card, it is posted again, and the note under it', async () => {
  let isDeleted = false
  const gone = (ts: string | undefined) => isDeleted && ts === 'card:g1'
  const slack = aSlack(async (_method, { ts, thread_ts: thread }) => {
    if (gone(thread)) return Response.json({ ok: false, error: 'thread_not_found' })
    return gone(ts) ? Response.json({ ok: false, error: 'message_not_found' }) : null
  })
  const {
    all: [here],
    side,
  } = replicas(1, slack, { of: cardAndNote })
  if (!here) throw new Error('one')
  await standing(slack.messages, here.store, ['card:g1'])
  await here.grants.insert(anActiveGrant({ unshown: true }))
  await secondsGoBy(side, 3)
  isDeleted = true
  await here.grants.change('g1', becomes('noted'))
  await settled()
  await secondsGoBy(side, 40)
  expect(
    slack.log.filter((line) => line.startsWith('chat.postMessage') && !line.includes('refused')),
  ).toEqual([expect.stringContaining('a card'), expect.stringContaining('a note')])
  expect((await here.grants.get('g1'))?.unshown).toBe(false)
})
