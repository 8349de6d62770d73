import { z } from 'zod'
import { insert, replace, replaceLater, updateSchema } from './change.ts'
import { aToken } from './login.ts'
import {
  byName,
  dropFromRules,
  gatewayDns,
  gatewayKey,
  inNetwork,
  keyOf,
  publish,
  type ExtClient,
  type State,
} from './state.ts'

export interface Answer {
  readonly status: number
  /** An object is JSON; a text is plain text. */
  readonly body: unknown
}

export interface Call {
  readonly state: State
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly body: unknown
  /** Whose token was sent. */
  readonly user: string
}

interface Route {
  readonly method: string
  /** `:` stands for any one part. */
  readonly path: string
  readonly isOpen?: true
  answer(call: Call): Answer | Promise<Answer>
}

export const said = (status: number, message: string): Answer => ({
  status,
  body: { Code: status, Message: message, Response: null },
})
const ok = (body: unknown): Answer => ({ status: 200, body })
const namePattern = /^[A-Za-z0-9-]{5,32}$/

const createSchema = z.object({
  clientid: z.string().optional(),
  publickey: z.string().optional(),
  dns: z.string().default(''),
  extraallowedips: z.array(z.string()).nullish(),
  postup: z.string().default(''),
  postdown: z.string().default(''),
  tags: z.record(z.string(), z.looseObject({})).nullish(),
})
const bulkSchema = z.object({ ids: z.array(z.string()), enabled: z.boolean() })
const tokenSchema = z.object({
  name: z.string(),
  user_name: z.string(),
  expires_at: z.coerce.date().default(new Date(0)),
})

/** The gateway's DNS where the client has none of its own: only where one client is asked for. */
const shownAlone = (client: ExtClient) => ({ ...client, dns: client.dns || gatewayDns })

