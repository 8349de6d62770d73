import { ConnectorError, type Connector, type ConnectorKind, type Target } from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { changer, find, findAll } from './changes.ts'
import { creating } from './creating.ts'
import { lacksOf } from './lacks.ts'
import { pageAfter } from './pages.ts'
import { netmakerAt, type Netmaker } from './server.ts'
import {
  canonical,
  isClientName,
  netmakerSettings,
  netmakerTarget,
  otherMode,
  placeOf,
  type NetmakerSettings,
} from './settings.ts'
import { turns } from './turns.ts'

/**
 * A person's external client (WireGuard) in a network. It is there, and enabled and disabled; or it is created for the
 * grant and deleted at its end: `creating.ts`.
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
  connect(settings, surroundings) {
    const server = netmakerAt(settings, surroundings)
    return settings.mode === 'create' ? creating(server, settings) : enabling(server, settings)
  },
}

function enabling(server: Netmaker, settings: NetmakerSettings): Connector {
  const inTurn = turns()
  const change = changer(server, inTurn)

  const placeIn = (target: Target) => {
    const place = placeOf(target)
    if (place === null) throw otherMode('enable', target)
    return place
  }
  const nameOf = (principal: string, target: Target) => {
    const { network, suffix } = placeIn(target)
    return { name: `${principal}${suffix}`, network }
  }

  return {
    async give({ principal, target, signal }) {
      const place = nameOf(principal, target)
      const { name, network } = place
      const refused = (why: string) =>
        new ConnectorError(`Netmaker could not enable the client ${name}: ${why}`, {
          retryable: false,
          happened: 'no',
        })
      if (!isClientName(name)) throw refused('no client can be called so: 5 to 32 letters, digits and dashes')
      const given = await inTurn(`client ${name}`, signal, () => change(place, { enabled: true }, signal))
      if (given !== null) return
      if (await server.hasNetwork(network, signal))
        throw refused(`it does not exist in the network ${network}`)
      throw refused(`the network ${network} does not exist`)
    },

    async take({ principal, target, signal }) {
      const place = nameOf(principal, target)
      if (!isClientName(place.name)) return
      await inTurn(`client ${place.name}`, signal, () => change(place, { enabled: false }, signal))
    },

    async has({ principal, target, signal }) {
      const place = nameOf(principal, target)
      if (!isClientName(place.name)) return false
      return (await find(server, place, signal))?.enabled ?? false
    },

    async list({ target, after, signal }) {
      const { network, suffix } = placeIn(target)
      const principals = (await findAll(server, network, signal))
        .filter(({ clientid, enabled }) => enabled && isClientName(clientid) && clientid.endsWith(suffix))
        .map(({ clientid }) => clientid.slice(0, clientid.length - suffix.length))
      return pageAfter(after, principals)
    },

    check: ({ targets, signal }) => lacksOf(server, settings, { targets, signal }),
    canonical,
    where: placeAt('netmaker', new URL(settings.url)),
    hasLagMs: 0,
    lateMs: settings.late,
    close: () => server.close(),
  }
}
