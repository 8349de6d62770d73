import mongoose from 'mongoose'
import { publicKeyOf } from '../connectors/netmaker-create-harness.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage } from '../support/curfew.ts'
import { startNetmakerStandIn } from '../support/netmaker.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReason, asks, patient, wrongWith } from './acts.ts'
import { curfew } from './app-process.ts'

/** A life in a network of Netmaker, by a client that is created for it. */

const catalogOf = (network: string, gateway: string) => `
  production-network:
    name: Production network
    system: vpn
    entitlements:
      connect:
        name: Connect to production
        target: { network: ${network}, gateway: ${gateway} }
        who: '"@contractors" in groups'
        duration: { default: 20s, max: 1h, choices: [20s] }
`
const system = `  vpn:
    connector: netmaker
    url: \${VPN_URL}
    token: \${VPN_TOKEN}
    principal: email
`

test('a configuration is shown to its holder, again another, and is dead when the time is up; its key is kept nowhere', async () => {
  const netmaker = await startNetmakerStandIn()
  afterThis(() => netmaker.stop())
  await netmaker.order({ do: 'network', network: 'prod' })
  const gateway = (await netmaker.tell()).gatewayNodes[0]?.node ?? ''
  const stage = await aStage({
    catalog: (cast) =>
      ordersCatalog(cast).replace('\nresources:', `${system}\nresources:`) + catalogOf('prod', gateway),
    env: {
      VPN_URL: netmaker.url,
      VPN_TOKEN: await netmaker.aToken('curfew'),
      CATALOG_VARIABLES: 'ORDERS_*, VPN_*',
    },
    started: false,
  })
  const { riley, ada, access, workspace, environment } = stage
  const app = curfew(['start'], { ...environment, LOG_LEVEL: 'debug' })
  await app.says('curfew is running')
  /** Riley's client, as Netmaker has it. */
  const client = async () => (await netmaker.tell()).clients.find(({ network }) => network === 'prod')
  const opens = async (key: string) => {
    const found = await client()
    return found !== undefined && found.enabled && found.publickey === publicKeyOf(key)
  }
  const looks = async () => {
    const dm = await riley.sees(/You have Connect to production/, 'dm', patient)
    await riley.clicks('Show the configuration', dm)
    const { text } = await riley.modal('[Interface]', patient)
    const [, key = ''] = /PrivateKey = (\S+)/.exec(text) ?? []
    await riley.closesModal()
    return { text, key }
  }

  const reason = aReason()
  await asks(riley, 'production-network connect', reason)
  await ada.clicks('Approve 20 s', await ada.sees(reason, access, patient))
  const first = await looks()
  const wasOpen = await opens(first.key)
  const second = await looks()
  const between = [await opens(first.key), await opens(second.key)]
  await riley.sees(/checked, it is gone/, 'dm', { withinMs: 40_000 })
  const isLeft = (await client()) !== undefined
  const stored = await everythingIn(environment['MONGODB_URI'] ?? '')
  app.kill('SIGTERM')
  await app.exited

  expect(first.text).toContain('save it as prod.conf')
  expect([wasOpen, ...between, isLeft]).toEqual([true, false, true, false])
  expect(stored).toContain('riley@contractor.example')
  const everything = [stored, ...app.lines].join('\n')
  for (const { key } of [first, second]) {
    const bytes = Buffer.from(key, 'base64')
    for (const form of [key, key.slice(0, 20), bytes.toString('base64url'), bytes.toString('hex')])
      expect(everything.includes(form)).toBe(false)
  }
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)

/** Every document of a database, in text. */
async function everythingIn(uri: string): Promise<string> {
  const connection = await mongoose.createConnection(uri).asPromise()
  try {
    const found: string[] = []
    for (const { name } of await connection.listCollections())
      for await (const document of connection.collection(name).find()) found.push(JSON.stringify(document))
    return found.join('\n')
  } finally {
    await connection.close()
  }
}
