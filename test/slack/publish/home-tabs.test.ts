import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, settled } from '../../support/publishing.ts'
import { twoOnSlowSlack } from '../../support/slow-client.ts'

useBeats()
afterEach(() => stopReplicas())

const oneCard: Of = (grant) => [
  aPicture(grant, {
    key: 'card:g1',
    isWanted: true,
    to: { channel: 'C1' },
    draw: async () => says('a card'),
  }),
]

test.each([
  ['nobody’s Home tab is', 0],
  ['sixty Home tabs are', 60],
])(
  'a message is posted once by two replicas, though Slack answers after nine seconds and %s drawn at that moment',
  async (_what, homes) => {
    const { grants, background, posted, goesBy } = twoOnSlowSlack(() => oneCard, 9)
    for (let i = 0; i < homes; i++)
      void background.views
        .publish({ user_id: `U${i}`, view: { type: 'home', blocks: [] } })
        .catch(() => null)
    await settled()
    await grants.insert(anActiveGrant({ unshown: true }))
    await settled()
    await goesBy(90)
    expect(posted).toEqual(['a card'])
  },
)
