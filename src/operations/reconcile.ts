import { entitlementsIn, everyEntitlement, type Catalog } from '../domain/catalog.ts'
import { ConnectorError, type Page, type Target } from '../domain/connector.ts'
import type { Hold } from '../domain/hold.ts'
import type { AcceptedStore } from '../domain/ports/accepted.ts'
import type { World } from './world.ts'

/*
 * Where what a system says differs from what grants say. Nothing is changed here but what our own record says was given
 * by a grant that has ended: that is owed to the system.
 */

/** How many are named; the rest is counted. */
const mostNamed = 1_000
const askedAtOnce = 8
const mostPages = 10_000

export interface Place {
  readonly system: string
  readonly canonical: string
  readonly target: Target
  /** `resource entitlement` of each that gives it. */
  readonly entitlements: readonly string[]
}

export interface Reconciled {
  readonly place: Place
  /** How many hold it, as the system says. */
  readonly holders: number
  /** Held without a grant, and nobody said that it is fine. */
  readonly unexplained: Tally
  /** Granted, and not there: somebody took it by hand. */
  readonly missing: Tally
  /** Given by a grant that has ended, and still there. */
  readonly left: Tally
  /** Held without a grant, and an admin said that it is fine. */
  readonly accepted: number
}

/** Principals: the first of them by name, and how many there are. */
export interface Tally {
  readonly count: number
  readonly first: readonly string[]
}

/** What reconciling touches of the world: a command without Slack has no more. */
export type ReconcileWorld = Pick<World, 'holds' | 'grants' | 'systems' | 'clock'> & {
  readonly accepted: AcceptedStore
}

/** What is given on systems, each once, though several entitlements may give it; of one resource, or of all. */
export function placesOf(catalog: Catalog, resource: string | null = null): Place[] {
  const places = new Map<string, { place: Omit<Place, 'entitlements'>; entitlements: string[] }>()
  const all = resource === null ? everyEntitlement(catalog) : entitlementsIn(catalog, resource)
  for (const { id, resource: of, system, canonical, target } of all) {
    const key = JSON.stringify([system, canonical])
    const known = places.get(key) ?? { place: { system, canonical, target }, entitlements: [] }
    known.entitlements.push(`${of.id} ${id}`)
    places.set(key, known)
  }
  return [...places.values()].map(({ place: { system, canonical, target }, entitlements }) => ({
    system,
    canonical,
    target,
    entitlements,
  }))
}

/**
 * Compares one place, page by page: what is kept in memory are the grants on it and who is not explained by them.
 * Throws a `ConnectorError` where the system cannot be listed: then nothing is known, and nothing is said.
 */
export async function reconcile(world: ReconcileWorld, place: Place): Promise<Reconciled> {
  const { system, canonical } = place
  const key = keysOf(world, system)
  const claimed = new Map((await world.holds.claimed(place)).map((hold) => [key(hold.principal), hold]))
  const accepting = await world.accepted.principalsOf({ system, canonical }, world.clock.now())
  const fine = new Set([...accepting].map(key))
  const present = new Set<string>()
  const stray: string[] = []
  let holders = 0
  let accepted = 0
  for await (const principals of pagesOf(world, place)) {
    holders += principals.length
    for (const principal of principals) {
      if (claimed.has(key(principal))) present.add(key(principal))
      else if (fine.has(key(principal))) accepted++
      else stray.push(principal)
    }
  }
  const absent = [...claimed.values()].filter(({ principal }) => !present.has(key(principal)))
  const ended = await endedOf(
    world,
    [...claimed.values()].filter(({ principal }) => present.has(key(principal))),
  )
  return {
    place,
    holders,
    accepted,
    unexplained: tally(await stillStray(world, place, stray)),
    missing: tally(await reallyMissing(world, place, absent)),
    left: tally(ended),
  }
}

/** How principals are told apart there. */
function keysOf({ systems }: ReconcileWorld, system: string): (principal: string) => string {
  const connector = systems(system)?.connector
  return (principal) => connector?.canonicalPrincipal?.(principal) ?? principal
}

