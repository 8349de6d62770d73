import { isDeepStrictEqual } from 'node:util'
import { unrecorded } from '../../src/domain/ports/acts.ts'
import type { Confirming } from '../../src/domain/ports/confirming.ts'
import type { Grant, Granting, Revoking } from '../../src/domain/grant.ts'
import { waitingExtension } from '../../src/domain/extension.ts'
import { isApproved, isOpen, slotOf, type Approved } from '../../src/domain/grant.ts'
import { announcedTake, blankHold, holdId, type Hold, type HoldKey } from '../../src/domain/hold.ts'
import type { AskedRow, GrantRecords, LastUse, LateThere } from '../../src/domain/ports/grant-records.ts'
import type { GrantListener, GrantStore, HeldRow } from '../../src/domain/ports/grants.ts'
import type { HoldStore, HoldWrite } from '../../src/domain/ports/holds.ts'
import type { LossStore, MassLoss } from '../../src/domain/ports/losses.ts'
import { resumeKey } from '../../src/domain/new-grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { UnknownRecord } from '../../src/domain/unknown-record.ts'

/**
 * The stores of the simulation: one "database" in memory that passes the same contract as MongoDB's. Each replica
 * reaches it through its own `grantsFor`, whose two halves of a change can be torn apart by `step`.
 */
export class MemoryDatabase {
  readonly grants = new Map<string, Grant>()
  readonly holds = new Map<string, Hold>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  now(): Date {
    return this.#now()
  }
}

/** A round trip to the database; it may be slow, lose the reply, or never come back. */
export type Step = <T>(effect: () => T) => Promise<T>

const byAge = (one: Grant, other: Grant): number => one.requestedAt.getTime() - other.requestedAt.getTime()

function askedRow(grant: Grant): AskedRow {
  const { id, status, resource, entitlement, subject, requester, askedMs, reason, requestedAt, asker } = grant
  return {
    id,
    status,
    resource,
    entitlement,
    subject,
    requester,
    askedMs,
    reason,
    requestedAt,
    asker,
    because: grant.auto?.because ?? null,
    isSeries: grant.pattern !== null,
    isBreakGlass: grant.isBreakGlass,
    reviews: grant.reviews.map(({ by, verdict, at, preApprovalId }) => ({ by, verdict, at, preApprovalId })),
    approvedAt: 'approvedAt' in grant ? grant.approvedAt : null,
    closedBecause: 'closedBecause' in grant ? grant.closedBecause : null,
    closedAt: 'closedAt' in grant ? grant.closedAt : null,
  }
}

