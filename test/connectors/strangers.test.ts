import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkCatalog } from '../../src/catalog/check.ts'
import { ConfigError } from '../../src/config.ts'
import { loadStrangers, placesOf } from '../../src/connectors/strangers.ts'
import { unused } from '../../src/domain/connector.ts'
import { kindsFor } from '../../src/kinds.ts'

const connected = `{ ...verbs, where: 'radius here', hasLagMs: 0, lateMs: 0, close: async () => {} }`
/** A connector of a stranger's, without anything of ours. */
const radiusWith = ({
  connector = connected,
  canonical = 'String(group)',
  settings = 'anything',
  target = 'anything',
} = {}) => `
const anything = { safeParse: (data) => ({ success: true, data }), parse: (data) => data }
const refuses = (result) => ({ safeParse: () => result, parse: (data) => data })
const verbs = { give: async () => {}, take: async () => {}, has: async () => false, list: async () => ({ principals: [], next: null }), check: async () => [] }
const thrower = () => { throw new Error('no licence') }
export default {
  kind: 'radius',
  settings: ${settings},
  target: ${target},
  canonical: ({ group }) => ${canonical},
  connect: () => (${connector}),
}`
const radius = radiusWith()

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
      boss:
        name: Boss
        target: { group: boss }
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
  [
    'throws when it is asked for its parts',
    `export default { get kind() { throw new Error('not yet') } }`,
    /the connector \.\/access\/radius\.mjs cannot be loaded: not yet/,
  ],
  ['exports nothing', 'export const radius = 1', /is no connector/],
  ['lacks a part', radius.replace('canonical:', 'canonic:'), /is no connector/],
])('one that %s keeps Curfew from starting, and is named', async (_what, code, words) => {
  await writeFile(join(folder, 'access', 'radius.mjs'), code)
  const refusal = await refusalOf('./access/radius.mjs')
  expect(refusal).toBeInstanceOf(ConfigError)
  expect((refusal as Error).message).toMatch(words)
})

async function problemsOf(code: string): Promise<readonly string[]> {
  await writeFile(join(folder, 'access', 'radius.mjs'), code)
  return problemsWith('./access/radius.mjs', './access/radius.mjs')
}

test.each([
  ['closes without a promise', connected.replace('async () => {}', '() => {}')],
  ['throws when it is closed', connected.replace('async () => {}', 'thrower')],
  ['has nothing to close', connected.replace(', close: async () => {}', '')],
])('one that %s harms nothing', async (_what, connector) => {
  expect(await problemsOf(radiusWith({ connector }))).toEqual([])
})

test.each([
  ['cannot be connected', 'thrower()', /cannot be connected: no licence$/],
  [
    'does not say where it leads',
    connected.replace(`where: 'radius here', `, ''),
    /cannot be connected: `where` must be text$/,
  ],
  [
    'throws when it is asked where it leads',
    connected.replace(`where: 'radius here'`, 'get where() { return thrower() }'),
    /cannot be connected: `where` must be text$/,
  ],
  [
    'never says how late it tells of a change',
    connected.replace('hasLagMs: 0', 'hasLagMs: NaN'),
    /cannot be connected: `hasLagMs` must be a number from 0$/,
  ],
  [
    'is late by less than nothing',
    connected.replace('lateMs: 0', 'lateMs: -1'),
    /cannot be connected: `lateMs` must be a number from 0$/,
  ],
  [
    'is connected later',
    `Object.assign(Promise.reject(new Error('later')), ${connected})`,
    /cannot be connected: `connect` must return a connector, not a promise$/,
  ],
  ['is no connector', '{}', /cannot be connected: `connect` returned no connector$/],
])('one that %s is told as a problem of its system', async (_what, connector, words) => {
  const problems = await problemsOf(radiusWith({ connector }))
  expect(problems).toEqual([expect.stringMatching(words)])
  expect(problems[0]).toContain(' systems.wifi: ')
})

