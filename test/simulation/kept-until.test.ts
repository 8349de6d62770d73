import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

/** "Still held through another grant until …", says the card for ever: until when that other one may be held. */

const keptUntilMs = (grant: object): number | null =>
  'keptUntil' in grant && grant.keptUntil instanceof Date ? grant.keptUntil.getTime() : null

test('what is kept for another grant that is given back in this very moment is not said to be kept until its end', async () => {
  const { time, db, system, one, until, ask, approve } = aScene()
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(6_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  let overAtMs = 0
  const release = () => {
    const [first, other] = [...db.grants.values()]
    if (first?.status !== 'revoking' || other?.status !== 'active') throw new Error('not as it was meant')
    overAtMs = time.nowMs
    void releaseGrant(one.world, { grantId: other.id, by: askers[0] })
  }
  // The end of the first, at 11 s, is being prepared.
  time.at(10_000, release)
  await until(120_000)
  const [first] = [...db.grants.values()]
  expect(system.isHeld(heldThere)).toBe(false)
  expect(first?.status === 'ended' && first.left).toBe('kept-for-grant')
  const untilMs = keptUntilMs(first ?? {}) ?? 0
  expect(untilMs - overAtMs).toBeLessThan(2_500)
})
