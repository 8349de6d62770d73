import { randomBytes } from 'node:crypto'
import { netmaker } from '../../src/connectors/netmaker/netmaker.ts'
import type { Connector, Target } from '../../src/domain/connector.ts'
import { startNetmakerStandIn, type NetmakerStandIn, type ToldClient } from '../support/netmaker.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

export interface NetmakerHarness extends Harness {
  readonly standIn: NetmakerStandIn
  readonly token: string
  /** Connects with other settings than the usual. */
  connectWith(settings: object, timeoutMs?: number, hide?: (secret: string) => void): Connector
}

const timeoutMs = 2_500
const gatewayKey = 'a-tenant-key-of-the-gateway'
const random = () => randomBytes(4).toString('hex')

/** How the client of somebody is called in a target. */
export const nameIn = ({ suffix = '' }: Target, principal: string): string => `${principal}${String(suffix)}`

/**
 * A stand-in for Netmaker in a process of its own: the real server comes from no registry. Everybody has a client in each
 * network, as people who may be let in have, disabled until they are.
 */
export async function aNetmaker(): Promise<NetmakerHarness> {
  const standIn = await startNetmakerStandIn()
  const token = await standIn.aToken('curfew')
  const secrets = [token, token.slice(7), 'wrong-token', gatewayKey]
  const people = new Set<string>()
  const targets = new Set<Target>()
  const connect = (settings: object, ms = timeoutMs, hide: (secret: string) => void = () => undefined) => {
    const all = { url: standIn.url, token, headers: { 'x-tenant-id': gatewayKey }, ...settings }
    return netmaker.connect(netmaker.settings.parse(all), { ...surroundings(ms), hide })
  }
  const enrol = async (target: Target, principals: readonly string[]) => {
    const clients = principals.map((principal) => ({ clientid: nameIn(target, principal) }))
    const made = await standIn.clients(String(target['network']), clients)
    secrets.push(...made.map(({ privatekey }) => privatekey))
  }

  return {
    standIn,
    token,
    secrets,
    port: standIn.port,
    connect: () => connect({}),
    connectWith: connect,
    connectBy: (port) => connect({ url: `http://127.0.0.1:${port}` }),
    connectUnreachable: () => connect({ url: 'http://127.0.0.1:1' }, 300),
    connectWithBadCredentials: () => connect({ token: 'wrong-token' }),

    // Netmaker lets nobody be called otherwise.
    async aPrincipal() {
      const principal = `ada-${random()}`
      people.add(principal)
      for (const target of targets) await enrol(target, [principal])
      return principal
    },
    async fill(target, count) {
      const names = Array.from({ length: count }, (_, i) => nameIn(target, `m${i}`))
      const clients = names.map((clientid) => ({ clientid, enabled: true }))
      await standIn.clients(String(target['network']), clients)
    },
    async vanish(principal) {
      people.delete(principal)
      await standIn.order({
        do: 'no-clients',
        names: [...targets].map((target) => nameIn(target, principal)),
      })
    },
    async aTarget() {
      const network = `net-${random()}`
      await standIn.order({ do: 'network', network })
      const target = { network, suffix: `-${random()}` }
      targets.add(target)
      await enrol(target, [...people])
      return { target, sameTarget: { suffix: target.suffix, network } }
    },
    async vanishTarget({ network }) {
      await standIn.order({ do: 'no-network', network })
      for (const target of targets) if (target['network'] === network) targets.delete(target)
    },
    lacking: async () => [
      {
        connector: connect({}),
        target: { network: 'no-such-network' },
        what: /^the network no-such-network does not exist on Netmaker v1\.5\.1$/,
        remedy: /^create the network no-such-network/,
      },
    ],
    async reallyHolds(principal, target) {
      const name = nameIn(target, principal)
      const found = (await standIn.tell()).clients.find((one: ToldClient) => one.clientid === name)
      return found !== undefined && found.network === target['network'] && found.enabled
    },
    async freeze() {
      const thaw = await standIn.freeze()
      return async () => thaw()
    },
    stop: () => standIn.stop(),
  }
}
