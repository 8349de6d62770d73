import type { SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { aSlack, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled, until } from '../../support/publishing.ts'
import { twoOnSlowSlack } from '../../support/slow-client.ts'

useBeats()
afterEach(() => stopReplicas())

const oneCard: Of = (grant) => [
  aPicture(grant, {
    key: 'card:g1',
    isWanted: true,
    to: { channel: 'C1' },
    draw: async () => says(grant.reason),
  }),
]

test.each([
  ['the replica was stopped for 40 s just after the database had given it the message', 40, 0],
  ['the database answered after 12 s, and Slack after 9 s, less than its timeout', 12, 9],
])('a card is posted once by two replicas, though %s', async (_what, databaseS, slackS) => {
  const reply = aGate()
  const answer = aGate()
  let isFirstPost = true
  const slack = aSlack(async () => {
    if (slackS > 0 && isFirstPost) {
      isFirstPost = false
      await answer.opened
    }
    return null
  })
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  let made = 0
  let isTaken = false
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, {
    of: oneCard,
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      if (made++ > 0) return store
      const lease: SurfaceStore['lease'] = async (...asked) => {
        const leased = await store.lease(...asked)
        if (!isTaken) {
          isTaken = true
          await reply.opened
        }
        return leased
      }
      return { ...store, lease }
    },
  })
  if (!a || !b) throw new Error('two')
  clock.ms = () => side.world.clock.monotonicMs()
  await a.grants.insert(anActiveGrant({ reason: 'a card', unshown: true }))
  await until(() => isTaken)
  // The other replica looks at what is left not shown meanwhile, and takes it once it may.
  await secondsGoBy(side, databaseS)
  reply.open()
  await settled()
  await secondsGoBy(side, slackS)
  answer.open()
  await settled()
  await secondsGoBy(side, 60)
  expect(slack.log.filter((line) => line.startsWith('chat.postMessage'))).toEqual(['chat.postMessage a card'])
})

test('a card that takes seven seconds to draw and nine and a half to post is posted once by two replicas', async () => {
  const { grants, posted, goesBy } = twoOnSlowSlack(
    (takes) => (grant) => [
      aPicture(grant, {
        key: 'card:g1',
        isWanted: true,
        to: { channel: 'C1' },
        draw: async () => {
          await takes(7)
          return says('a card')
        },
      }),
    ],
    9.5,
  )
  await grants.insert(anActiveGrant({ unshown: true }))
  await settled()
  await goesBy(80)
  expect(posted).toEqual(['a card'])
})
