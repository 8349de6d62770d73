import type { Lack, Target } from '../../domain/connector.ts'
import type { Netmaker } from './server.ts'
import { creationOf, placeOf, type NetmakerSettings } from './settings.ts'

/** What keeps these targets from being given and taken; throws where the token is not accepted. */
export async function lacksOf(
  server: Netmaker,
  { url }: NetmakerSettings,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  await server.logIn(signal)
  const networks = [...new Set(targets.map((target) => placeOf(target).network))].sort()
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
  for (const [i, network] of networks.entries()) {
    if (known[i] === false)
      lacks.push({
        what: `the network ${network} does not exist on Netmaker ${version}`,
        remedy: `create the network ${network} in Netmaker's dashboard, or name another in the catalog`,
      })
    else lacks.push(...(await gatewaysMissing(server, network, { targets, signal })))
  }
  return lacks
}

async function gatewaysMissing(
  server: Netmaker,
  network: string,
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const creations = targets.flatMap((target) => creationOf(target) ?? [])
  const wanted = new Set(creations.filter((one) => one.network === network).map(({ gateway }) => gateway))
  if (wanted.size === 0) return []
  const gateways = await server.gateways(network, signal)
  const others = [...gateways].sort()
  return [...wanted]
    .filter((gateway) => !gateways.has(gateway))
    .sort()
    .map((gateway) => ({
      what: `the node ${gateway} is no gateway of the network ${network}, so no client can be created at it`,
      remedy:
        others.length === 0
          ? `make a node of the network ${network} a gateway in Netmaker's dashboard, and name its id in the catalog`
          : `name a gateway of the network ${network} in the catalog: ${others.slice(0, 10).join(' or ')}`,
    }))
}
