import type { App } from '@slack/bolt'
import type { Log } from '../domain/ports/log.ts'
import type { GrantRecords } from '../domain/ports/grant-records.ts'
import type { WhoIs } from '../domain/ports/people.ts'
import type { SurfaceStore } from '../domain/ports/surfaces.ts'
import type { HeldWatch } from '../operations/by-itself/held-watch.ts'
import type { World } from '../operations/world.ts'
import type { SlackClients } from './wire/clients.ts'
import type { SlackDirectory } from './directory/directory.ts'

/** What every surface is made with. */
export interface Parts {
  readonly app: App
  readonly world: World
  readonly clients: SlackClients
  readonly directory: SlackDirectory
  readonly whoIs: WhoIs
  readonly surfaces: SurfaceStore
  readonly records: GrantRecords
  readonly log: Log
  readonly held: HeldWatch
  /** Where our pages are; null: there are none. */
  readonly publicUrl: string | null
  /** What people saw of this grant may not be so any more: it is drawn anew where it has changed. */
  readonly lookAgain: (grantId: string) => void
  /** What is wrong with the catalog's files, where the last good one stays in force; null while nothing is. */
  readonly catalogFault: () => string | null
}
