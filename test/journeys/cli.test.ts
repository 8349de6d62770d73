import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aStage, type Stage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { startMongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aKey } from '../support/ring.ts'
import { publicUrl } from './a-phone.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, patient, wrongWith } from './acts.ts'
import { curfew } from './app-process.ts'

const slow = { withinMs: 30_000 }

/** What it said, if it ended as a failure should: by itself, with 1, and without a stack. */
async function complaint(words: readonly string[], environment: Record<string, string>): Promise<string> {
  const { exited, lines } = curfew(words, environment)
  expect(await exited).toBe(1)
  const said = lines.filter((line) => !line.startsWith('{')).join('\n')
  expect(lines.join('\n')).not.toMatch(/^\s+at .*:\d+/m)
  return said
}

const aStageToStart = (): Promise<Stage> => aStage({ started: false })

test('without its environment it does not start, and names what is missing', async () => {
  const slack = { SLACK_BOT_TOKEN: 'xoxb-1' }
  const rest = { ...slack, MONGODB_URI: 'mongodb://127.0.0.1:1', CATALOG: '/nowhere' }

  const [first, second] = await Promise.all([
    complaint(['start'], { SLACK_BOT_TOKEN: 'xoxp-not-a-bot', CATALOG: '' }),
    complaint(['start'], rest),
  ])

  expect(first.split('\n').slice(0, 5)).toEqual([
    'The environment is not complete:',
    '  SLACK_BOT_TOKEN must be a bot token, xoxb-…',
    '  MONGODB_URI is not set',
    '  CATALOG is not set',
    '  SLACK_APP_TOKEN is needed for Socket Mode (or SLACK_SIGNING_SECRET and PORT for HTTP)',
  ])
  expect(first).not.toContain('xoxp-not-a-bot')
  expect(second).toMatch(/SLACK_APP_TOKEN is needed for Socket Mode/)
}, 60_000)

test('with a broken catalog it does not start, and says in which line and key; so does `curfew check`', async () => {
  const { environment, writeCatalog, catalogPath } = await aStageToStart()
  await writeCatalog(
    'version: 1\nsystems: {}\nresources:\n  orders:\n    name: Orders\n    entitlements: {}\n',
  )

  const [started, checked] = await Promise.all([
    complaint(['start'], environment),
    complaint(['check', catalogPath], {}),
  ])

  expect(started).toMatch(/catalog\.yml:\d+:\d+ resources\.orders/)
  expect(started).toContain(checked)
}, 60_000)

test('`curfew check` says who may have what, and takes a variable that is not set for an error only if told to', async () => {
  const { catalogPath } = await aStageToStart()
  const lenient = curfew(['check', catalogPath], {})

  expect(await lenient.exited).toBe(0)
  expect(lenient.lines.join('\n')).toMatch(/warning: .*ORDERS_MONGODB_URL/)
  expect(lenient.lines.join('\n')).toMatch(/orders-db/)
  expect(await complaint(['check', '--strict-env', catalogPath], {})).toMatch(/ORDERS_MONGODB_URL/)
}, 60_000)

test.each([
  ['SLACK_BOT_TOKEN', 'xoxb-1-wrong-secret'],
  ['SLACK_APP_TOKEN', 'xapp-1-wrong-secret'],
])(
  'with a wrong %s it does not start, says which, and never prints it',
  async (name, token) => {
    const { environment } = await aStageToStart()
    const app = curfew(['start'], { ...environment, [name]: token })

    expect(await app.exited).toBe(1)
    const said = app.lines.join('\n')
    expect(said).toMatch(new RegExp(`Slack does not accept ${name}`))
    expect(said).not.toContain('wrong-secret')
    expect(said).not.toContain(environment['SLACK_BOT_TOKEN'])
    expect(app.lines.filter((line) => !line.startsWith('{'))).toHaveLength(1)
  },
  60_000,
)

test('while MongoDB is away it waits and says so, starts when it comes, and stops when asked at any time', async () => {
  const { environment, workspace } = await aStageToStart()
  const port = await freePort()
  const away = { ...environment, MONGODB_URI: `mongodb://127.0.0.1:${port}/curfew` }
  const app = curfew(['start'], away)
  const other = curfew(['start'], away)
  await Promise.all([app.says('waiting for MongoDB'), other.says('waiting for MongoDB')])

  other.kill('SIGTERM')
  expect(await other.exited).toBe(0)
  const mongod = await startMongod({ port, replicaSet: true, cacheGB: 0.25 })
  afterThis(() => mongod.stop())

  await app.says('curfew is running')
  await workspace.until(() => workspace.sockets.open === 2, slow)
  app.kill('SIGTERM')
  expect(await app.exited).toBe(0)
  expect(app.lines.join('\n')).not.toContain('unhandled')
}, 90_000)

test('an address of MongoDB that can never work ends the start with what is wrong, and without its password', async () => {
  const { environment } = await aStageToStart()

  const said = await complaint(['start'], {
    ...environment,
    MONGODB_URI: 'mongodb://curfew:hunter2@127.0.0.1/curfew?colour=red',
  })

  expect(said).toBe('MONGODB_URI cannot be read: option colour is not supported')
}, 60_000)

