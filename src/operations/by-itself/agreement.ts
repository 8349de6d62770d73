import type { CurrentCatalog } from '../../domain/ports/catalog.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { Replica, ReplicaStore } from '../../domain/ports/replicas.ts'

/**
 * Whether all replicas that run go by the same catalog. One that lacks a new variable, or reads an old folder, would give
 * by its rules what another takes by its own: while they differ, nothing is given by rule anywhere.
 */
export interface Agreement {
  /** As far as the others were heard of within the last seconds. */
  agrees(): boolean
  /** Slack does not answer this replica, and does another: whatever Slack must be asked for is left to that one. */
  leavesSlackToOthers(): boolean
  stop(): Promise<void>
}

const everyMs = 2_000
/** One that was not heard of for so long is gone. */
const heardWithinMs = 8_000
/** What was heard of the others says nothing of them any more after this. */
const countsForMs = 15_000

export async function watchAgreement({
  id,
  replicas,
  catalog,
  reachesSlack,
  clock,
  log,
  tell,
  patienceMs = 60_000,
}: {
  id: string
  replicas: ReplicaStore
  catalog: CurrentCatalog
  reachesSlack: () => boolean
  clock: Pick<Clock, 'monotonicMs'>
  log: Log
  tell: (words: string) => void
  /** A change reaches the replicas within seconds of each other: only what lasts is said. */
  patienceMs?: number
}): Promise<Agreement> {
  /** Null until they were heard of, and once that is too long ago. */
  let others: readonly Replica[] | null = null
  let heardAtMs = -Infinity
  let differsSinceMs: number | null = null
  let isTold = false
  const lately = () => (clock.monotonicMs() - heardAtMs < countsForMs ? others : null)
  const agrees = () => lately()?.every((one) => one.catalog === catalog().fingerprint) ?? false
  const exchange = async (): Promise<void> => {
    await replicas.say({ id, catalog: catalog().fingerprint, reachesSlack: reachesSlack() })
    const askedAtMs = clock.monotonicMs()
    others = (await replicas.heard(heardWithinMs)).filter((one) => one.id !== id)
    heardAtMs = askedAtMs
    if (agrees()) {
      differsSinceMs = null
      isTold = false
      return
    }
    differsSinceMs ??= clock.monotonicMs()
    if (isTold || clock.monotonicMs() - differsSinceMs < patienceMs) return
    isTold = true
    log.error('replicas go by different catalogs', {
      catalog: catalog().fingerprint,
      others: others.map((one) => one.catalog),
    })
    tell(
      'The replicas of Curfew go by different catalogs. Until they agree, nothing is given by rule; look at the log of each for why it does not take the newest.',
    )
  }
  const once = () =>
    exchange().catch((error: unknown) => log.warn('cannot hear of other replicas now', { error }))
  await once()
  const timer = setInterval(() => void once(), everyMs)
  return {
    agrees,
    leavesSlackToOthers: () => !reachesSlack() && (lately()?.some((one) => one.reachesSlack) ?? false),
    stop: async () => {
      clearInterval(timer)
      await replicas.leave(id).catch(() => undefined)
    },
  }
}
