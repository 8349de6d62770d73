import type { Connector, ConnectorKind, Target } from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { creating } from './creating.ts'
import { enabling } from './enabling.ts'
import { lacksOf } from './lacks.ts'
import { netmakerAt } from './server.ts'
import { canonical, creationOf, netmakerSettings, netmakerTarget, type NetmakerSettings } from './settings.ts'
import { turns } from './turns.ts'
import type { Way } from './way.ts'

/**
 * A person's external client (WireGuard) in a network: one that is there, which is enabled and disabled (`enabling.ts`),
 * or one that is created for the grant and deleted at its end (`creating.ts`).
 *
 * - A change is a replacement on Netmaker's side: all of it that an omission would wipe is read from the list, where no
 *   private key is, and said again. What the server answers holds that key, and is thrown away unread.
 * - The server deletes and inserts to change: whoever is missing is asked for again before it counts as gone.
 * - One change at a time for each network, and none where the state is as wanted: while a client is changed its address
 *   counts as free.
 * - Without its message broker the server changes its records and no gateway hears of it: then nothing is changed.
 *
 * Source: tried on Netmaker 1.5.1; docs/connectors/netmaker.md.
 */
export const netmaker: ConnectorKind<NetmakerSettings> = {
  kind: 'netmaker',
  settings: netmakerSettings,
  target: netmakerTarget,
  canonical,
  connect(settings, surroundings): Connector {
    const server = netmakerAt(settings, surroundings)
    const inTurn = turns()
    const own = enabling(server, inTurn)
    const created = creating(server, inTurn)
    const isCreated = (target: Target) => creationOf(target) !== null
    const wayOf = (target: Target): Way => (isCreated(target) ? created : own)

    return {
      give: (call) => wayOf(call.target).give(call),
      take: (call) => wayOf(call.target).take(call),
      handOver: {
        what: 'configuration',
        isFor: isCreated,
        brings: null,
        make: (call) => created.make(call),
      },
      has: (place) => wayOf(place.target).has(place),
      list: (query) => wayOf(query.target).list(query),
      check: ({ targets, signal }) => lacksOf(server, settings, { targets, signal }),
      canonical,
      where: placeAt('netmaker', new URL(settings.url)),
      hasLagMs: 0,
      lateMs: settings.late,
      close: () => server.close(),
    }
  },
}
