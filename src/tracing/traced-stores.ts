import type { Grant } from '../domain/grant.ts'
import type { GrantStore } from '../domain/ports/grants.ts'
import type { HoldStore } from '../domain/ports/holds.ts'
import type { Found, Trace } from '../domain/ports/trace.ts'
import { isRefusal } from '../domain/refusal.ts'

/** The same grants; each write of one is a step, called by what happened to it. */
export const tracedGrants = (grants: GrantStore, trace: Trace): GrantStore => ({
  ...grants,
  insert: (grant, replaced) =>
    trace({ type: 'write-grant', grantId: grant.id }, async (say) => {
      const inserted = await grants.insert(grant, replaced)
      if (inserted.outcome === 'inserted') say({ grant: became(null, inserted.grant) })
      return inserted
    }),
  change: (id, decide, seen) =>
    trace({ type: 'write-grant', grantId: id }, async (say) => {
      const decided: { from: Grant | null } = { from: null }
      const changed = await grants.change(
        id,
        (grant, now) => {
          decided.from = grant
          return decide(grant, now)
        },
        seen,
      )
      if (!isRefusal(changed) && decided.from !== null) say({ grant: became(decided.from, changed) })
      return changed
    }),
})

const became = (from: Grant | null, to: Grant): NonNullable<Found['grant']> => ({
  system: to.system,
  resource: to.resource.id,
  entitlement: to.entitlement.id,
  from: from?.status ?? null,
  to: to.status,
  happened: to.history.slice(from?.history.length ?? 0).map(({ type }) => type),
})

/** The same holds; leasing one and writing to it is a step each. Whose they are stays out of it. */
export const tracedHolds = (holds: HoldStore, trace: Trace): HoldStore => ({
  ...holds,
  lease: (key, forMs) =>
    trace({ type: 'lease', system: key.system }, async (say) => {
      const leased = await holds.lease(key, forMs)
      say({ outcome: leased.taken ? 'taken' : 'busy' })
      return leased
    }),
  leaseToTake: (key, forMs, claimed) =>
    trace({ type: 'lease', system: key.system }, async (say) => {
      const hold = await holds.leaseToTake(key, forMs, claimed)
      if (hold !== null) say({ outcome: 'taken' })
      return hold
    }),
  write: (key, token, change) =>
    trace({ type: 'write-hold', system: key.system, what: Object.keys(change) }, async (say) => {
      const hold = await holds.write(key, token, change)
      if (hold === null) say({ outcome: 'lost' })
      return hold
    }),
  apply: (key, token, change) =>
    trace({ type: 'write-hold', system: key.system, what: Object.keys(change) }, async (say) => {
      const isWritten = await holds.apply(key, token, change)
      if (!isWritten) say({ outcome: 'lost' })
      return isWritten
    }),
  watch: (key, watch) => trace({ type: 'watch', system: key.system }, () => holds.watch(key, watch)),
})
