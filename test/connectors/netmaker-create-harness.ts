import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { createdName, tagFor } from '../../src/connectors/netmaker/names.ts'
import { netmaker } from '../../src/connectors/netmaker/netmaker.ts'
import type { Connector, Shown, Target } from '../../src/domain/connector.ts'
import { startNetmakerStandIn, type NetmakerStandIn, type ToldClient } from '../support/netmaker.ts'
import { surroundings, type HandsOver, type Harness } from '../../src/testing/contract.ts'

export interface CreatingHarness extends Harness {
  readonly standIn: NetmakerStandIn
  readonly token: string
  /** Connects with other settings than the usual. */
  connectWith(settings: object, timeoutMs?: number): Connector
  /** A network with a gateway, by another name. */
  aNetwork(isClosed?: boolean): Promise<{ network: string; gateway: string }>
  /** Everybody's client as the stand-in has it. */
  created(principal: string, target: Target): Promise<ToldClient | undefined>
  readonly handOver: HandsOver
}

const timeoutMs = 2_500
const random = () => randomBytes(4).toString('hex')

/** A stand-in for Netmaker in a process of its own, whose clients Curfew creates. */
export async function aCreatingNetmaker(): Promise<CreatingHarness> {
  const standIn = await startNetmakerStandIn()
  const token = await standIn.aToken('curfew')
  const connect = (settings: object, ms = timeoutMs) => {
    const all = { url: standIn.url, token, ...settings }
    return netmaker.connect(netmaker.settings.parse(all), surroundings(ms))
  }
  const aNetwork = async (isClosed = false) => {
    const network = `net-${random()}`
    await standIn.order({ do: 'network', network, isClosed })
    const { gatewayNodes } = await standIn.tell()
    return { network, gateway: gatewayNodes.find((one) => one.network === network)?.node ?? '' }
  }
  const created = async (principal: string, target: Target) =>
    (await standIn.tell()).clients.find(
      ({ network, ingressgatewayid, tags }) =>
        network === target['network'] &&
        ingressgatewayid === target['gateway'] &&
        Object.hasOwn(tags ?? {}, `curfew:${principal}`),
    )

  return {
    standIn,
    token,
    secrets: [token, token.slice(7), 'wrong-token'],
    port: standIn.port,
    aNetwork,
    created,
    connect: () => connect({}),
    connectWith: connect,
    connectBy: (port) => connect({ url: `http://127.0.0.1:${port}` }),
    connectUnreachable: () => connect({ url: 'http://127.0.0.1:1' }, 300),
    connectWithBadCredentials: () => connect({ token: 'wrong-token' }),

    aPrincipal: async (name = `ada-${random()}`) => name,
    // Nobody is known to Netmaker: whoever is given a client has one.
    vanish: null,
    async fill(target, count) {
      const clients = Array.from({ length: count }, (_, i) => ({
        clientid: createdName(`m${i}@example.com`, target),
        enabled: true,
        ownerid: 'curfew',
        tags: { [tagFor(`m${i}@example.com`)]: {} },
      }))
      await standIn.clients(String(target['network']), clients)
    },
    async aTarget() {
      const { network, gateway } = await aNetwork()
      const tags = [`${network}.laptops`, `${network}.contractors`]
      return {
        target: { network, gateway, tags },
        sameTarget: { tags: [...tags].reverse(), gateway, network },
      }
    },
    async vanishTarget({ network }) {
      await standIn.order({ do: 'no-network', network })
    },
    lacking: async () => {
      const { network, gateway } = await aNetwork()
      const node = `${gateway.slice(0, -4)}0000`
      return [
        {
          connector: connect({}),
          target: { network: 'no-such-network', gateway },
          what: /^the network no-such-network does not exist on Netmaker v1\.5\.1$/,
          remedy: /^create the network no-such-network/,
        },
        {
          connector: connect({}),
          target: { network, gateway: node },
          what: new RegExp(`^the node ${node} is no gateway of the network ${network}`),
          remedy: new RegExp(`^name a gateway of the network ${network} in the catalog: ${gateway}$`),
        },
      ]
    },
    reallyHolds: async (principal, target) => (await created(principal, target))?.enabled ?? false,
    handOver: {
      brings: async () => null,
      async opens(shown) {
        const publicKey = publicKeyOf(keyIn(shown))
        return (await standIn.tell()).clients.some(
          ({ publickey, enabled }) => enabled && publickey === publicKey,
        )
      },
      secretsIn: (shown) => [keyIn(shown)],
    },
    async freeze() {
      const thaw = await standIn.freeze()
      return async () => thaw()
    },
    stop: () => standIn.stop(),
  }
}

/** The private key of a configuration. */
export const keyIn = (shown: readonly Shown[]): string =>
  /^PrivateKey = (.*)$/m.exec(shown[0]?.text ?? '')?.[1] ?? ''

/** What goes before the 32 bytes of an X25519 key in PKCS #8. */
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function publicKeyOf(privateKey: string): string {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8, Buffer.from(privateKey, 'base64')]),
    format: 'der',
    type: 'pkcs8',
  })
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
}
