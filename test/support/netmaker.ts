import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'
import { freePort } from './free-port.ts'
import { freeze } from './freeze.ts'
import { keepServer } from './kept-server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'test/standin/netmaker/main.ts')
const typescript = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href

const toldClient = z.looseObject({
  clientid: z.string(),
  network: z.string(),
  enabled: z.boolean(),
  privatekey: z.string(),
  publickey: z.string(),
  address: z.string(),
  dns: z.string(),
  postup: z.string(),
  tags: z.record(z.string(), z.unknown()).nullable(),
  ingressgatewayid: z.string(),
  ownerid: z.string(),
})
export type ToldClient = z.infer<typeof toldClient>

const told = z.object({
  clients: z.array(toldClient),
  rules: z.array(
    z.object({
      name: z.string(),
      network: z.string(),
      sources: z.array(z.string()),
      destinations: z.array(z.string()),
    }),
  ),
  calls: z.array(z.string()),
  tenants: z.array(z.string()),
  mostAtOnce: z.object({ network: z.number(), client: z.number() }),
  gateways: z.array(z.object({ network: z.string(), peers: z.array(z.string()) })),
  gatewayNodes: z.array(z.object({ network: z.string(), node: z.string() })),
})
export type Told = z.infer<typeof told>

/** What a stand-in for Netmaker lets tests do to it: test/standin/netmaker. */
export interface NetmakerStandIn {
  readonly port: number
  readonly url: string
  /** Tells it what to do: `control.ts`. */
  order(order: { do: string } & Record<string, unknown>): Promise<unknown>
  tell(): Promise<Told>
  client(name: string): Promise<ToldClient | undefined>
  /** A token of a user that is made with it. */
  aToken(user: string, forMs?: number): Promise<string>
  clients(network: string, clients: readonly object[]): Promise<ToldClient[]>
  freeze(): Promise<() => void>
  stop(): Promise<void>
}

export async function startNetmakerStandIn(): Promise<NetmakerStandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-netmaker-'))
  const port = await freePort()
  const { pid, stop } = await keepServer({
    command: [process.execPath, '--import', typescript, program],
    folder,
    isReady: (line) => line === 'the stand-in listens',
    env: { PATH: process.env['PATH'], PORT: String(port) },
  })
  const url = `http://127.0.0.1:${port}`
  const order = async (what: object): Promise<unknown> => {
    const response = await fetch(`${url}/standin`, { method: 'POST', body: JSON.stringify(what) })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`the stand-in refused: ${JSON.stringify(answer)}`)
    return answer
  }
  const tell = async () => told.parse(await order({ do: 'tell' }))
  return {
    port,
    url,
    order,
    tell,
    client: async (name) => (await tell()).clients.find(({ clientid }) => clientid === name),
    aToken: async (user, forMs = 3_600_000) => {
      await order({ do: 'user', user, isDisabled: false })
      return z.object({ token: z.string() }).parse(await order({ do: 'token', user, forMs })).token
    },
    clients: async (network, clients) =>
      z.array(toldClient).parse(await order({ do: 'clients', network, clients })),
    freeze: () => freeze(pid),
    stop,
  }
}
