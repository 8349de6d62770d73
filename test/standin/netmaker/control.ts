import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { said, type Answer } from './api.ts'
import { aToken } from './login.ts'
import { aClient, freeAddresses, inNetwork, keyOf, type State } from './state.ts'

/*
 * What tests do to the stand-in, under /standin: the real server has none of this.
 */

const clientSchema = z.object({
  clientid: z.string(),
  enabled: z.boolean().default(false),
  dns: z.string().default(''),
  extraallowedips: z.array(z.string()).default([]),
  deniednodeacls: z.record(z.string(), z.looseObject({})).nullable().default(null),
  postup: z.string().default(''),
  postdown: z.string().default(''),
  tags: z.record(z.string(), z.looseObject({})).nullable().default(null),
})
const ruleSchema = z.object({
  name: z.string(),
  network: z.string(),
  sources: z.array(z.string()),
  destinations: z.array(z.string()),
})

const orderSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('network'), network: z.string(), isClosed: z.boolean().default(false) }),
  z.object({ do: z.literal('no-network'), network: z.string() }),
  z.object({ do: z.literal('clients'), network: z.string(), clients: z.array(clientSchema) }),
  z.object({ do: z.literal('no-clients'), names: z.array(z.string()) }),
  z.object({ do: z.literal('rule'), rule: ruleSchema }),
  z.object({ do: z.literal('user'), user: z.string(), isDisabled: z.boolean() }),
  z.object({ do: z.literal('token'), user: z.string(), forMs: z.number() }),
  z.object({ do: z.literal('broker'), isOpen: z.boolean() }),
  z.object({ do: z.literal('gap'), ms: z.number() }),
  z.object({ do: z.literal('hold') }),
  z.object({ do: z.literal('release') }),
  z.object({
    do: z.literal('inject'),
    method: z.string(),
    path: z.string().default('/'),
    after: z.number().default(0),
    status: z.number().default(0),
    body: z.string().default(''),
    raw: z.string().optional(),
    isDone: z.boolean().optional(),
    isLost: z.boolean().optional(),
  }),
  z.object({ do: z.literal('forget-calls') }),
  z.object({ do: z.literal('tell') }),
])

function aHold(): NonNullable<State['held']> {
  let end: () => void = () => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { over, end: () => end() }
}

const done: Answer = { status: 200, body: {} }

export function obey(state: State, body: unknown): Answer {
  const parsed = orderSchema.safeParse(body)
  if (!parsed.success) return said(400, parsed.error.message)
  const order = parsed.data
  switch (order.do) {
    case 'network':
      state.networks.set(order.network, randomUUID())
      if (order.isClosed) state.closedNetworks.add(order.network)
      return done
    case 'no-network':
      // Its gateway goes with it, and the clients of that.
      state.networks.delete(order.network)
      for (const client of inNetwork(state, order.network)) state.clients.delete(keyOf(client))
      return done
    case 'clients': {
      const { network, clients } = order
      const address = freeAddresses(state, network)
      const ingressgatewayid = state.networks.get(network) ?? ''
      const made = clients.map((given) =>
        aClient({ ...given, network, ingressgatewayid, address: address() }),
      )
      for (const client of made) state.clients.set(keyOf(client), client)
      return { status: 200, body: made }
    }
    case 'no-clients':
      for (const client of [...state.clients.values()])
        if (order.names.includes(client.clientid)) state.clients.delete(keyOf(client))
      return done
    case 'rule':
      state.rules.push(order.rule)
      return done
    case 'user':
      state.users.set(order.user, { isDisabled: order.isDisabled })
      return done
    case 'token':
      return { status: 200, body: { token: aToken(state, order.user, Date.now() + order.forMs) } }
    case 'broker':
      state.isBrokerOpen = order.isOpen
      return done
    case 'gap':
      state.gapMs = order.ms
      return done
    case 'hold':
      state.held ??= aHold()
      return done
    case 'release':
      state.held?.end()
      state.held = null
      return done
    case 'inject':
      state.injected.push(order)
      return done
    case 'forget-calls':
      state.calls.splice(0)
      state.tenants.clear()
      state.mostAtOnce = { network: 0, client: 0 }
      return done
    case 'tell':
      return {
        status: 200,
        body: {
          clients: [...state.clients.values()],
          rules: state.rules,
          calls: state.calls,
          tenants: [...state.tenants],
          mostAtOnce: state.mostAtOnce,
          gateways: [...state.gateways].map(([network, peers]) => ({ network, peers: [...peers] })),
          gatewayNodes: [...state.networks].map(([network, node]) => ({ network, node })),
        },
      }
  }
}
