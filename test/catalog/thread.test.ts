import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { openCatalog, type OpenCatalog, type OpenOptions } from '../../src/catalog/watch.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'
import type { Attributes, Catalog } from '../../src/domain/catalog.ts'
import { manyResources } from './reading.ts'

const env = {
  CATALOG_VARIABLES: 'MONGO,HOOK',
  MONGO: 'mongodb://u:s3cret@here.example/',
  HOOK: 'whsec_' + 'A'.repeat(43) + '=',
}
const options = { env, kinds: connectorKinds }
const onMongoDb = (text: string) =>
  text.replace('connector: demo', 'connector: mongodb').replace('DEMO_URL', 'MONGO')

let folder: string
let file: string
let watching: OpenCatalog | null = null
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thread-'))
  file = join(folder, 'catalog.yml')
  await writeFile(file, onMongoDb(manyResources(1)))
})
afterEach(async () => {
  await watching?.close()
  watching = null
  await rm(folder, { recursive: true })
})

const entry = new URL('../../src/catalog-worker.ts', import.meta.url)

/** Watches, and says what comes of writing this over it. */
async function aWatch(
  more: Partial<OpenOptions> = {},
): Promise<(text: string) => Promise<Catalog | readonly string[]>> {
  let hear: (reloaded: Catalog | readonly string[]) => void = () => undefined
  watching = await openCatalog({
    ...options,
    path: file,
    thread: entry,
    settleMs: 30,
    pollMs: 60_000,
    ...more,
  })
  await watching.follow({
    onReload: (next) => hear(next),
    onBroken: (problems) => hear(problems),
  })
  return async (text) => {
    const heard = new Promise<Catalog | readonly string[]>((resolve) => (hear = resolve))
    await writeFile(file, text)
    return heard
  }
}

const isCatalog = (reloaded: Catalog | readonly string[]): reloaded is Catalog => 'resources' in reloaded

function good(reloaded: Catalog | readonly string[]): Catalog {
  if (!isCatalog(reloaded)) throw new Error(reloaded.join('\n'))
  return reloaded
}

function readHere(text: string): Catalog {
  const reading = parseCatalog([{ file, text }], options)
  if (!reading.ok) throw new Error(reading.problems.map(({ message }) => message).join('\n'))
  return reading.catalog
}

const RICH = `version: 1
managers: { riley@acme.example: ada@acme.example }
systems:
  cluster: { connector: mongodb, url: "\${MONGO}", principal: 'email.split("@")[0]' }
  hook:
    connector: webhook
    url: https://hook.example/
    secret: \${HOOK}
    headers: { x-team: access }
    timeout: 4s
    principal: { Riley@acme.example: riley }
resources:
  orders-db:
    name: Orders database
    owner: ada@acme.example
    system: cluster
    channel: C0123ACCESS
    admins: [ada@acme.example]
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '"@engineering" in groups'
        onBehalf: 'guest == false'
        review:
          stages:
            - approvers: { who: 'email.endsWith("@acme.example")' }
              quiet: { who: guest }
              otherwise: { people: [sam@acme.example], who: 'zone == "Europe/Berlin"' }
              escalate: { after: 1h, to: { who: 'reason.contains("INC")' } }
            - approvers: { people: [kim@acme.example], manager: true }
        auto:
          - { because: on duty, when: '"@duty" in groups', quota: { uses: 2, per: 1d }, notAfter: "2030-01-01" }
        windows: { only: [{ days: [Mon], from: "09:00", to: "17:00", zone: Europe/Berlin }] }
  page:
    name: Pages
    system: hook
    channel: C0123ACCESS
    admins: [ada@acme.example]
    entitlements:
      edit: { name: Edit, target: { page: one }, mode: standing, who: 'email == "riley@acme.example"' }
`

const riley: Attributes = {
  email: 'riley@acme.example',
  slackUserId: 'URILEY',
  groups: new Set(['@engineering']),
  guest: false,
  zone: 'Europe/Berlin',
  durationMs: 60_000,
  reason: 'INC-1',
  now: new Date(0),
  resource: 'orders-db',
  entitlement: 'read',
}

/** The catalog with what each condition answers and each name, instead of the functions. */
const told = ({ loadedAt: _, ...catalog }: Catalog): unknown =>
  JSON.parse(
    JSON.stringify(catalog, (_key, value: unknown) => {
      if (typeof value === 'function') return (value as (attributes: Attributes) => unknown)(riley)
      return value instanceof Map ? [...value] : value
    }),
  )

test('what a thread has read says, answers and names the same as what is read here', async () => {
  const reload = await aWatch()
  const reloaded = good(await reload(RICH))
  expect(told(reloaded)).toEqual(told(readHere(RICH)))
})

