import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, calm, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

/** Of two replicas the first stops right before its first send for half a minute, and lives on. */
const freeze = { chance: 1, fromMs: 30_000, toMs: 30_000, deadly: 0 }
const stops = { ...calm, freeze, untilMs: 10_000 }

test.each([31_138, 31_144, 31_150, 31_156])(
  'what a process gave that had stopped for longer than a watch is not taken for held before by who asks just then (%d)',
  async (approvedAtMs) => {
    const { time, db, system, one, other, until, ask, approve } = aScene({ first: stops })
    time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    time.at(2_200, () => {
      const [grant] = db.grants.values()
      if (grant) void releaseGrant(other.world, { grantId: grant.id, by: askers[0] })
    })
    await until(29_000)
    expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
    expect([...db.holds.values()].map(({ watch }) => watch)).toEqual([null])
    // The other asks the system just when the stopped one goes on, and goes on with the answer a little later.
    time.at(29_100, () => void ask(other.world, 'same'))
    time.at(approvedAtMs, () => void approve(other.world, 'same'))
    time.at(31_170, () => other.pause(1_000))
    await until(120_000)
    expect([...db.grants.values()].map((grant) => 'left' in grant && grant.left)).toEqual(['gone', 'gone'])
    expect(system.isHeld(heldThere)).toBe(false)
  },
)
