import type { Grant } from '../domain/grant.ts'
import type { CurrentCatalog } from '../domain/ports/catalog.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { ActStore } from '../domain/ports/acts.ts'
import type { AcceptedStore } from '../domain/ports/accepted.ts'
import type { DeviceCodes } from '../domain/ports/device-codes.ts'
import type { DeviceKeyStore } from '../domain/ports/device-keys.ts'
import type { DeviceSourceStore } from '../domain/ports/device-sources.ts'
import type { DeviceStore } from '../domain/ports/devices.ts'
import type { DifferenceStore } from '../domain/ports/differences.ts'
import type { Confirming } from '../domain/ports/confirming.ts'
import type { Directory } from '../domain/ports/directory.ts'
import type { GrantStore } from '../domain/ports/grants.ts'
import type { IdentityStore } from '../domain/ports/identities.ts'
import type { HoldStore } from '../domain/ports/holds.ts'
import type { Log } from '../domain/ports/log.ts'
import type { LossStore } from '../domain/ports/losses.ts'
import type { Observe } from '../domain/ports/observe.ts'
import type { PeopleStore } from '../domain/ports/people.ts'
import type { PreApprovalStore } from '../domain/ports/pre-approvals.ts'
import type { ProofStore } from '../domain/ports/proofs.ts'
import type { QuotaStore } from '../domain/ports/quotas.ts'
import type { Systems } from '../domain/ports/systems.ts'
import type { TicketStore } from '../domain/ports/tickets.ts'
import type { Trace } from '../domain/ports/trace.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import type { Queues } from './by-itself/queues.ts'

/** Everything an operation may touch. Composed once by `main`; tests and the simulation compose their own. */
export interface World {
  readonly grants: GrantStore
  readonly holds: HoldStore
  readonly people: PeopleStore
  readonly quotas: QuotaStore
  readonly preApprovals: PreApprovalStore
  readonly losses: LossStore
  readonly differences: DifferenceStore
  readonly accepted: AcceptedStore
  /** What is done that is no grant's, for the record. */
  readonly acts: ActStore
  readonly tickets: TicketStore
  /** When people last confirmed who they are. */
  readonly proofs: ProofStore
  readonly confirming: Confirming
  readonly identities: IdentityStore
  readonly devices: DeviceStore
  readonly deviceSources: DeviceSourceStore
  /** Null where no key is configured: no device can be enrolled by a code. */
  readonly deviceCodes: DeviceCodes | null
  readonly deviceKeys: DeviceKeyStore
  readonly directory: Directory
  readonly catalog: CurrentCatalog
  /** Whether all replicas go by this catalog, as far as is known: while they differ nothing is given by rule. */
  readonly agrees: () => boolean
  /** Slack does not answer this replica, and does another: whatever Slack must be asked for is left to that one. */
  readonly leavesSlackToOthers: () => boolean
  /** The database was restored, and not all that is held on systems is explained yet: nothing is given. */
  readonly isAfterRestore: () => boolean
  readonly systems: Systems
  readonly clock: Clock
  readonly queues: Queues
  readonly log: Log
  readonly observe: Observe
  readonly trace: Trace
  /** Between 0 and 1, for jitter. */
  random(): number
  newId(): string
}

/** Says one and the same catalog however often it is asked, whatever comes into force meanwhile. */
export type OneCatalog = CurrentCatalog & { readonly isOne: true }

/** With what a decision is made that waits for something on its way: the whole of it by one catalog. */
export type Deciding = World & { readonly catalog: OneCatalog }

/** The same, but the catalog is the one of this moment. */
export function withOneCatalog<Some extends Pick<World, 'catalog'>>(
  world: Some,
): Some & { readonly catalog: OneCatalog } {
  const catalog = world.catalog()
  return { ...world, catalog: Object.assign(() => catalog, { isOne: true as const }) }
}

/** Did another catalog come into force since? Asked right before writing what the old one decided. */
export const isOutdated = (world: Pick<World, 'catalog'>, one: Pick<World, 'catalog'>): boolean =>
  world.catalog().fingerprint !== one.catalog().fingerprint

export const newRules = (grant: Grant | null): Refusal =>
  refuse('rules-changed', { grant, reasons: ['they were changed in this very moment; please look again'] })