/** Whether the system still lists any of these. Throws as `reconcile` does. */
export async function stillListed(
  world: ReconcileWorld,
  place: Pick<Place, 'system' | 'target'>,
  principals: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted = new Set(principals)
  const found = new Set<string>()
  for await (const some of pagesOf(world, place))
    for (const principal of some) if (wanted.has(principal)) found.add(principal)
  return found
}

async function* pagesOf(
  { systems, clock }: ReconcileWorld,
  { system: id, target }: Pick<Place, 'system' | 'target'>,
): AsyncGenerator<readonly string[]> {
  const system = systems(id)
  if (!system) throw new ConnectorError(`${id} is not in the catalog`, { retryable: false, happened: 'no' })
  const { connector, timeoutMs } = system
  const asked = new Set<string>()
  for (let after: string | null = null; ;) {
    const listed: Within<Page> = await clock.within(timeoutMs, (signal) =>
      connector.list({ target, after, signal }),
    )
    if (!listed.done)
      throw new ConnectorError(`${id} did not list in time`, { retryable: true, happened: 'no' })
    const { principals, next } = listed.value
    yield principals
    if (next === null) return
    if (asked.has(next)) throw new ConnectorError(`${id} lists the same page again`, { retryable: true })
    if (asked.size >= mostPages) throw new ConnectorError(`${id} lists without an end`, { retryable: true })
    asked.add(next)
    after = next
  }
}

/** Given since they were listed: those are explained now. */
async function stillStray(world: ReconcileWorld, place: Place, stray: readonly string[]): Promise<string[]> {
  if (stray.length === 0) return []
  const key = keysOf(world, place.system)
  const now = new Set((await world.holds.claimed(place)).map(({ principal }) => key(principal)))
  return stray.filter((principal) => !now.has(key(principal)))
}

/** Claimed by a grant that runs, which nobody works on now, and the system says no when it is asked for them alone. */
async function reallyMissing(
  world: ReconcileWorld,
  place: Place,
  absent: readonly Hold[],
): Promise<string[]> {
  const missing: string[] = []
  for (let at = 0; at < absent.length; at += askedAtOnce) {
    const some = await Promise.all(
      absent.slice(at, at + askedAtOnce).map(async ({ principal }) => {
        const [hold] = await world.holds.claimed(place, [principal])
        if (!hold || hold.call !== null || hold.leaseUntil > hold.readAt) return []
        if (!(await isAnyActive(world, hold))) return []
        const system = world.systems(place.system)
        const { target } = place
        const has = await world.clock.within(system?.timeoutMs ?? 0, async (signal) =>
          system?.connector.has({ principal, target, signal }),
        )
        return has.done && has.value === false ? [principal] : []
      }),
    )
    missing.push(...some.flat())
  }
  return missing
}

async function isAnyActive(world: ReconcileWorld, { claims }: Hold): Promise<boolean> {
  for (const id of Object.keys(claims)) if ((await world.grants.get(id))?.status === 'active') return true
  return false
}

/** Whose every claim is of a grant that has ended, or is not there any more. Looked up only where its end is over. */
async function endedOf(world: ReconcileWorld, present: readonly Hold[]): Promise<string[]> {
  const now = world.clock.now()
  const over = present.filter(({ claims }) => Object.values(claims).every((end) => end < now))
  const found = await Promise.all(
    over.map(async ({ principal, claims, heldBefore }) => {
      if (heldBefore) return []
      for (const id of Object.keys(claims)) {
        const grant = await world.grants.get(id)
        if (grant !== null && grant.status !== 'ended') return []
      }
      return [principal]
    }),
  )
  return found.flat()
}

type Within<T> = { done: true; value: T } | { done: false }

const tally = (principals: readonly string[]): Tally => ({
  count: principals.length,
  first: [...principals].sort().slice(0, mostNamed),
})

export const differs = ({ unexplained, missing, left }: Reconciled): boolean =>
  unexplained.count + missing.count + left.count > 0
