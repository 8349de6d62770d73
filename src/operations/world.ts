import type {
  Clock,
  CurrentCatalog,
  Directory,
  GrantStore,
  HoldStore,
  Log,
  LossStore,
  PeopleStore,
  PreApprovalStore,
  QuotaStore,
  Systems,
} from '../domain/ports.ts'
import type { Queues } from './queues.ts'

/** Everything an operation may touch. Composed once by `main`; tests and the simulation compose their own. */
export interface World {
  readonly grants: GrantStore
  readonly holds: HoldStore
  readonly people: PeopleStore
  readonly quotas: QuotaStore
  readonly preApprovals: PreApprovalStore
  readonly losses: LossStore
  readonly directory: Directory
  readonly catalog: CurrentCatalog
  readonly systems: Systems
  readonly clock: Clock
  readonly queues: Queues
  readonly log: Log
  /** Between 0 and 1, for jitter. */
  random(): number
  newId(): string
}
