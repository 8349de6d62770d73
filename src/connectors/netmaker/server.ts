import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { OnceMore } from '../../once-more.ts'
import { httpClient, type HttpAnswer } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'
import { readSecret } from '../secret.ts'
import type { NetmakerSettings } from './settings.ts'
import { within } from './within.ts'

const system = 'Netmaker'
/** All clients of a network come in one answer: about 750 bytes each. */
const mostBytes = 100_000_000

/** Of what `GET /api/extclients/{network}` says: what a PUT must say again, and where the client is. */
const extClient = z.object({
  clientid: z.string(),
  network: z.string(),
  enabled: z.boolean(),
  publickey: z.string(),
  dns: z.string(),
  extraallowedips: z.array(z.string()).nullish(),
  deniednodeacls: z.record(z.string(), z.unknown()).nullish(),
  postup: z.string(),
  postdown: z.string(),
  tags: z.record(z.string(), z.unknown()).nullish(),
  ingressgatewayid: z.string().default(''),
})
export type ExtClient = z.infer<typeof extClient>

/** Null: none, or no such network. */
const extClients = z.array(extClient).nullable()
/** Of what `GET /api/nodes/{network}` says. */
const nodes = z.array(z.object({ id: z.string(), isingressgateway: z.boolean() })).nullable()
const status = z.object({ version: z.string(), is_broker_conn_open: z.boolean() })
const complaint = z.object({ Message: z.string() })