export function memoryGrants(
  db: MemoryDatabase,
  clockNow: () => Date,
  step: Step,
): GrantStore & GrantRecords {
  const listeners = new Set<GrantListener>()
  const all = () => [...db.grants.values()]
  const latest = (subjectId: string) =>
    all()
      .filter((g) => g.subject.id === subjectId && g.window === null && !g.isStanding)
      .sort((a, b) => b.requestedAt.getTime() - a.requestedAt.getTime())
  const latestOf = (subjectId: string, limit: number) => latest(subjectId).slice(0, limit)
  const wrote = (grant: Grant, before: Grant | null) => {
    for (const listener of listeners) listener(grant, before)
    return grant
  }
  const write = async (from: Grant, next: Grant): Promise<Grant | null> => {
    const to = { ...next, revision: from.revision + 1 }
    const isWritten = await step(() => {
      if (db.grants.get(from.id)?.revision !== from.revision) return false
      db.grants.set(from.id, to)
      return true
    })
    return isWritten ? wrote(to, from) : null
  }
  const standingEnded = (cause: 'failed' | 'unfit', since: Date) =>
    step(() =>
      all().flatMap((g) =>
        g.isStanding && g.status === 'ended' && g.cause === cause && g.endedAt > since
          ? { ...standingRowOf(g), name: g.subject.name, endedAt: g.endedAt, why: g.endNote ?? '' }
          : [],
      ),
    )
  return {
    insert: async (grant, replaced = null) => {
      const withdrawn = replaced && { ...replaced.to, revision: replaced.from.revision + 1 }
      const result = await step(() => {
        const again = all().find((g) => g.requestId === grant.requestId && g.line === grant.line)
        if (again) return { outcome: 'exists' as const, grant: again }
        const before = replaced && db.grants.get(replaced.from.id)
        if (before && before.revision !== replaced.from.revision)
          return { outcome: 'open' as const, grant: before }
        const open = all().find((g) => isOpen(g) && samePair(g, grant) && g.id !== before?.id)
        if (open) return { outcome: 'open' as const, grant: open }
        if (withdrawn) db.grants.set(withdrawn.id, withdrawn)
        db.grants.set(grant.id, grant)
        return { outcome: 'inserted' as const, grant }
      })
      if (result.outcome !== 'inserted') return result
      if (withdrawn) wrote(withdrawn, replaced.from)
      wrote(result.grant, null)
      return result
    },
    finishReplacing: async () => undefined,
    get: (id) => step(() => db.grants.get(id) ?? null),
    change: async (id, decide, seen) => {
      if (seen) {
        const next = decide(seen, clockNow())
        const written = isRefusal(next) || next === seen ? null : await write(seen, next)
        if (written) return written
      }
      for (;;) {
        const grant = await step(() => db.grants.get(id))
        if (!grant) throw new UnknownRecord(`no grant ${id}`)
        const next = decide(grant, clockNow())
        if (isRefusal(next) || next === grant) return next
        const written = await write(grant, next)
        if (written) return written
      }
    },
    due: (before, limit, { but = [], only } = {}) =>
      step(() =>
        all()
          .filter(({ system }) => !but.includes(system) && (only === undefined || system === only))
          .flatMap((grant) => {
            const { id, status, system, dueAt } = grant
            const endsAt = 'endsAt' in grant ? grant.endsAt : null
            return dueAt && dueAt <= before ? [{ id, status, system, dueAt, endsAt }] : []
          })
          .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
          .slice(0, limit),
      ),
    byRequest: (requestId) => step(() => all().filter((g) => g.requestId === requestId)),
    openOf: (subjectId) => step(() => all().filter((g) => isOpen(g) && g.subject.id === subjectId)),
    openFor: ({ subjectId, resource, entitlement, slot }) =>
      step(
        () =>
          all().find(
            (g) =>
              isOpen(g) &&
              g.subject.id === subjectId &&
              g.resource.id === resource &&
              g.entitlement.id === entitlement &&
              slotOf(g) === slot,
          ) ?? null,
      ),
    latestOf: (subjectId, limit) => step(() => latestOf(subjectId, limit)),
    latestOver: (subjectId, limit) =>
      step(() =>
        latest(subjectId)
          .filter((g) => !isOpen(g))
          .slice(0, limit),
      ),
    latestRowsOf: (subjectId, limit) =>
      step(() =>
        latestOf(subjectId, limit).map(({ resource, entitlement, requestedAt, status }) => ({
          resource: resource.id,
          entitlement: entitlement.id,
          requestedAt,
          status,
        })),
      ),
    standing: () =>
      step(() => all().flatMap((g) => (g.isStanding && isOpen(g) && isApproved(g) ? standingRowOf(g) : []))),
    standingCut: (since) => standingEnded('unfit', since),
    standingFailed: (since) => standingEnded('failed', since),
    requestsSince: (requesterId, since) =>
      step(() => [
        ...new Set(
          all()
            .filter((g) => g.requester.id === requesterId && g.window === null && !g.isStanding)
            .filter(({ requestedAt }) => requestedAt >= since)
            .map(({ requestId }) => requestId),
        ),
      ]),
    held: () => step(() => all().flatMap(heldRowOf)),
    cut: (now, of) =>
      step(() =>
        all().flatMap((grant) =>
          grant.status === 'ended' &&
          grant.cause === 'unfit' &&
          (of === undefined || of.includes(grant.subject.id)) &&
          !grant.isStanding &&
          grant.endsAt > now &&
          !all().some(({ requestId }) => requestId === resumeKey(grant.id))
            ? grant
            : [],
        ),
      ),
    heldOnFit: ({ isAll }) =>
      step(() =>
        all().flatMap((grant) => {
          if (grant.status !== 'active' || grant.posture?.until == null) return []
          const { subject, resource, entitlement, device, endsAt, posture } = grant
          if (!isAll && (posture.until ?? endsAt) >= endsAt) return []
          return { subjectId: subject.id, resource, entitlement, deviceId: device?.id ?? null, endsAt }
        }),
      ),
    heldOf: (ids) =>
      step(() =>
        all().filter(
          ({ subject, status }) => ids.includes(subject.id) && (status === 'granting' || status === 'active'),
        ),
      ),
    askedSince: (since, limit) =>
      step(() =>
        all()
          .filter(
            ({ window, isStanding, requestedAt }) => window === null && !isStanding && requestedAt >= since,
          )
          .sort(byAge)
          .slice(-limit)
          .map(askedRow),
      ),
    askedOrAnswered: ({ from, to }) =>
      step(() => {
        const isWithin = (at: Date) => at >= from && at < to
        return all()
          .filter(({ window, isStanding }) => window === null && !isStanding)
          .filter(
            (grant) =>
              grant.status === 'pending' ||
              isWithin(grant.requestedAt) ||
              ('closedAt' in grant && isWithin(grant.closedAt)) ||
              grant.reviews.some(({ at }) => isWithin(at)),
          )
          .sort(byAge)
          .map(askedRow)
      }),
    lastUses: () =>
      step(() => {
        const newest = new Map<string, LastUse>()
        for (const grant of all()) {
          const { resource, entitlement, requestedAt } = grant
          const key = `${resource.id}/${entitlement.id}`
          const last = 'endedAt' in grant && grant.endedAt > requestedAt ? grant.endedAt : requestedAt
          const at = isOpen(grant) ? db.now() : last
          const known = newest.get(key)
          if (known === undefined || known.at < at)
            newest.set(key, { resource: resource.id, entitlement: entitlement.id, at })
        }
        return [...newest.values()]
      }),
    pending: (limit) =>
      step(() =>
        all()
          .flatMap((g) => (g.status === 'pending' ? g : []))
          .sort((a, b) => a.requestedAt.getTime() - b.requestedAt.getTime())
          .slice(0, limit),
      ),
    owed: () => step(() => all().filter((g) => isOpen(g) && g.status !== 'pending')),
    askingForMore: (limit) =>
      step(() =>
        all()
          .filter((g) => g.status === 'active' && waitingExtension(g) !== null)
          .slice(0, limit),
      ),
    endedByLeaving: ({ from, to }) =>
      step(() =>
        all().flatMap((g) =>
          (g.status === 'revoking' || (g.status === 'ended' && g.endedAt >= from && g.endedAt < to)) &&
          g.cause === 'offboarded'
            ? g
            : [],
        ),
      ),
    late: () =>
      step(() => {
        const places = new Map<string, LateThere>()
        for (const { resource, entitlement, channel, alertedAt } of all().flatMap(lateOnes)) {
          const key = `${resource.id} ${channel}`
          const one = places.get(key)
          places.set(key, {
            resourceId: resource.id,
            channel,
            count: (one?.count ?? 0) + 1,
            sinceAt: one !== undefined && one.sinceAt < alertedAt ? one.sinceAt : alertedAt,
            entitlements: [...new Set([...(one?.entitlements ?? []), entitlement.id])],
          })
        }
        return [...places.values()]
      }),
    firstLate: ({ resourceId, channel }, limit) =>
      step(() => ({
        grants: all()
          .flatMap(lateOnes)
          .filter((g) => g.resource.id === resourceId && g.channel === channel)
          .toSorted((one, other) => one.alertedAt.getTime() - other.alertedAt.getTime())
          .slice(0, limit),
        unreadable: 0,
      })),
    unshown: (limit, after) =>
      step(() => {
        const unshown = all().filter((g) => g.unshown)
        if (after === undefined) return unshown.slice(0, limit)
        return unshown
          .filter(({ id }) => id > after)
          .toSorted((one, other) => (one.id < other.id ? -1 : 1))
          .slice(0, limit)
      }),
    shown: (id, revision) =>
      step(() => {
        const grant = db.grants.get(id)
        if (grant?.revision !== revision) return false
        db.grants.set(id, { ...grant, unshown: false })
        return true
      }),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function memoryHolds(db: MemoryDatabase, step: Step): HoldStore {
  const write = (key: HoldKey, change: (hold: Hold) => Hold): Hold | null => {
    const hold = db.holds.get(holdId(key))
    if (!hold) return null
    const next = { ...change(hold), readAt: db.now() }
    db.holds.set(holdId(key), next)
    return next
  }
  return {
    lease: (key, forMs) =>
      step(() => {
        const { system, principal, canonical, target } = key
        const hold = db.holds.get(holdId(key)) ?? { ...blankHold, system, principal, canonical, target }
        if (hold.leaseUntil > db.now()) return { taken: false as const, until: hold.leaseUntil }
        const leased = {
          ...hold,
          token: hold.token + 1,
          leaseUntil: after(db.now(), forMs),
          readAt: db.now(),
        }
        db.holds.set(holdId(key), leased)
        return { taken: true as const, hold: leased }
      }),
    // As in MongoDB it is read first, and leased only as it was read.
    leaseToTake: async (key, forMs, claimed) => {
      const seen = await step(() => {
        const hold = db.holds.get(holdId(key))
        return hold ? { ...hold, readAt: db.now() } : null
      })
      const leased = seen && announcedTake(seen, claimed)
      if (!leased) return null
      return step(() => {
        const now = db.holds.get(holdId(key))
        const isFree = now !== undefined && now.leaseUntil <= db.now() && !now.heldBefore
        if (!isFree || !isDeepStrictEqual(decidedBy(now), decidedBy(seen))) return null
        const { watch, dueAt } = now
        write(key, () => ({ ...leased, watch, dueAt, leaseUntil: after(db.now(), forMs) }))
        return leased
      })
    },
    write: (key, token, change) =>
      step(() => {
        const hold = db.holds.get(holdId(key))
        if (hold?.token !== token || (change.ifHeldBefore && !hold.heldBefore)) return null
        return write(key, (hold) => applied(hold, change, db.now()))
      }),
    apply: (key, token, change) =>
      step(() => {
        if (db.holds.get(holdId(key))?.token !== token) return false
        return write(key, (hold) => applied(hold, change, db.now())) !== null
      }),
    watch: (key, watch) =>
      step(() => {
        write(key, (hold) =>
          applied(
            hold,
            { watch: { ...watch, gave: watch.gave || (hold.watch?.gave ?? false) }, dueInMs: 0 },
            db.now(),
          ),
        )
      }),
    due: (before, limit) =>
      step(() =>
        [...db.holds.values()].filter(({ dueAt }) => dueAt !== null && dueAt <= before).slice(0, limit),
      ),
    get: (key) => step(() => db.holds.get(holdId(key)) ?? null),
    claimed: ({ system, canonical }, principals) =>
      step(() =>
        [...db.holds.values()]
          .filter((hold) => hold.system === system && hold.canonical === canonical)
          .filter(({ claims }) => Object.keys(claims).length > 0)
          .filter(({ principal }) => principals?.includes(principal) ?? true)
          .map((hold) => ({ ...hold, readAt: db.now() })),
      ),
    leftovers: (since) =>
      step(() =>
        [...db.holds.values()].filter(({ leftover }) => leftover !== null && leftover.since < since),
      ),
    leftoversDue: (now, limit) =>
      step(() =>
        [...db.holds.values()]
          .filter(({ leftover }) => leftover !== null && leftover.dueAt <= now)
          .slice(0, limit),
      ),
    placesInUse: () =>
      step(() => {
        const places = new Map<string, Set<string>>()
        for (const { system, where, claims, watch, leftover } of db.holds.values()) {
          if (watch === null && leftover === null && Object.keys(claims).length === 0) continue
          const known = places.get(system) ?? new Set()
          places.set(system, where === null ? known : known.add(where))
        }
        return new Map([...places].map(([system, known]) => [system, [...known]]))
      }),
  }
}

const decidedBy = ({ token, where, claims, call, intent, lastLeft }: Hold) => ({
  token,
  where,
  claims,
  call,
  intent,
  lastLeft,
})

function applied(hold: Hold, change: HoldWrite, now: Date): Hold {
  const claims = { ...hold.claims }
  if (change.claim) claims[change.claim.grantId] = change.claim.end
  if (change.unclaim) delete claims[change.unclaim.grantId]
  const { watch, unwatch, leftover } = change
  const isUnwatched = unwatch !== undefined && hold.watch?.until.getTime() === unwatch.seen?.getTime()
  const gave = (watch?.gave ?? false) || (hold.watch?.gave ?? false)
  return {
    ...hold,
    claims,
    where: change.where ?? hold.where,
    // What may have come by a give of ours was not there before.
    heldBefore: !(gave && !isUnwatched) && (change.heldBefore ?? hold.heldBefore),
    call: change.call === undefined ? hold.call : change.call,
    intent: change.intent ?? hold.intent,
    watch: isUnwatched ? null : watch ? { gave, until: after(now, watch.forMs) } : hold.watch,
    lastLeft: change.unclaim ?? hold.lastLeft,
    leftover:
      leftover === undefined
        ? hold.leftover
        : leftover && {
            since: hold.leftover?.since ?? now,
            dueAt: after(now, leftover.dueInMs),
            tries: leftover.tries,
            error: leftover.error,
          },
    dueAt: isUnwatched ? null : change.dueInMs === undefined ? hold.dueAt : after(now, change.dueInMs),
    leaseUntil: change.keepMs === undefined ? hold.leaseUntil : after(now, change.keepMs),
  }
}

const standingRowOf = ({ id, status, subject, resource, entitlement, place, canonical }: Approved) => ({
  id,
  status,
  subjectId: subject.id,
  resource: resource.id,
  entitlement: entitlement.id,
  principal: place.principal,
  canonical,
})

function heldRowOf(grant: Grant): HeldRow[] {
  if (!isApproved(grant) || grant.status === 'revoking' || grant.status === 'ended') return []
  const opensAt =
    grant.status === 'waiting' ? grant.opensAt : grant.status === 'granting' ? grant.giveAt : null
  const { status } = grant
  return status === 'recurring'
    ? [{ ...grant, status, window: { seriesId: grant.id, index: 0 }, opensAt: grant.next?.opensAt ?? null }]
    : [{ ...grant, status, opensAt }]
}

/** Of one process: those that are noted, and which of them an admin said yes to. */
/** Nobody has a link. */
const nobody = { no: 'nobody confirms here', isWrong: false }
const noConfirming: Confirming = {
  waysOf: async () => [],
  byCode: async () => nobody,
  passkeyOptions: async () => null,
  byPasskey: async () => nobody,
  signIn: async () => nobody,
  bySignIn: async () => nobody,
  isDown: async () => false,
  wentWithout: () => undefined,
  notMe: () => undefined,
  enrolling: {
    ownWays: async () => [],
    isPossible: false,
    remove: async () => false,
    removeAll: async () => 0,
    makeCode: async () => nobody,
    byCode: async () => nobody,
    codeOffer: () => null,
    addCode: async () => nobody,
    passkeyOffer: async () => null,
    addPasskey: async () => nobody,
  },
}

export const noTickets = {
  tickets: {
    make: async () => 'none',
    look: async () => null,
    use: async () => null,
    giveBack: async () => undefined,
    miss: async () => 0,
    leave: async () => undefined,
    comeBack: async () => null,
    endEnrolling: async () => undefined,
  },
  proofs: {
    note: async () => undefined,
    latest: async () => new Map(),
    isTheirs: async () => true,
    forget: async () => undefined,
  },
  confirming: noConfirming,
}

/** Nobody comes from SCIM. */
export const noIdentities = {
  identities: {
    match: async () => false,
    ask: async () => undefined,
    open: async () => [],
    question: async () => null,
    answer: async () => null,
    said: async () => null,
    drop: async () => undefined,
    apart: async () => new Set<string>(),
  },
}

/** Nobody looks for differences, nor says that any is fine. */
export const noDifferences = {
  differences: {
    all: async () => [],
    of: async () => null,
    note: async () => undefined,
    forget: async () => undefined,
  },
  accepted: { accept: async () => undefined, principalsOf: async () => new Set<string>() },
  acts: unrecorded,
}

export function memoryLosses(): LossStore {
  const noted = new Map<string, MassLoss & { confirmed: string | null }>()
  const keyOf = (resource: string, entitlement: string) => `${resource}/${entitlement}`
  return {
    all: async () =>
      Promise.resolve(
        [...noted.values()].map(({ confirmed, ...loss }) => ({
          ...loss,
          isConfirmed: confirmed === loss.mark,
        })),
      ),
    waits: async (mark) => Promise.resolve([...noted.values()].some((loss) => loss.mark === mark)),
    note: async (found) => {
      const key = keyOf(found.resource.id, found.entitlement.id)
      const confirmed = noted.get(key)?.confirmed === found.mark ? found.mark : null
      noted.set(key, { ...found, confirmed })
      return Promise.resolve(confirmed !== null)
    },
    confirm: async ({ resource, entitlement, mark }) => {
      const loss = noted.get(keyOf(resource, entitlement))
      if (loss?.mark !== mark) return Promise.resolve(false)
      noted.set(keyOf(resource, entitlement), { ...loss, confirmed: mark })
      return Promise.resolve(true)
    },
    taken: async ({ resource, entitlement }) => {
      noted.delete(keyOf(resource.id, entitlement.id))
      return Promise.resolve()
    },
    forgetBut: async (found) => {
      const kept = new Set(found.map(({ resource, entitlement }) => keyOf(resource.id, entitlement.id)))
      for (const key of noted.keys()) if (!kept.has(key)) noted.delete(key)
      return Promise.resolve()
    },
  }
}

const samePair = (a: Grant, b: Grant): boolean =>
  a.subject.id === b.subject.id &&
  a.resource.id === b.resource.id &&
  a.entitlement.id === b.entitlement.id &&
  slotOf(a) === slotOf(b)

const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms)

function lateOnes(grant: Grant): ((Granting | Revoking) & { readonly alertedAt: Date })[] {
  if (grant.status !== 'granting' && grant.status !== 'revoking') return []
  const { alertedAt } = grant
  return alertedAt === null ? [] : [{ ...grant, alertedAt }]
}
