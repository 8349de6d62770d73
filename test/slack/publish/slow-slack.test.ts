import { useBeats } from '../../support/beats.ts'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, settled } from '../../support/publishing.ts'
import { twoOnSlowSlack } from '../../support/slow-client.ts'

useBeats()
afterEach(() => stopReplicas())

const aDm: Of = (grant) => [
  aPicture(grant, {
    key: `dm:${grant.id}`,
    isWanted: true,
    to: { channel: `U${grant.id}` },
    draw: async () => says(`dm of ${grant.id}`),
  }),
]

/** More than are sent at once; Slack takes its time for each, less than its timeout. */
test.each([
  ['at once', 1],
  ['after nine seconds each, less than the timeout', 9],
])(
  'DMs to fifty people are posted once each, by two replicas, though Slack answers %s',
  async (_what, slowS) => {
    const { grants, posted, db, goesBy } = twoOnSlowSlack(() => aDm, slowS)
    const ids = Array.from({ length: 50 }, (_, i) => `g${i}`)
    for (const id of ids)
      await grants.insert(anActiveGrant({ id, requestId: id, subject: { ...riley, id }, unshown: true }))
    await settled()
    await goesBy(60)
    expect([...db.grants.values()].every(({ unshown }) => !unshown)).toBe(true)
    expect(posted.sort()).toEqual(ids.map((id) => `dm of ${id}`).sort())
  },
)
