import type { CurrentCatalog } from '../../domain/ports/catalog.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { ReplicaStore } from '../../domain/ports/replicas.ts'

/**
 * Whether all replicas that run go by the same catalog. One that lacks a new variable, or reads an old folder, would give
 * by its rules what another takes by its own: while they differ, nothing is given by rule anywhere.
 */
export interface Agreement {
  /** As far as the others were heard of within the last seconds. */
  agrees(): boolean
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
  clock,
  log,
  tell,
  patienceMs = 60_000,
}: {
  id: string
  replicas: ReplicaStore
  catalog: CurrentCatalog
  clock: Pick<Clock, 'monotonicMs'>
  log: Log
  tell: (words: string) => void
  /** A change reaches the replicas within seconds of each other: only what lasts is said. */
  patienceMs?: number
}): Promise<Agreement> {
  /** Null until they were heard of, and once that is too long ago. */
  let others: readonly string[] | null = null
  let heardAtMs = -Infinity
  let differsSinceMs: number | null = null
  let isTold = false
  const agrees = () =>
    others !== null &&
    clock.monotonicMs() - heardAtMs < countsForMs &&
    others.every((fingerprint) => fingerprint === catalog().fingerprint)
  const exchange = async (): Promise<void> => {
    await replicas.say(id, catalog().fingerprint)
    const askedAtMs = clock.monotonicMs()
    others = (await replicas.heard(heardWithinMs)).flatMap((one) => (one.id === id ? [] : one.catalog))
    heardAtMs = askedAtMs
    if (agrees()) {
      differsSinceMs = null
      isTold = false
      return
    }
    differsSinceMs ??= clock.monotonicMs()
    if (isTold || clock.monotonicMs() - differsSinceMs < patienceMs) return
    isTold = true
    log.error('replicas go by different catalogs', { catalog: catalog().fingerprint, others })
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
    stop: async () => {
      clearInterval(timer)
      await replicas.leave(id).catch(() => undefined)
    },
  }
}
