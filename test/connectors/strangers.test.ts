import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkCatalog } from '../../src/catalog/check.ts'
import { ConfigError } from '../../src/config.ts'
import { kindsFor } from '../../src/kinds.ts'

/** A connector of a stranger's, without anything of ours. */
const radius = `
const anything = { safeParse: (data) => ({ success: true, data }), parse: (data) => data }
export default {
  kind: 'radius',
  settings: anything,
  target: anything,
  canonical: ({ group }) => String(group),
  connect: () => ({ where: 'radius here', hasLagMs: 0, lateMs: 0, close: async () => {} }),
}`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-strangers-'))
  await mkdir(join(folder, 'access'))
  await writeFile(join(folder, 'access', 'radius.mjs'), radius)
  const installed = join(folder, 'node_modules', '@acme', 'curfew-radius')
  await mkdir(installed, { recursive: true })
  await writeFile(join(installed, 'index.js'), radius)
  await writeFile(
    join(installed, 'package.json'),
    JSON.stringify({ name: '@acme/curfew-radius', type: 'module', exports: './index.js' }),
  )
})
afterEach(() => rm(folder, { recursive: true }))

const catalogWith = async (connector: string): Promise<string> => {
  const path = join(folder, 'catalog.yml')
  await writeFile(
    path,
    `version: 1
systems:
  wifi:
    connector: '${connector}'
    principal: email
resources:
  wifi:
    name: The network
    system: wifi
    channel: C012345
    entitlements:
      staff:
        name: Staff
        target: { group: staff }
        who: '"@staff" in groups'
        approvers: { people: [ada@example.com] }
        admins: [ada@example.com]
`,
  )
  return path
}
async function problemsWith(connector: string, listed: string): Promise<readonly string[]> {
  const path = await catalogWith(connector)
  const environment = { CATALOG_CONNECTORS: listed }
  const { kinds } = await kindsFor(environment, path)
  return (await checkCatalog(path, environment, kinds)).problems
}
const refusalOf = async (listed: string): Promise<unknown> =>
  kindsFor({ CATALOG_CONNECTORS: listed }, await catalogWith('mongodb')).then(
    () => 'it was loaded',
    (error: unknown) => error,
  )

test.each(['./access/radius.mjs', '@acme/curfew-radius'])(
  'a catalog may name %s once it is listed',
  async (name) => {
    expect(await problemsWith(name, `${name}, ./access/radius.mjs`)).toEqual([])
  },
)

test('what is not listed is no connector, though the file is there', async () => {
  const [problem] = await problemsWith('./access/radius.mjs', '')
  expect(problem).toMatch(/"\.\/access\/radius\.mjs" is not a connector/)
})

test("a stranger's connector takes the place of none of ours", async () => {
  const { kinds } = await kindsFor(
    { CATALOG_CONNECTORS: './access/radius.mjs' },
    await catalogWith('mongodb'),
  )
  const { kinds: ours } = await kindsFor({}, 'catalog.yml')
  for (const [name, kind] of ours) expect(kinds.get(name)).toBe(kind)
})

test.each([
  ['nowhere to be found', './access/none.mjs', /the connector \.\/access\/none\.mjs cannot be loaded/],
  ['a package that is not installed', '@acme/none', /@acme\/none is not installed where the catalog is/],
])('%s keeps Curfew from starting, and is named', async (_what, name, words) => {
  const refusal = await refusalOf(name)
  expect(refusal).toBeInstanceOf(ConfigError)
  expect((refusal as Error).message).toMatch(words)
})

test.each([
  ['throws while it is loaded', 'throw new Error("no licence")', /cannot be loaded: no licence/],
  ['exports nothing', 'export const radius = 1', /is no connector/],
  ['lacks a part', radius.replace('canonical:', 'canonic:'), /is no connector/],
])('one that %s keeps Curfew from starting, and is named', async (_what, code, words) => {
  await writeFile(join(folder, 'access', 'radius.mjs'), code)
  const refusal = await refusalOf('./access/radius.mjs')
  expect(refusal).toBeInstanceOf(ConfigError)
  expect((refusal as Error).message).toMatch(words)
})
