import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Lack,
  type Target,
} from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { netmakerAt, type ExtClient, type Netmaker } from './server.ts'
import {
  canonical,
  isClientName,
  netmakerSettings,
  netmakerTarget,
  placeOf,
  type NetmakerSettings,
} from './settings.ts'
import { turns } from './turns.ts'
import { pause } from './within.ts'

const pageSize = 1_000
/** A client that is being changed is missing for some milliseconds; one that is missing for so long is gone. */
const goneAfterMs = 1_000
const askAgainAfterMs = [50, 100, 200, 300] as const
/** Between the two readings of a list. */
const secondLookMs = 100
/** How often a change is tried while others change the same client. */
const mostTries = 4

/**
 * A person's external client (WireGuard) in a network, enabled and disabled.
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
  connect: (settings, surroundings): Connector => {
    const server = netmakerAt(settings, surroundings)
    const inTurn = turns()

    /** Sets the client as wanted; false where there is none. */
    async function set(isEnabled: boolean, place: { name: string; network: string }, signal: AbortSignal) {
      const { name, network } = place
      const doing = `${isEnabled ? 'enable' : 'disable'} the client ${name} of the network ${network}`
      const failed = (why: string) =>
        new ConnectorError(`Netmaker could not ${doing}: ${why}`, { retryable: true })
      const change = async (): Promise<boolean> => {
        // Others of this network may have come first: what is said again is read again.
        const client = (await server.recentClients(network, signal)).get(name)
        if (client === undefined || client.enabled === isEnabled) return false
        await needBroker(server, doing, signal)
        await server.enable(client, isEnabled, { doing, signal })
        return true
      }
      let wasSent = false
      try {
        for (let tries = 0; tries < mostTries; tries += 1) {
          const client = await find(server, place, signal)
          if (client?.enabled === isEnabled) return true
          if (client === null && wasSent && isEnabled) throw failed('it is gone since')
          if (client === null) return false
          if (await inTurn(`network ${network}`, signal, change)) wasSent = true
        }
      } catch (error) {
        // Nothing that comes after a change was sent says that it was not carried out.
        if (!wasSent || !(error instanceof ConnectorError) || error.happened === 'unknown') throw error
        const { message, retryable, cause } = error
        throw new ConnectorError(message, { retryable, happened: 'unknown', cause })
      }
      throw failed('somebody else keeps changing it')
    }

    const nameOf = (principal: string, target: Target) => {
      const { network, suffix } = placeOf(target)
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
        if (!isClientName(name))
          throw refused('no client can be called so: 5 to 32 letters, digits and dashes')
        if (await inTurn(`client ${name}`, signal, () => set(true, place, signal))) return
        if (await server.hasNetwork(network, signal))
          throw refused(`it does not exist in the network ${network}`)
        throw refused(`the network ${network} does not exist`)
      },

      async take({ principal, target, signal }) {
        const place = nameOf(principal, target)
        if (!isClientName(place.name)) return
        await inTurn(`client ${place.name}`, signal, () => set(false, place, signal))
      },

      async has({ principal, target, signal }) {
        const place = nameOf(principal, target)
        if (!isClientName(place.name)) return false
        return (await find(server, place, signal))?.enabled ?? false
      },

      async list({ target, after, signal }) {
        const { network, suffix } = placeOf(target)
        const first = await server.clients(network, signal)
        await pause(secondLookMs, signal)
        const second = await server.clients(network, signal)
        const missing = [...first.values()].filter(({ clientid }) => !second.has(clientid))
        const principals = [...second.values(), ...missing]
          .filter(({ clientid, enabled }) => enabled && isClientName(clientid) && clientid.endsWith(suffix))
          .map(({ clientid }) => clientid.slice(0, clientid.length - suffix.length))
          .filter((principal) => principal > (after ?? ''))
          .sort()
        const page = principals.slice(0, pageSize)
        return { principals: page, next: principals.length > pageSize ? (page.at(-1) ?? null) : null }
      },

      check: ({ targets, signal }) => lacksOf(server, settings, { targets, signal }),
      canonical,
      where: placeAt('netmaker', new URL(settings.url)),
      hasLagMs: 0,
      lateMs: settings.late,
      close: () => server.close(),
    }
  },
}

/** The client as the list has it; null once it was missing for a while. */
async function find(
  server: Netmaker,
  { name, network }: { name: string; network: string },
  signal: AbortSignal,
): Promise<ExtClient | null> {
  const beganMs = performance.now()
  for (let asked = 0; ; asked += 1) {
    const found = (await server.clients(network, signal)).get(name)
    if (found !== undefined) return found
    if (performance.now() - beganMs >= goneAfterMs) return null
    await pause(askAgainAfterMs[asked] ?? askAgainAfterMs[3], signal)
  }
}

async function needBroker(server: Netmaker, doing: string, signal: AbortSignal): Promise<void> {
  if ((await server.recentStatus(signal)).hasBroker) return
  throw new ConnectorError(
    `Netmaker could not ${doing}: it has lost its message broker, so no gateway would hear of it`,
    {
      retryable: true,
      happened: 'no',
    },
  )
}

async function lacksOf(
  server: Netmaker,
  { url }: NetmakerSettings,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const networks = [...new Set(targets.map((target) => placeOf(target).network))].sort()
  await server.logIn(signal)
  const [{ version, hasBroker }, known] = await Promise.all([
    server.status(signal),
    Promise.all(networks.map((network) => server.hasNetwork(network, signal))),
  ])
  const lacks: Lack[] = []
  if (!hasBroker)
    lacks.push({
      what: `Netmaker ${version} is not connected to its message broker, so no gateway hears who may connect`,
      remedy: `start the broker, or mend BROKER_ENDPOINT of the server, until ${url.replace(/\/+$/, '')}/api/server/status says "is_broker_conn_open": true`,
    })
  for (const network of networks.filter((_, i) => known[i] === false))
    lacks.push({
      what: `the network ${network} does not exist on Netmaker ${version}`,
      remedy: `create the network ${network} in Netmaker's dashboard, or name another in the catalog`,
    })
  return lacks
}
