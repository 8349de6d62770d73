import { memoryDevices, noDeviceSources } from './memory-devices.ts'
import { noReporters } from './no-reporters.ts'
import { App, LogLevel } from '@slack/bolt'
import type { Catalog } from '../../src/domain/catalog.ts'
import type { Grant } from '../../src/domain/grant.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { SurfaceStore } from '../../src/domain/ports/surfaces.ts'
import { unobserved } from '../../src/domain/ports/observe.ts'
import { untraced } from '../../src/domain/ports/trace.ts'
import { Queues } from '../../src/operations/by-itself/queues.ts'
import { directoryFrom } from '../../src/people/directory.ts'
import type { World } from '../../src/operations/world.ts'
import type { Parts } from '../../src/slack/parts.ts'
import { read } from '../catalog/reading.ts'
import { ada, at, kim, riley, sam } from './builders.ts'
import { memoryDirectory, type Known } from './memory-directory.ts'
import { memorySurfaces, NotedSurfaces } from './memory-surfaces.ts'
import {
  memoryGrants,
  memoryHolds,
  memoryLosses,
  noDifferences,
  noIdentities,
  noTickets,
  MemoryDatabase,
  type Step,
} from './memory-stores.ts'
import { RecordedSlack } from './recorded-slack.ts'

export interface SlackSide {
  readonly parts: Parts
  readonly slack: RecordedSlack
  /** As another process sees them. */
  readonly surfaces: SurfaceStore
  /** For one more process. */
  openSurfaces(): SurfaceStore
  readonly world: World
  /** What was logged as a warning. */
  readonly warnings: string[]
  /** From now on it is this instant. */
  setNow(now: Date): void
  /** So long passes for whoever measures it; what waits for a timer waits all the same. */
  passes(ms: number): void
  /** Writes this grant over the one that is there, or as a new one. */
  writes(grant: Grant): Promise<void>
}

/** One entitlement of the orders database, which Ada or Sam of `@dba` approves; `more` are others beside it. */
export const catalogWith = (more = ''): string => `version: 1
defaults:
  channel: C0123ACCESS
  admins: [ada@acme.example]
  approvers: { groups: ["@dba"] }
systems:
  orders-cluster:
    connector: demo
    url: \${DEMO_URL}
    principal: email.split("@")[0]
resources:
  orders-db:
    name: Orders database
    system: orders-cluster
    who: "true"
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        how: "mongosh with your own login"
${more}
`

/** The Slack side on a world in memory: no database, no socket, and nobody at the other end of Slack's client. */
export function aSlackSide({
  catalog = read(catalogWith()),
  known,
}: { catalog?: Catalog; known?: Partial<Known> } = {}): SlackSide {
  let now = at(20)
  let passedMs = 0
  const monotonicMs = () => performance.now() + passedMs
  const db = new MemoryDatabase(() => now)
  const warnings: string[] = []
  const log: Log = {
    error: (words) => warnings.push(words),
    warn: (words) => warnings.push(words),
    info: () => undefined,
    debug: () => undefined,
  }
  const slack = new RecordedSlack()
  const noted = new NotedSurfaces()
  const openSurfaces = () => memorySurfaces(monotonicMs, noted)
  const directory = memoryDirectory({
    people: [riley, ada, sam, kim],
    groups: { '@dba': [ada, sam] },
    channels: { C1: [riley, ada, sam, kim] },
    ...known,
  })
  const grants = memoryGrants(db, () => now, step)
  const world: World = {
    grants,
    holds: memoryHolds(db, step),
    quotas: { use: unasked, giveBack: unasked, left: unasked },
    preApprovals: {
      insert: unasked,
      get: unasked,
      stop: unasked,
      forSubject: async () => [],
      byApprover: async () => [],
      running: async () => [],
    },
    losses: memoryLosses(),
    ...noDifferences,
    ...noTickets,
    ...noIdentities,
    ...noReporters,
    deviceSources: noDeviceSources,
    devices: memoryDevices(() => now),
    people: { seen: unasked, bySlackUser: unasked },
    directory: directoryFrom(directory),
    catalog: () => catalog,
    agrees: () => true,
    isAfterRestore: () => false,
    leavesSlackToOthers: () => false,
    systems: () => null,
    clock: {
      now: () => now,
      isSure: () => true,
      sample: async () => undefined,
      monotonicMs,
      sleep: unasked,
      within: unasked,
    },
    queues: new Queues(),
    log,
    observe: unobserved,
    trace: untraced,
    random: () => 0.5,
    newId: () => 'new',
  }
  const app = new App({
    receiver: { init: () => undefined, start: unasked, stop: unasked },
    authorize: unasked,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    tokenVerificationEnabled: false,
  })
  const parts: Parts = {
    app,
    world,
    clients: { interactive: slack.client, background: slack.client, messages: slack.client },
    directory,
    whoIs: unasked,
    surfaces: openSurfaces(),
    records: grants,
    log,
    held: { look: unasked, soon: () => undefined, soonAbout: () => undefined, stop: unasked },
    lookAgain: () => undefined,
    publicUrl: null,
    catalogFault: () => null,
  }
  return {
    parts,
    slack,
    surfaces: openSurfaces(),
    openSurfaces,
    world,
    warnings,
    setNow: (instant) => {
      now = instant
    },
    passes: (ms) => {
      passedMs += ms
    },
    writes: async (grant) => {
      const { outcome } = await world.grants.insert({ ...grant, revision: 0 })
      if (outcome !== 'inserted') await world.grants.change(grant.id, () => grant)
    },
  }
}

const step: Step = async (effect) => {
  await Promise.resolve()
  return effect()
}

const unasked = (): Promise<never> => Promise.reject(new Error('nobody asks for this here'))