const fileOf = ({ address, privatekey, dns, postup, postdown, ingressgatewayendpoint }: ExtClient) => {
  const hooks = (name: string, lines: string) =>
    lines === ''
      ? ''
      : lines
          .split('\n')
          .map((line) => `${name} = ${line}\n`)
          .join('')
  return `[Interface]
Address = ${address}/32
PrivateKey = ${privatekey}
MTU = 1420
DNS = ${dns || gatewayDns}
${hooks('PostUp', postup)}
${hooks('PostDown', postdown)}

[Peer]
PublicKey = ${gatewayKey}
AllowedIPs = 10.101.0.0/16
Endpoint = ${ingressgatewayendpoint}
PersistentKeepalive = 20

`
}

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/server/status',
    isOpen: true,
    answer: ({ state }) =>
      ok({ version: 'v1.5.1', is_pro: false, is_broker_conn_open: state.isBrokerOpen, db_connected: true }),
  },
  {
    method: 'GET',
    path: '/api/networks',
    answer: ({ state }) => ok([...state.networks.keys()].map((netid) => ({ netid }))),
  },
  {
    method: 'GET',
    path: '/api/networks/:',
    answer: ({ state, parts: [network = ''] }) =>
      state.networks.has(network) ? ok({ netid: network }) : said(404, 'no result found'),
  },
  {
    method: 'GET',
    path: '/api/nodes/:',
    answer({ state, parts: [network = ''] }) {
      const id = state.networks.get(network)
      if (id === undefined) return ok([])
      // Beside the gateway there is a node that is none.
      const other = { id: `${id.slice(0, -4)}0000`, network, isingressgateway: false, is_gw: false }
      return ok([other, { id, network, isingressgateway: true, is_gw: true }])
    },
  },
  {
    method: 'GET',
    path: '/api/extclients/:',
    answer({ state, parts: [network = ''] }) {
      const found = inNetwork(state, network).map((client) => ({ ...client, privatekey: '' }))
      return ok(found.length === 0 ? null : found)
    },
  },
  {
    method: 'GET',
    path: '/api/extclients/:/:',
    answer({ state, parts: [network = '', name = ''] }) {
      const client = state.clients.get(keyOf({ clientid: name, network }))
      return client ? ok(shownAlone(client)) : said(500, 'no result found')
    },
  },
  {
    method: 'GET',
    path: '/api/extclients/:/:/file',
    answer({ state, parts: [network = '', name = ''] }) {
      const client = state.clients.get(keyOf({ clientid: name, network }))
      return client ? { status: 200, body: fileOf(client) } : said(500, 'no result found')
    },
  },
  {
    method: 'POST',
    path: '/api/extclients/:/:',
    async answer({ state, parts: [, node = ''], body, user }) {
      const asked = createSchema.safeParse(body)
      if (!asked.success) return said(400, 'invalid body')
      // The network in the address is not looked at.
      const [network] = [...state.networks].find(([, gateway]) => gateway === node) ?? []
      if (network === undefined) return said(400, 'ingress does not exist')
      const { clientid, publickey, extraallowedips = null, tags = null, ...rest } = asked.data
      if (clientid !== undefined && !namePattern.test(clientid))
        return said(400, 'client name must be alphanumderic and/or dashes and less that 15 chars')
      if (clientid !== undefined && byName(state, clientid)) return said(400, 'duplicate client name')
      if (publickey !== undefined && Buffer.from(publickey, 'base64').length !== 32)
        return said(400, 'incorrect wireguard public key')
      const client = await insert(state, {
        ...rest,
        network,
        ingressgatewayid: node,
        ownerid: user,
        extraallowedips: extraallowedips ?? [],
        tags,
        // Whatever was asked for.
        enabled: !state.closedNetworks.has(network),
        ...(clientid === undefined ? {} : { clientid }),
        ...(publickey === undefined ? {} : { publickey, privatekey: '[ENTER PRIVATE KEY]' }),
      })
      return ok(client)
    },
  },
  {
    method: 'PUT',
    path: '/api/extclients/:/:',
    async answer({ state, parts: [network = '', name = ''], body }) {
      if (!state.networks.has(network)) return said(400, 'network not found')
      const update = updateSchema.safeParse(body)
      if (!update.success) return said(400, 'invalid body')
      // Whichever network it is in.
      const old = byName(state, name)
      if (!old) return said(500, 'client not found')
      const { clientid } = update.data
      if (clientid !== '' && clientid !== name && (!namePattern.test(clientid) || byName(state, clientid)))
        return said(400, 'bad or duplicate client name')
      const changed = await replace(state, old, update.data)
      return typeof changed === 'string' ? said(500, changed) : ok(changed)
    },
  },
  {
    method: 'PUT',
    path: '/api/v1/extclients/:/bulk/status',
    answer({ state, parts: [network = ''], body }) {
      if (!state.networks.has(network)) return said(400, 'network not found')
      const asked = bulkSchema.safeParse(body)
      if (!asked.success || asked.data.ids.length === 0) return said(400, 'no ids provided')
      replaceLater(state, asked.data.ids, asked.data.enabled)
      return { status: 202, body: { Code: 202, Message: 'bulk status update accepted', Response: null } }
    },
  },
  {
    method: 'DELETE',
    path: '/api/extclients/:/:',
    answer({ state, parts: [network = '', name = ''] }) {
      const client = state.clients.get(keyOf({ clientid: name, network }))
      if (client) {
        state.clients.delete(keyOf(client))
        dropFromRules(state, client)
        publish(state, client, 10)
      }
      return said(200, `${name} deleted.`)
    },
  },
  {
    method: 'POST',
    path: '/api/v1/users/access_token',
    answer({ state, body }) {
      const asked = tokenSchema.safeParse(body)
      if (!asked.success) return said(400, 'invalid body')
      if (!state.users.has(asked.data.user_name)) return said(401, 'record not found')
      const token = aToken(state, asked.data.user_name, asked.data.expires_at.getTime())
      return ok({ Code: 200, Message: 'api access token has generated', Response: { AuthToken: token } })
    },
  },
  {
    method: 'GET',
    path: '/api/v1/users/access_token',
    answer({ state, query }) {
      const found = [...state.tokens.values()].filter(({ user }) => user === query.get('username'))
      return ok({
        Code: 200,
        Message: 'fetched',
        Response: found.map(({ id, user }) => ({ id, user_name: user })),
      })
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/users/access_token',
    answer({ state, query }) {
      for (const token of state.tokens.values()) if (token.id === query.get('id')) token.isRevoked = true
      return said(200, 'revoked access token')
    },
  },
]
