import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'

/** As the server stores it and tells it, in its order of fields. */
export interface ExtClient {
  clientid: string
  privatekey: string
  publickey: string
  network: string
  dns: string
  address: string
  address6: string
  extraallowedips: string[] | null
  allowed_ips: string[] | null
  ingressgatewayid: string
  ingressgatewayendpoint: string
  lastmodified: number
  enabled: boolean
  ownerid: string
  deniednodeacls: Record<string, Record<string, unknown>> | null
  remote_access_client_id: string
  postup: string
  postdown: string
  tags: Record<string, Record<string, unknown>> | null
}

/** A rule that names clients; with none left on one of its sides it is deleted. */
export interface AclRule {
  readonly name: string
  readonly network: string
  sources: string[]
  destinations: string[]
}

export interface Token {
  readonly id: string
  readonly user: string
  readonly expiresAt: number
  isRevoked: boolean
}

/** An answer that is given once instead of the real one; `raw` is written to the socket as it is. */
export interface Injected {
  readonly method: string
  /** What the path begins with. */
  readonly path: string
  /** How many such calls are answered as usual before. */
  readonly after: number
  readonly status: number
  readonly body: string
  readonly raw?: string | undefined
  /** The change is carried out all the same. */
  readonly isDone?: boolean | undefined
  /** The client that the path names is gone after it. */
  readonly isLost?: boolean | undefined
}

export interface State {
  /** Network name to the id of its gateway's node. */
  readonly networks: Map<string, string>
  /** Networks whose default is to let nobody in: a client is created disabled there. */
  readonly closedNetworks: Set<string>
  /** By `name###network`, as in the real database. */
  readonly clients: Map<string, ExtClient>
  rules: AclRule[]
  readonly users: Map<string, { isDisabled: boolean }>
  readonly tokens: Map<string, Token>
  isBrokerOpen: boolean
  /** How long a client that is being changed is missing, and one that is being created has no name yet. */
  gapMs: number
  /** While it is set, no gap ends. */
  held: { readonly over: Promise<void>; readonly end: () => void } | null
  /** What each gateway was told: the public keys that may connect. */
  readonly gateways: Map<string, Set<string>>
  injected: Injected[]
  /** Calls of the API so far, `METHOD path`. */
  readonly calls: string[]
  /** Values of the header x-tenant-id so far. */
  readonly tenants: Set<string>
  /** Changes that ran at the same time, at most: of one network, and of one client. */
  mostAtOnce: { network: number; client: number }
}

export const gatewayDns = '10.101.0.1'
export const gatewayKey = 'ScOO2iHSLyPpvCdBH0Cfg1I2DzUgPBIxNk9abDSOrAc='

export const newState = (): State => ({
  networks: new Map(),
  closedNetworks: new Set(),
  clients: new Map(),
  rules: [],
  users: new Map(),
  tokens: new Map(),
  isBrokerOpen: true,
  gapMs: 2,
  held: null,
  gateways: new Map(),
  injected: [],
  calls: [],
  tenants: new Set(),
  mostAtOnce: { network: 0, client: 0 },
})

export const keyOf = (client: Pick<ExtClient, 'clientid' | 'network'>) =>
  `${client.clientid}###${client.network}`

export const inNetwork = (state: State, network: string) =>
  [...state.clients.values()].filter((client) => client.network === network)

/** Names are of all networks together. */
export const byName = (state: State, name: string) =>
  [...state.clients.values()].find((client) => client.clientid === name)

export function newKeys(): { privatekey: string; publickey: string } {
  const { privateKey } = generateKeyPairSync('x25519')
  const raw = (der: Buffer) => der.subarray(-32).toString('base64')
  return {
    privatekey: raw(privateKey.export({ type: 'pkcs8', format: 'der' })),
    publickey: raw(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
  }
}

/** The lowest that no client has now: that of one which is just being changed counts as free. */
export function freeAddresses(state: State, network: string): () => string {
  const taken = new Set(inNetwork(state, network).map(({ address }) => address))
  let next = 2
  return () => {
    for (; ; next += 1) {
      const address = `10.101.${next >> 8}.${next & 255}`
      if (taken.has(address)) continue
      taken.add(address)
      return address
    }
  }
}

export function aClient(
  given: Partial<ExtClient> & Pick<ExtClient, 'network' | 'ingressgatewayid' | 'address'>,
): ExtClient {
  return {
    clientid: `quiet-${randomBytes(4).toString('hex')}`,
    ...newKeys(),
    dns: '',
    address6: '',
    extraallowedips: [],
    allowed_ips: null,
    ingressgatewayendpoint: '192.0.2.1:51821',
    lastmodified: Math.floor(Date.now() / 1_000),
    enabled: true,
    ownerid: '',
    deniednodeacls: null,
    remote_access_client_id: randomUUID(),
    postup: '',
    postdown: '',
    tags: null,
    ...given,
  }
}

/** A client leaves the rules that name it, and takes those along in which it was alone on its side. */
export function dropFromRules(state: State, { clientid, network }: ExtClient): void {
  const without = (names: string[]) => names.filter((name) => name !== clientid)
  state.rules = state.rules.flatMap((rule) => {
    const names = [...rule.sources, ...rule.destinations]
    if (rule.network !== network || !names.includes(clientid)) return [rule]
    const [sources, destinations] = [without(rule.sources), without(rule.destinations)]
    return sources.length === 0 || destinations.length === 0 ? [] : [{ ...rule, sources, destinations }]
  })
}

/** The gateway hears of it a moment later, and only by the broker. */
export function publish(state: State, client: ExtClient, afterMs: number): void {
  setTimeout(() => {
    if (!state.isBrokerOpen) return
    const peers = state.gateways.get(client.network) ?? new Set()
    state.gateways.set(client.network, peers)
    const now = state.clients.get(keyOf(client))
    // A key that was replaced is forgotten by none of these, unless its client was disabled or deleted.
    if (now?.enabled && now.publickey === client.publickey) peers.add(client.publickey)
    else peers.delete(client.publickey)
  }, afterMs)
}
