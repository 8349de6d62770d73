import { unfitDm } from '../../../src/slack/holding/unfit-dm.ts'
import { anActiveGrant, at } from '../../support/builders.ts'

test('whoever has mended their device in time does not read on that it ends at a time at which nothing ends', () => {
  const grant = {
    ...anActiveGrant(),
    posture: {
      rule: 'laptop',
      on: 'mdm/laptop-1',
      until: at(3_600),
      // Fit again at 500; it counts as mended if it stays so until 1100, and nothing ends at 600.
      unfit: { since: at(0), cutAt: at(600), why: 'riley-laptop: firewall off', steadyAt: at(1_100) },
    },
  }
  expect(
    unfitDm(grant, { isNow: true }).text + JSON.stringify(unfitDm(grant, { isNow: true }).blocks),
  ).not.toMatch(/unless this is mended/)
})
