import { ConnectorError, type Connector } from '../domain/connector.ts'
import { unknownPlace } from '../domain/place.ts'

/** Longer than any call that an earlier process sent may still be carried out: what was sent to it is not known. */
const lateMs = 600_000

/**
 * Stands for a system that cannot be connected: nothing of it is known and every call fails, so that what is owed to it
 * stays owed. It has every part that a connector may have, since that of which it stands may have it too.
 */
export function standIn(why: string, canonical: Connector['canonical']): Connector {
  const fail = (): Promise<never> =>
    Promise.reject(new ConnectorError(why, { retryable: true, happened: 'no' }))
  return {
    give: fail,
    take: fail,
    cut: fail,
    tidy: fail,
    handOver: { what: 'secret', isFor: () => false, brings: null, make: fail },
    publishes: { type: 'application/octet-stream', read: fail },
    has: fail,
    list: fail,
    check: fail,
    canonical,
    where: unknownPlace,
    hasLagMs: 0,
    lateMs,
    close: () => Promise.resolve(),
  }
}
