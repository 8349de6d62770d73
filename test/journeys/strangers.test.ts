import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkCatalog } from '../../src/catalog/check.ts'
import { kindsFor } from '../../src/kinds.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import type { Cast } from '../support/cast.ts'
import { aStage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReason, asks, eventually, onlyGrantOf, patient } from './acts.ts'
import { curfew } from './app-process.ts'

/** A stranger's connector, whose doings stand in a file. */
async function aStranger(habits: string, { whenConnected = '' } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-stranger-'))
  afterThis(() => rm(folder, { recursive: true }))
  const [path, said, licence] = ['radius.mjs', 'said', 'licence'].map((name) => join(folder, name))
  if (path === undefined || said === undefined || licence === undefined) throw new Error('no folder')
  await writeFile(said, '')
  await writeFile(
    path,
    `
import { appendFileSync, existsSync } from 'node:fs'
import { connect as dial } from 'node:net'
const licence = ${JSON.stringify(licence)}
const anything = { safeParse: (data) => ({ success: true, data }), parse: (data) => data }
const holders = new Set()
const say = (words) => appendFileSync(${JSON.stringify(said)}, words + '\\n')
export default {
  kind: 'radius',
  settings: anything,
  target: anything,
  canonical: ({ group }) => String(group),
  connect: () => {
    ${whenConnected}
    return {
      give: async ({ principal }) => { holders.add(principal); say('give ' + principal) },
      take: async ({ principal }) => { holders.delete(principal); say('take ' + principal) },
      has: async ({ principal }) => holders.has(principal),
      list: async () => ({ principals: [...holders], next: null }),
      check: async () => [],
      where: 'radius here', canonical: ({ group }) => String(group), hasLagMs: 0, lateMs: 0, close: async () => {},
      ${habits}
    }
  },
}`,
  )
  const catalog = (cast: Cast) =>
    ordersCatalog(cast).replace(
      '\nresources:',
      `  wifi:
    connector: ${path}
    principal: email.split("@")[0]
    timeout: 1s

resources:`,
    ) +
    `
  wifi:
    name: The network
    system: wifi
    channel: ${cast.orders.id}
    entitlements:
      staff:
        name: Join the network
        target: { group: staff }
        who: '"@contractors" in groups'
        duration: { default: 4s, max: 1h, choices: [4s] }
`
  const calls = async () => (await readFile(said, 'utf8')).split('\n').filter((line) => line !== '')
  return {
    env: { CATALOG_CONNECTORS: path },
    catalog,
    calls,
    isLicensed: () => writeFile(licence, ''),
    isNotLicensed: () => rm(licence),
  }
}

test('a stranger that cannot be connected keeps Curfew from nothing else, and is given on once it can', async () => {
  const stranger = await aStranger('', {
    whenConnected: `if (!existsSync(licence)) throw new Error('no licence')`,
  })
  const stage = await aStage({ catalog: stranger.catalog, env: stranger.env, started: false })
  const { riley, ada, orders, catalogPath } = stage
  const { kinds } = await kindsFor(stranger.env, catalogPath)
  const { problems } = await checkCatalog(catalogPath, { ...stage.environment, ...stranger.env }, kinds)
  expect(problems).toEqual([expect.stringMatching(/systems\.wifi: cannot be connected: no licence$/)])

  await stage.startApp()
  const reason = aReason()
  await asks(riley, 'wifi staff', reason)
  await ada.clicks('Approve 4 s', await ada.sees(reason, orders, patient))
  const waiting = await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => 'tries' in grant && grant.tries > 0,
    10_000,
  )
  expect({ status: waiting.status, calls: await stranger.calls() }).toEqual({ status: 'granting', calls: [] })

  await stranger.isLicensed()
  await riley.sees(/You have Join the network/, 'dm', patient)
  expect(await stranger.calls()).toEqual(['give riley'])
}, 90_000)

test('what is held there when it cannot be connected any more stays owed, and is taken back once it can', async () => {
  const stranger = await aStranger('', {
    whenConnected: `if (!existsSync(licence)) throw new Error('no licence')`,
  })
  await stranger.isLicensed()
  const stage = await aStage({ catalog: stranger.catalog, env: stranger.env })
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'wifi staff', reason)
  await ada.clicks('Approve 4 s', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Join the network/, 'dm', patient)
  await stage.stopApp()

  await stranger.isNotLicensed()
  await stage.startApp()
  const owed = await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => grant.status === 'revoking' && grant.tries > 0,
    15_000,
  )
  expect(JSON.stringify(owed)).toContain('wifi cannot be connected: ')
  await stranger.isLicensed()

  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  expect((await stranger.calls()).at(-1)).toBe('take riley')
}, 90_000)

test.each([
  ['in a timer', `setTimeout(() => { throw new Error('an idle connection broke') }, 50)`],
  ['by an event that nobody listens to', `dial({ host: '127.0.0.1', port: 1 })`],
  ['as a promise that nobody waits for', `void Promise.reject(new Error('an idle connection broke'))`],
])(
  'what a stranger throws %s ends nothing, and is logged with its name',
  async (_what, work) => {
    const stranger = await aStranger(`check: async () => { ${work}; return [] },`)
    const stage = await aStage({ catalog: stranger.catalog, env: stranger.env, started: false })
    const app = curfew(['start'], { ...stage.environment, ...stranger.env })
    await app.says('curfew is running')
    await app.says('a connector threw where nobody waits for it')
    const line = app.lines.find((one) => one.includes('where nobody waits for it'))
    expect(line).toContain(stranger.env.CATALOG_CONNECTORS)
    // Time enough to end, had it not been caught.
    const ended = await Promise.race([app.exited, sleep(1_000, 'is running')])
    expect(ended).toBe('is running')
    app.kill('SIGTERM')
    expect(await app.exited).toBe(0)
  },
  90_000,
)