test('what a stranger throws when it is connected, and holds a secret, is not shown', async () => {
  const code = radiusWith({ connector: 'thrower()' }).replace('no licence', 'no licence for hunter2')
  await writeFile(join(folder, 'access', 'radius.mjs'), code)
  const path = await catalogWith('./access/radius.mjs')
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(
      'principal: email',
      'principal: email\n    token: ${RADIUS_TOKEN}',
    ),
  )
  const environment = {
    CATALOG_CONNECTORS: './access/radius.mjs',
    CATALOG_VARIABLES: 'RADIUS_TOKEN',
    RADIUS_TOKEN: 'hunter2',
  }
  const { kinds } = await kindsFor(environment, path)
  const { problems } = await checkCatalog(path, environment, kinds)
  expect(problems).toEqual([expect.stringMatching(/cannot be connected: the reason is not shown$/)])
})

test.each([
  ['an error without issues', `refuses({ success: false, error: new Error('no such group') })`],
  ['no issue at all', 'refuses({ success: false, error: { issues: [] } })'],
  ['an issue without a path and words', 'refuses({ success: false, error: { issues: [{}] } })'],
  [
    'an issue that lacks its keys',
    `refuses({ success: false, error: { issues: [{ code: 'unrecognized_keys', path: [], message: 'no' }] } })`,
  ],
  ['nothing', 'refuses(undefined)'],
  ['a promise', `refuses(Promise.resolve({ success: true, data: {} }))`],
])(
  'one whose schemas answer with %s is told as a problem of what is written there',
  async (_what, schema) => {
    const ofTarget = await problemsOf(radiusWith({ target: schema }))
    expect(ofTarget).toHaveLength(2)
    for (const problem of ofTarget) expect(problem).toMatch(/target: does not suit the radius connector$/)
    await writeFile(join(folder, 'access', 'other.mjs'), radiusWith({ settings: schema }))
    const ofSettings = await problemsWith('./access/other.mjs', './access/other.mjs')
    expect(ofSettings).toEqual([expect.stringMatching(/systems\.wifi: cannot be used by its connector$/)])
  },
)

test.each(['undefined', '({ group })', 'NaN', 'thrower()'])(
  'one that writes a target as %s is told as a problem of that target',
  async (canonical) => {
    const problems = await problemsOf(radiusWith({ canonical }))
    expect(problems).toHaveLength(2)
    for (const problem of problems) expect(problem).toMatch(/\.target: /)
  },
)

test('one that is loaded without an end is given up, and named', async () => {
  await writeFile(
    join(folder, 'access', 'radius.mjs'),
    'await new Promise((resolve) => setTimeout(resolve, 2_000))',
  )
  const places = placesOf(['./access/radius.mjs'], folder)
  await expect(loadStrangers(places, { patienceMs: 100 })).rejects.toThrow(
    'the connector ./access/radius.mjs cannot be loaded: it did not come to its end in 100 ms',
  )
})

test('a frozen connector of a class of its own is called as itself', async () => {
  const connector = `Object.freeze(new (class {
    #held = true
    where = 'radius here'
    hasLagMs = 0
    lateMs = 0
    handOver = Object.freeze({ what: 'password', brings: null, isFor() { return this.what === 'password' }, make: async () => [] })
    async give() {}
    async take() {}
    async has() { return this.#held }
    async list() { return { principals: [], next: null } }
    async check() { return [] }
    async close() {}
  })())`
  await writeFile(join(folder, 'access', 'radius.mjs'), radiusWith({ connector }))
  const kinds = await loadStrangers(placesOf(['./access/radius.mjs'], folder))
  const radius = kinds.get('./access/radius.mjs')?.connect({}, unused(1_000))
  const place = { principal: 'ada', target: {}, signal: AbortSignal.timeout(1_000) }
  expect(await radius?.has(place)).toBe(true)
  expect(radius?.handOver?.isFor({})).toBe(true)
})