test('/livez and /readyz tell the truth: not ready while Slack is out of reach', async () => {
  const { environment, workspace } = await aStageToStart()
  const port = await freePort()
  const app = curfew(['start'], { ...environment, PORT: String(port) })
  await app.says('curfew is running')
  const asks = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: answer.status, body: await answer.json() }
  }
  expect(await asks('/readyz')).toEqual({
    status: 200,
    body: { ready: true, slack: true, mongodb: true, sweep: true },
  })

  await workspace.until(() => workspace.sockets.open === 2, slow)

  workspace.faults.next('apps.connections.open', { status: 503 }, Infinity)
  workspace.sockets.disconnect({ abruptly: true })

  await eventually(
    () => asks('/readyz'),
    ({ status }) => status === 503,
  )
  expect((await asks('/readyz')).body).toEqual({ ready: false, slack: false, mongodb: true, sweep: true })
  expect((await asks('/livez')).status).toBe(200)
  workspace.faults.clear()
  await eventually(
    () => asks('/readyz'),
    ({ status }) => status === 200,
    slow.withinMs,
  )
}, 90_000)

test('over HTTP, as a process of its own: somebody asks, is approved, holds it, and it is taken back', async () => {
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    catalog: (cast) => gateCatalog(cast),
    env: gate.env,
    started: false,
  })
  const { riley, ada, orders, workspace, environment } = stage
  const app = curfew(['start'], environment)
  await app.says('curfew is running')
  const reason = aReason()
  await asks(riley, 'gate open', reason)

  await ada.clicks('Approve 6 s', await ada.sees(reason, orders, patient))

  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect([...gate.holders]).toEqual(['riley'])
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, slow)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
  app.kill('SIGTERM')
  expect(await app.exited).toBe(0)
}, 90_000)

test('a folder of a catalog is judged as one, and a word that is no command says how to use it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-test-'))
  afterThis(() => rm(folder, { recursive: true }))
  await writeFile(
    join(folder, 'a.yml'),
    'version: 1\nsystems:\n  s:\n    connector: telnet\n    principal: email\n',
  )

  const said = await complaint(['check', folder], {})
  const lost = curfew(['strat'], {})

  expect(said).toMatch(/a\.yml:4:\d+ systems\.s\.connector/)
  expect(await lost.exited).toBe(2)
  expect(lost.lines.join('\n')).toMatch(/curfew start .*\n(.*\n)?curfew check/)
}, 60_000)

test('`curfew check --reach` says which system lets Curfew in, which does not, and what is missing there', async () => {
  const { catalogPath, environment, database } = await aStageToStart()
  const reach = (url: string) =>
    curfew(['check', '--reach', catalogPath], { ...environment, ORDERS_MONGODB_URL: url })
  const good = reach(database.curfewUrl)
  const wrong = reach(database.curfewUrl.replace(/:[^:@]+@/, ':wrong-secret@'))

  expect(await good.exited).toBe(0)
  expect(good.lines.join('\n')).toMatch(/: reached, and nothing is missing/)
  expect(await wrong.exited).toBe(1)
  expect(wrong.lines.join('\n')).toMatch(/: MongoDB could not sign in: Curfew's login was not accepted/)
  expect(wrong.lines.join('\n')).not.toContain('wrong-secret')
}, 60_000)

test('`curfew reconcile` says where system and grants disagree, changes nothing, and ends with 1 then', async () => {
  const { environment, database } = await aStageToStart()
  const agreed = curfew(['reconcile'], environment)
  expect(await agreed.exited).toBe(0)
  await database.giveByHand('sam', 'read')

  const [table, json, unknown] = [['orders-db'], ['--json'], ['no-such']].map((rest) =>
    curfew(['reconcile', ...rest], environment),
  )

  expect(await table?.exited).toBe(1)
  expect(table?.lines.join('\n')).toMatch(/orders-db read.*1: sam/)
  expect(await json?.exited).toBe(1)
  expect(json?.lines.join('\n')).toContain('"sam"')
  expect(await unknown?.exited).toBe(1)
  expect(unknown?.lines.join('\n')).toMatch(/no-such is not a resource; there are /)
  expect(await database.holders('read')).toEqual(['sam'])
}, 60_000)

test('an operator makes a token for a directory, and a one-time code for a person and for a machine of theirs', async () => {
  const gate = await aGate()
  const { environment, riley } = await aStage({
    transport: 'http',
    env: gate.env,
    catalog: (cast) =>
      gateCatalog(cast).replace(
        '\ndefaults:',
        '\ndevices: { sources: { own: { kind: report } } }\ndefaults:',
      ),
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  const email = riley.account.email ?? ''
  // Whom Curfew never saw has no device, and nothing to confirm.
  await riley.opensHome()
  await riley.seesHome('Request access', patient)
  const commands = [
    ['scim', 'token', 'create', 'okta'],
    ['enrol', email],
    ['enrol', '--device', email],
  ].map((words) => curfew(words, { ...environment, PUBLIC_URL: publicUrl }))
  expect(await Promise.all(commands.map(({ exited }) => exited))).toEqual([0, 0, 0])
  const [token = '', person = '', machine = ''] = commands.map(({ lines }) => lines.join('\n'))
  expect(token).toContain(`Address: ${publicUrl}/scim/v2`)
  for (const said of [person, machine]) expect(said).toMatch(/\b[A-Z0-9]{5}-?[A-Z0-9]{5}\b/)
}, 60_000)
