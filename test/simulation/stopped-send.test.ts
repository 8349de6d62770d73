import { termsOf } from '../../src/domain/grant.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { memoryDevices } from '../support/memory-devices.ts'
import { MemoryDatabase } from '../support/memory-stores.ts'
import { noLog } from '../support/no-log.ts'
import { admins, askers, catalog, People } from './catalog.ts'
import { Replica, type Chaos } from './replica.ts'
import { keyOf, ScriptedSystem } from './scripted-system.ts'
import { VirtualTime } from './virtual-time.ts'

const never = { chance: 0, fromMs: 0, toMs: 0, deadly: 0 }
const calm: Chaos = { lostReply: 0, pause: 0, sleep: 0, crash: 0, unknownFacts: 0, freeze: never, untilMs: 0 }

/** Two replicas, of which the first stops right before its first send for half a minute, and lives on. */
function aSceneWhereOneStops() {
  const time = new VirtualTime()
  const db = new MemoryDatabase(() => new Date(time.nowMs))
  const devices = memoryDevices(() => new Date(time.nowMs))
  const { directory } = new People(devices)
  const random = () => 0.5
  const habits = {
    timeoutMs: 2_500,
    expires: false,
    dedupes: false,
    hasLagMs: 0,
    lies: false,
    lateMs: 0,
    makesSecrets: false,
  }
  const eyes = { onSend: () => undefined, onAppear: () => undefined }
  const system = new ScriptedSystem(time, random, {
    habits,
    trouble: { rate: 0, untilMs: 0, outage: null },
    eyes,
  })
  let ids = 0
  const replica = (chaos: Chaos) =>
    new Replica({
      time,
      random,
      chaos,
      db,
      system,
      catalog,
      directory,
      devices,
      log: noLog,
      newId: () => `g${++ids}`,
    })
  const freeze = { chance: 1, fromMs: 30_000, toMs: 30_000, deadly: 0 }
  const stopped = replica({ ...calm, freeze, untilMs: 10_000 })
  const other = replica(calm)
  const until = (atMs: number) => time.run({ limitMs: atMs, until: () => false })
  const ask = async (world: Replica['world'], entitlement: string) => {
    await requestAccess(world, {
      requestId: entitlement,
      by: askers[0],
      resource: 'db',
      entitlement,
      durationMs: 10_000,
      reason: 'a good reason',
      startsAt: null,
      recurrence: null,
    })
  }
  const approve = async (world: Replica['world'], requestId: string) => {
    const grant = [...db.grants.values()].find((one) => one.requestId === requestId)
    if (!grant) throw new Error('nothing was asked for')
    await reviewGrant(world, {
      grantId: grant.id,
      by: admins[0],
      verdict: 'approve',
      terms: termsOf(grant),
      durationMs: null,
      note: '',
    })
    return grant.id
  }
  return { time, db, system, stopped, other, until, ask, approve }
}

test.each([31_138, 31_144, 31_150, 31_156])(
  'what a process gave that had stopped for longer than a watch is not taken for held before by who asks just then (%d)',
  async (approvedAtMs) => {
    const { time, db, system, stopped, other, until, ask, approve } = aSceneWhereOneStops()
    time.at(1_100, () => void ask(stopped.world, 'one').then(() => approve(stopped.world, 'one')))
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
    expect(system.isHeld(keyOf({ principal: askers[0].slack.userId, target: { role: 'read' } }))).toBe(false)
  },
)
