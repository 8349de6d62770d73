import type { NotTold, Told, ToldReport } from '../../domain/devices/delivery.ts'
import type { DeviceSource } from '../../domain/devices/rules.ts'
import type { DeliveryStore } from '../../domain/ports/deliveries.ts'
import type { World } from '../world.ts'
import { hearReports } from './hear.ts'

export interface Received {
  readonly accepted: number
  readonly refused: readonly NotTold[]
}

/** How far its sender is believed. */
export interface Belief {
  /** False: it could be anybody. Then it can make a device fail, and nothing else. */
  readonly isTrusted: boolean
  /** An identity provider says whose devices are. */
  readonly isOwnerProven: boolean
}

/**
 * What a sender delivered, taken in once: the same delivery again does nothing, and one of which anything failed can come
 * again. Throws where the database does not answer.
 */
export async function receiveDelivery(
  world: World,
  source: DeviceSource,
  {
    id,
    told,
    belief,
    deliveries,
  }: {
    /** What its sender calls it; null: it has no name, and is not remembered. */
    id: string | null
    told: readonly Told[]
    belief: Belief
    deliveries: DeliveryStore
  },
): Promise<Received | 'done' | 'under-way'> {
  const begun = id === null ? null : await deliveries.begin({ source: source.id, id })
  if (begun === 'done' || begun === 'under-way') return begun
  try {
    const received = await hearTold(world, source, told, belief)
    await begun?.finish()
    return received
  } catch (error) {
    // Where this fails as well it is free again once its time is over.
    await begun?.giveBack().catch((again: unknown) => {
      world.log.warn('a delivery of devices could not be given back', { source: source.id, error: again })
    })
    throw error
  }
}

async function hearTold(
  world: World,
  source: DeviceSource,
  told: readonly Told[],
  belief: Belief,
): Promise<Received> {
  const refused: NotTold[] = told.flatMap((one) => ('why' in one ? [one] : []))
  let accepted = 0
  for (const round of roundsOf(told.flatMap((one) => ('why' in one ? [] : [one])))) {
    const heard = await hearReports(
      world,
      source,
      round.map((report) => rawOf(report, belief)),
    )
    heard.forEach((one, at) => {
      if (one.is === 'heard') accepted += 1
      else refused.push({ sourceId: round[at]?.sourceId ?? null, why: one.words })
    })
  }
  return { accepted, refused }
}

/** What is told of one device is heard in its order, never two at once: they would write over each other in vain. */
function roundsOf(reports: readonly ToldReport[]): ToldReport[][] {
  const rounds: ToldReport[][] = []
  const seen = new Map<string, number>()
  for (const report of reports) {
    const at = seen.get(report.sourceId) ?? 0
    seen.set(report.sourceId, at + 1)
    const round = (rounds[at] ??= [])
    round.push(report)
  }
  return rounds
}

const rawOf = ({ owner, ...report }: ToldReport, { isTrusted, isOwnerProven }: Belief) => ({
  ...report,
  owner: typeof owner === 'string' ? { email: owner, isProven: isOwnerProven && isTrusted } : owner,
  isTrusted,
})
