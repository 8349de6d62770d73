import { ConnectorError } from '../../src/domain/connector.ts'
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

/**
 * Two replicas on a system that ends the sessions of whom it takes from. Of the first such call it is not heard what came:
 * the connection is lost at once, and the system does it within M.
 */
function aSceneWhereACutIsNotHeard() {
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
  /** Who was active when it ended all sessions there. */
  const cuts: { atMs: number; active: string[] }[] = []
  const activeNow = () =>
    [...db.grants.values()].filter(({ status }) => status === 'active').map(({ requestId }) => requestId)
  const connectorOf = system.connectorOf.bind(system)
  let sent = 0
  system.connectorOf = (caller) => ({
    ...connectorOf(caller),
    cut: async () => {
      sent += 1
      if (sent > 1) return
      time.look(time.nowMs + 2_000, () => cuts.push({ atMs: time.nowMs, active: activeNow() }))
      await caller.wait(20)
      throw new ConnectorError('connection reset', { retryable: true })
    },
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
  const one = replica(calm)
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
  return { time, db, system, cuts, one, other, until, ask, approve }
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
    expect(system.isHeld(keyOf({ principal: askers[0].slack.userId, target: { role: 'read' } }))).toBe(false)
  },
)
