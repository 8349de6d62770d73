import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aSlack, becomes, replicas, stopReplicas } from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

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
  } = replicas(1, slack, {
    of: (grant, rows) => {
      const ts = rows.get('card:g1')?.ts
      return [
        aPicture(grant, {
          key: 'card:g1',
          isWanted: true,
          isAnchor: true,
          to: { channel: 'C1' },
          draw: async () => says('a card'),
        }),
        ...(ts && grant.reason === 'noted'
          ? [
              aPicture(grant, {
                key: 'note:g1',
                isWanted: true,
                to: { channel: 'C1', threadTs: ts },
                draw: async () => says('a note'),
              }),
            ]
          : []),
      ]
    },
  })
  if (!here) throw new Error('one')
  await here.grants.insert(anActiveGrant({ unshown: true }))
  await secondsGoBy(side, 3)
  await here.grants.change('g1', becomes('noted'))
  await settled()
  await secondsGoBy(side, 60)
  expect(slack.log.filter((line) => line.includes('a note')).length).toBeLessThanOrEqual(10)
})
