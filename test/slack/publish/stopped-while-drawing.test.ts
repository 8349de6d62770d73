import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { aSlack, replicas, stopReplicas } from '../../support/publishing-replicas.ts'
import { aPicture, says, settled, until } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

test('nothing is begun to be sent once it has stopped, though it was being drawn then', async () => {
  const drawing = aGate()
  let isDrawing = false
  const slack = aSlack(async () => null)
  const {
    all: [a],
  } = replicas(1, slack, {
    of: (grant) => [
      aPicture(grant, {
        key: 'card:g1',
        isWanted: true,
        to: { channel: 'C1' },
        draw: async () => {
          isDrawing = true
          await drawing.opened
          return says('a card')
        },
      }),
    ],
  })
  if (!a) throw new Error('one')
  await a.grants.insert(anActiveGrant({ unshown: true }))
  await until(() => isDrawing)
  await a.publisher.stop(30)
  drawing.open()
  await settled()
  expect(slack.log).toEqual([])
})
