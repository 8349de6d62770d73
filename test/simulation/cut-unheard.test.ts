import { ConnectorError } from '../../src/domain/connector.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

/**
 * Two replicas on a system that ends the sessions of whom it takes from. Of the first such call it is not heard what came:
 * the connection is lost at once, and the system does it within M.
 */
function aSceneWhereACutIsNotHeard() {
  /** Who was active when it ended all sessions there. */
  const cuts: { active: string[] }[] = []
  let sent = 0
  const scene = aScene({
    connects: (connector, time, caller) => ({
      ...connector,
      cut: async () => {
        sent += 1
        if (sent > 1) return
        time.look(time.nowMs + 2_000, () => cuts.push({ active: activeNow() }))
        await caller.wait(20)
        throw new ConnectorError('connection reset', { retryable: true })
      },
    }),
  })
  const activeNow = () =>
    [...scene.db.grants.values()].flatMap(({ status, requestId }) => (status === 'active' ? requestId : []))
  return { ...scene, cuts }
}

/** Rule 3: what is under way when nobody hears of it is over before the next one begins. */
test.each([5_100, 5_200, 5_400, 6_000])(
  'whoever is given the same while sessions are still being ended, which nobody heard the end of, keeps theirs (%d)',
  async (approvedAtMs) => {
    const { time, db, system, cuts, one, other, until, ask, approve } = aSceneWhereACutIsNotHeard()
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    time.at(4_000, () => void ask(other.world, 'same'))
    time.at(5_000, () => {
      const [grant] = db.grants.values()
      if (grant) void releaseGrant(one.world, { grantId: grant.id, by: askers[0] })
    })
    time.at(approvedAtMs, () => void approve(other.world, 'same'))
    await until(120_000)
    expect(cuts).toHaveLength(1)
    expect(cuts.map(({ active }) => active)).toEqual([[]])
    expect(system.isHeld(heldThere)).toBe(false)
  },
)
