import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { parse } from 'yaml'
import { z } from 'zod'
import { mongoDeviceDeliveries } from '../../src/mongo/device-deliveries.ts'
import { deviceMappings } from '../../src/catalog/mapped-devices.ts'
import { mongoScim } from '../../src/mongo/scim/store.ts'
import { mongoScimTokens } from '../../src/mongo/scim/tokens.ts'
import { metricsRoutes } from '../../src/web/metrics.ts'
import { roomsOf } from '../../src/web/open.ts'
import { slackPath } from '../../src/web/server.ts'
import { scimAccessTo } from '../journeys/a-company.ts'
import { publicUrl } from '../journeys/a-phone.ts'
import { curfew } from '../journeys/app-process.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage } from '../support/curfew.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { hasSchemathesis, schemathesisOn } from '../support/schemathesis.ts'
import { aSlackSide } from '../support/slack-side.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** `docs/openapi.yaml` says what is served: all of it, and nothing else. */

const page = 'docs/openapi.yaml'
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const { paths } = z
  .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .parse(parse(readFileSync(page, 'utf8'), { maxAliasCount: 1_000 }))

async function servedPaths(): Promise<string[]> {
  const database = await aDatabase()
  afterThis(() => database.drop())
  const { connection } = database
  const rooms = roomsOf({
    world: aSlackSide().world,
    publicUrl,
    clientOf: null,
    probes: {},
    scim: {
      store: mongoScim(connection, noLog),
      tokens: mongoScimTokens(connection, noLog),
      changed: () => undefined,
    },
    devices: {
      deliveries: mongoDeviceDeliveries(connection),
      readerOf: deviceMappings(),
      nudge: null,
    },
    metrics: metricsRoutes({ contentType: 'text/plain', text: async () => '' }, 'a-token-of-the-scraper'),
  })
  const app = new Hono()
  for (const [path, room] of Object.entries(rooms)) app.route(path, room)
  const routes = app.routes.flatMap(({ method, path }) =>
    // What answers every method refuses it, or comes before what is looked for.
    method === 'ALL' ? [] : [`${method} ${path.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}')}`],
  )
  return [...new Set([...routes, `POST ${slackPath}`])].sort()
}

test('every route that is served stands on the page, and nothing that is not', async () => {
  const written = Object.entries(paths).flatMap(([path, of]) =>
    methods.flatMap((method) => (method in of ? [`${method.toUpperCase()} ${path}`] : [])),
  )
  expect(written.sort()).toEqual(await servedPaths())
})

const withSchemathesis = hasSchemathesis() ? test : test.skip

withSchemathesis(
  'whatever is asked of the app by the page, and beside it, is answered as the page says, and never with a fault of ours',
  async () => {
    const stage = await aStage({
      transport: 'http',
      started: false,
      catalog: (cast) => ordersCatalog(cast).replace('\ndefaults:', `${sources}\ndefaults:`),
      confirming: { keys: [aKey('k1')], publicUrl },
    })
    const app = curfew(['start'], {
      ...stage.environment,
      PUBLIC_URL: publicUrl,
      METRICS_TOKEN: 'a-token-of-the-scraper',
    })
    await app.says('curfew is running', 60_000)
    const { token } = await scimAccessTo(stage, 'okta')
    const url = `http://127.0.0.1:${stage.environment['PORT']}`
    const asking = { page, url }
    // As a browser on our own page, and nobody's directory; then as a directory.
    const anybody = await schemathesisOn({
      ...asking,
      paths: '^/(?!scim)',
      headers: { Origin: publicUrl },
      examples: 12,
    })
    const directory = await schemathesisOn({
      ...asking,
      paths: '^/scim',
      headers: { Authorization: `Bearer ${token}` },
      examples: 25,
    })

    expect([anybody.code, anybody.code === 0 ? '' : anybody.said]).toEqual([0, ''])
    expect([directory.code, directory.code === 0 ? '' : directory.said]).toEqual([0, ''])
    expect(anybody.requests).toBeGreaterThan(500)
    expect(directory.requests).toBeGreaterThan(500)
    expect(app.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  },
  240_000,
)

const sources = `
devices:
  sources:
    mdm: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }
    laptops: { kind: report }
`
