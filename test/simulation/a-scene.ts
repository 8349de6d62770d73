import type { Connector } from '../../src/domain/connector.ts'
import type { CurrentCatalog } from '../../src/domain/ports/catalog.ts'
import { termsOf } from '../../src/domain/grant.ts'
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
export const calm: Chaos = {
  lostReply: 0,
  pause: 0,
  sleep: 0,
  crash: 0,
  unknownFacts: 0,
  freeze: never,
  untilMs: 0,
}

/** What the first asker is given in a scene. */
export const heldThere = keyOf({ principal: askers[0].slack.userId, target: { role: 'read' } })

/** Two replicas and a system, at virtual time; `connects` may change what the system does of what a replica asks. */
export function aScene({
  first = calm,
  lateMs = 0,
  current = () => catalog,
  isSilent = () => false,
  connects = (connector) => connector,
}: {
  first?: Chaos
  lateMs?: number
  current?: CurrentCatalog
  /** Whether a replica counts the system as one that answers nobody. */
  isSilent?: () => boolean
  connects?: (
    connector: Connector,
    time: VirtualTime,
    caller: { wait(ms: number): Promise<void> },
  ) => Connector
} = {}) {
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
    lateMs,
    makesSecrets: false,
  }
  const eyes = { onSend: () => undefined, onAppear: () => undefined }
  const system = new ScriptedSystem(time, random, {
    habits,
    trouble: { rate: 0, untilMs: 0, outage: null },
    eyes,
  })
  const connectorOf = system.connectorOf.bind(system)
  system.connectorOf = (caller) => connects(connectorOf(caller), time, caller)
  let ids = 0
  const replica = (chaos: Chaos) =>
    new Replica({
      time,
      random,
      chaos,
      db,
      system,
      catalog: current,
      directory,
      devices,
      log: noLog,
      newId: () => `g${++ids}`,
      isSilent,
    })
  const [one, other] = [replica(first), replica(calm)]
  const until = (atMs: number) => time.run({ limitMs: atMs, until: () => false })
  /** The first asker, for ten seconds of what both entitlements are: the same. */
  const ask = async (world: Replica['world'], entitlement: 'one' | 'same') => {
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
  const approve = async (world: Replica['world'], requestId: 'one' | 'same') => {
    const grant = [...db.grants.values()].find((each) => each.requestId === requestId)
    if (!grant) throw new Error('nothing was asked for')
    await reviewGrant(world, {
      grantId: grant.id,
      by: admins[0],
      verdict: 'approve',
      terms: termsOf(grant),
      durationMs: null,
      note: '',
    })
  }
  return { time, db, system, one, other, until, ask, approve }
}