/** With these a 500 means that the client is not there; for the moment, perhaps. */
const notThere = new Set(['no result found', 'client not found'])
/** Of any such message: 32 bytes in base64, which may be a private key. */
const wireGuardKey = /[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=/g

export type Clients = ReadonlyMap<string, ExtClient>

export interface Status {
  readonly version: string
  /** Without its broker the server changes its records, and no gateway hears of it. */
  readonly hasBroker: boolean
}

/** What a change makes different; all else of the client is said again as it was. */
export interface Wanted {
  readonly enabled: boolean
  readonly publickey?: string
}

/** A client that is to be. Netmaker is told its public key, and never learns the private one. */
export interface NewClient {
  readonly clientid: string
  readonly network: string
  readonly gateway: string
  readonly publickey: string
  readonly tags: readonly string[]
}

export interface Netmaker {
  /** The clients of a network by their names, read after this was called; none where there is no such network. */
  clients(network: string, signal: AbortSignal): Promise<Clients>
  /** The same, as they were a moment ago perhaps. */
  recentClients(network: string, signal: AbortSignal): Promise<Clients>
  recentStatus(signal: AbortSignal): Promise<Status>
  status(signal: AbortSignal): Promise<Status>
  /** Fails where the token is not accepted. */
  logIn(signal: AbortSignal): Promise<void>
  hasNetwork(network: string, signal: AbortSignal): Promise<boolean>
  /** Not done where the client is gone, or is being changed by somebody else just now: whoever wants to know looks. */
  change(client: ExtClient, wanted: Wanted, call: Doing): Promise<void>
  /** Null, or why Netmaker does not take it, as where there is one of that name. */
  create(client: NewClient, call: Doing): Promise<ConnectorError | null>
  /** Netmaker says the same where there is none. */
  remove(client: Pick<ExtClient, 'clientid' | 'network'>, call: Doing): Promise<void>
  /** Its WireGuard configuration; null where the client is missing just now. */
  file(client: Pick<ExtClient, 'clientid' | 'network'>, call: Doing): Promise<string | null>
  /** The ids of the nodes of a network at which clients can be created. */
  gateways(network: string, signal: AbortSignal): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

interface Doing {
  readonly doing: string
  readonly signal: AbortSignal
}

interface Reading<T> {
  readonly beganMs: number
  readonly read: T
}

/** What was read so long ago is as good as new for what waited its turn. */
const recentMs = 250

export function netmakerAt(settings: NetmakerSettings, surroundings: Surroundings): Netmaker {
  const url = new URL(settings.url)
  const base = url.pathname.replace(/\/+$/, '')
  const { timeoutMs } = surroundings
  const secrets = Object.values(settings.headers)
  const http = httpClient(url.origin, { system, secrets, mostBytes, surroundings })

  interface Request {
    readonly doing: string
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
    readonly path: string
    readonly body?: string
    readonly signal: AbortSignal
  }

  /** An answer of any status, and the failure it is unless the caller knows better. */
  async function ask(request: Request, kind: { dropsSuccess?: true } = {}): Promise<Answer> {
    const token = await readSecret(settings.token, surroundings)
    const headers = () => ({
      ...settings.headers,
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    })
    const answer = await http.send({ ...request, path: `${base}${request.path}`, headers, ...kind })
    const isOk = answer.status >= 200 && answer.status < 300
    const said = isOk ? undefined : complaint.safeParse(parsedJson(answer.text)).data?.Message
    const why =
      said === undefined ? undefined : http.clean(said).replaceAll(token, '…').replace(wireGuardKey, '…')
    const failure = () => refusedBy({ system, doing: request.doing }, answer.status, { why })
    return { answer, isOk, said, failure }
  }

  /**
   * For a change, which Netmaker does whether or not it is waited for: it is, by whoever gave up too, so that nothing else
   * is changed beside it.
   */
  function untilDone(doing: string, signal: AbortSignal): AbortSignal {
    if (signal.aborted)
      throw new ConnectorError(`${system} could not ${doing}: no time was left`, {
        retryable: true,
        happened: 'no',
      })
    return AbortSignal.timeout(Math.max(timeoutMs, settings.late))
  }

  async function readClients(network: string): Promise<Clients> {
    const doing = `list the clients of the network ${network}`
    const path = `/api/extclients/${encodeURIComponent(network)}`
    const { answer, isOk, failure } = await ask({
      doing,
      method: 'GET',
      path,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!isOk) throw failure()
    const found = http.read(extClients, answer, doing) ?? []
    return new Map(found.filter((one) => one.network === network).map((one) => [one.clientid, one]))
  }

  async function readStatus(): Promise<Status> {
    const doing = 'tell its status'
    const signal = AbortSignal.timeout(timeoutMs)
    const { answer, isOk, failure } = await ask({ doing, method: 'GET', path: '/api/server/status', signal })
    if (!isOk) throw failure()
    const { version, is_broker_conn_open: hasBroker } = http.read(status, answer, doing)
    return { version, hasBroker }
  }

  const clientsOf = shared(readClients)
  const statusOf = shared(readStatus)

  return {
    clients: (network, signal) => clientsOf.fresh(network, signal),
    recentClients: (network, signal) => clientsOf.recent(network, signal),
    status: (signal) => statusOf.fresh('', signal),
    recentStatus: (signal) => statusOf.recent('', signal),

    async logIn(signal) {
      const request = { doing: 'be checked', method: 'GET', path: '/api/networks', signal } as const
      const { isOk, failure } = await ask(request, { dropsSuccess: true })
      if (!isOk) throw failure()
    },

    async hasNetwork(network, signal) {
      const path = `/api/networks/${encodeURIComponent(network)}`
      const request = { doing: `look up the network ${network}`, method: 'GET', path, signal } as const
      const { answer, isOk, failure } = await ask(request, { dropsSuccess: true })
      if (!isOk && answer.status !== 404) throw failure()
      return isOk
    },

    async change(client, { enabled, publickey = client.publickey }, { doing, signal }) {
      const { clientid, dns, extraallowedips, deniednodeacls, postup, postdown, tags } = client
      const body = JSON.stringify({
        clientid,
        publickey,
        dns,
        extraallowedips,
        deniednodeacls,
        postup,
        postdown,
        tags,
        enabled,
      })
      // A success holds the client's private key.
      const request = {
        doing,
        method: 'PUT',
        path: pathOf(client),
        body,
        signal: untilDone(doing, signal),
      } as const
      const { answer, isOk, said, failure } = await ask(request, { dropsSuccess: true })
      const isMissing = answer.status === 500 && said !== undefined && notThere.has(said)
      if (!isOk && !isMissing) throw failure()
    },

    async create({ clientid, network, gateway, publickey, tags }, { doing, signal }) {
      const path = `/api/extclients/${encodeURIComponent(network)}/${encodeURIComponent(gateway)}`
      const tagged = Object.fromEntries(tags.map((tag) => [tag, {}]))
      const body = JSON.stringify({ clientid, publickey, enabled: true, tags: tagged })
      const request = { doing, method: 'POST', path, body, signal: untilDone(doing, signal) } as const
      const { answer, isOk, failure } = await ask(request, { dropsSuccess: true })
      if (isOk) return null
      if (answer.status === 400) return failure()
      throw failure()
    },

    async remove(client, { doing, signal }) {
      const request = {
        doing,
        method: 'DELETE',
        path: pathOf(client),
        signal: untilDone(doing, signal),
      } as const
      const { answer, isOk, said, failure } = await ask(request, { dropsSuccess: true })
      const isMissing = answer.status === 500 && said !== undefined && notThere.has(said)
      if (!isOk && !isMissing) throw failure()
    },

    async file(client, { doing, signal }) {
      const request = { doing, method: 'GET', path: `${pathOf(client)}/file`, signal } as const
      const { answer, isOk, said, failure } = await ask(request)
      const isMissing = answer.status === 500 && said !== undefined && notThere.has(said)
      if (!isOk && !isMissing) throw failure()
      return isOk ? answer.text : null
    },

    async gateways(network, signal) {
      const doing = `list the nodes of the network ${network}`
      const path = `/api/nodes/${encodeURIComponent(network)}`
      const { answer, isOk, failure } = await ask({ doing, method: 'GET', path, signal })
      if (!isOk) throw failure()
      const found = http.read(nodes, answer, doing) ?? []
      return new Set(found.filter(({ isingressgateway }) => isingressgateway).map(({ id }) => id))
    },

    close: () => http.close(),
  }
}

interface Answer {
  readonly answer: HttpAnswer
  readonly isOk: boolean
  /** The message of an error. */
  readonly said: string | undefined
  readonly failure: () => ConnectorError
}

const pathOf = ({ network, clientid }: Pick<ExtClient, 'clientid' | 'network'>) =>
  `/api/extclients/${encodeURIComponent(network)}/${encodeURIComponent(clientid)}`

/** One reading at a time for each key, which answers all who asked before it began. */
function shared<T>(read: (key: string) => Promise<T>) {
  const last = new Map<string, Reading<T>>()
  const reads = new OnceMore<null>(async (key) => {
    const beganMs = performance.now()
    last.set(key, { beganMs, read: await read(key) })
  })
  async function fresh(key: string, signal: AbortSignal): Promise<T> {
    if (signal.aborted)
      throw new ConnectorError(`No time was left to ask ${system}`, { retryable: true, happened: 'no' })
    await within(reads.ask(key, null), signal)
    const reading = last.get(key)
    if (reading === undefined) throw new ConnectorError(`${system} was not read`, { retryable: true })
    return reading.read
  }
  async function recent(key: string, signal: AbortSignal): Promise<T> {
    const reading = last.get(key)
    const isRecent = reading !== undefined && performance.now() - reading.beganMs < recentMs
    return isRecent ? reading.read : fresh(key, signal)
  }
  return { fresh, recent }
}
