import { unfitDm } from '../../../src/slack/holding/unfit-dm.ts'
import { when } from '../../../src/slack/words/mrkdwn.ts'
import { anActiveGrant, at } from '../../support/builders.ts'

test('whoever is to mend their device is not told that it ends later than was agreed', () => {
  const active = anActiveGrant()
  const cutAt = new Date(active.endsAt.getTime() + 86_400_000)
  const unfit = { since: at(0), cutAt, why: 'riley-laptop: firewall off', steadyAt: null }
  const grant = { ...active, posture: { rule: 'laptop', on: 'mdm/laptop-1', until: null, unfit } }
  expect(JSON.stringify(unfitDm(grant, { isNow: true }))).not.toContain(`ends ${when(cutAt)}`)
})