test('mistakes and their places are told as they are here, and no secret with them', async () => {
  const reload = await aWatch()
  const complaints = await reload(
    RICH.replace('C0123ACCESS', 'nowhere').replace('${MONGO}', '${MONGO}?nonsense=1'),
  )
  expect(complaints).toEqual([
    expect.stringMatching(/catalog\.yml:4:39 systems\.cluster\.url: /),
    expect.stringMatching(/catalog\.yml:17:14 resources\.orders-db\.channel: "nowhere" is not/),
  ])
  expect(JSON.stringify(complaints)).not.toContain('s3cret')
})

test('a system whose settings stay the same keeps its connections, wherever it is read', async () => {
  const reload = await aWatch()
  const before = watching?.current().systems.get('cluster')?.settingsFingerprint
  const after = good(await reload(onMongoDb(manyResources(2)))).systems.get('cluster')?.settingsFingerprint
  expect(after).toBe(before)
})

/** The longest that nothing else could run meanwhile. */
async function stallOf(act: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  await act()
  delay.disable()
  return delay.max / 1e6
}

test('whoever takes access back does not wait while 5,000 resources are read', async () => {
  const reload = await aWatch()
  // As idle as this thread can be on this machine while another of its threads is busy for as long.
  const busyThread = 'for (const end = Date.now() + 3000; Date.now() < end; );'
  const idleMs = await stallOf(() => once(new Worker(busyThread, { eval: true, execArgv: [] }), 'exit'))
  // What we do stalls each time; what else this machine does, now and then.
  const stalls: number[] = []
  for (const count of [5000, 5001, 5002]) {
    const text = onMongoDb(manyResources(count))
    const reloading = async () => expect(good(await reload(text)).resources.size).toBe(count)
    stalls.push(await stallOf(reloading))
  }
  console.info(
    `stalled for ${stalls.map(Math.round).join(', ')} ms at most, for ${idleMs.toFixed(0)} when idle`,
  )
  expect(Math.min(...stalls)).toBeLessThanOrEqual(Math.max(100, 3 * idleMs))
}, 90_000)

test('closing ends a reading that is under way, and nothing is said of it', async () => {
  const reload = await aWatch()
  const reloading = reload(onMongoDb(manyResources(5000)))
  await new Promise((resolve) => setTimeout(resolve, 500))
  const began = performance.now()
  await watching?.close()
  expect(performance.now() - began).toBeLessThan(1000)
  expect(await Promise.race([reloading, Promise.resolve('nothing was said')])).toBe('nothing was said')
})

test('a thread that never answers is given up and said so, and the next change is read', async () => {
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  const hangsAt = join(folder, 'hangs.ts')
  await writeFile(
    hangsAt,
    `import { workerData } from 'node:worker_threads'
     if (JSON.stringify(workerData.texts).includes('for ever')) setInterval(() => undefined, 1_000)
     else await import('${entry.href}')`,
  )
  const patienceMs = 20_000
  const reload = await aWatch({ thread: pathToFileURL(hangsAt), patienceMs })
  const said = 'the catalog could not be reloaded: that took longer than 20 s; it is tried again'
  expect(await reload(onMongoDb(`${manyResources(1)}# for ever\n`))).toEqual([said])
  expect(watching?.fault()).toBe(said)
  expect(good(await reload(onMongoDb(manyResources(2)))).resources.size).toBe(2)
  expect(watching?.fault()).toBeNull()
}, 180_000)

test('while a thread that was given up cannot be ended, no other is begun', async () => {
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  const [hangsAt, begunAt] = [join(folder, 'hangs.ts'), join(folder, 'begun')]
  const blockedMs = 8_000
  // A call of the system's that blocks: nothing in the thread runs, and so it cannot be ended either.
  await writeFile(
    hangsAt,
    `import { execFileSync } from 'node:child_process'
     import { appendFileSync, existsSync } from 'node:fs'
     const isFirst = !existsSync('${begunAt}')
     appendFileSync('${begunAt}', Date.now() + '\\n')
     if (isFirst) execFileSync('sleep', ['${blockedMs / 1_000}'])`,
  )
  const reload = await aWatch({ thread: pathToFileURL(hangsAt), patienceMs: 1_000, pollMs: 100 })
  await reload(onMongoDb(manyResources(2)))
  let begun: number[] = []
  while (begun.length < 2) {
    await sleep(100)
    begun = (await readFile(begunAt, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)
  }
  const [first = 0, second = 0] = begun
  expect(second - first).toBeGreaterThanOrEqual(blockedMs)
}, 120_000)
