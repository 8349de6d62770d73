import { aStage } from '../support/curfew.ts'
import { aProxy } from '../support/proxy.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, patient } from './acts.ts'
import { curfew } from './app-process.ts'

test('where only a proxy leads out, Slack is reached through it, its sockets and answers too', async () => {
  const stage = await aStage({ started: false })
  const { riley, ada, orders, workspace } = stage
  const slack = new URL(stage.environment['SLACK_API_URL'] ?? '')
  const proxy = await aProxy({ to: Number(slack.port) })

  const app = curfew(['start'], {
    ...stage.environment,
    SLACK_API_URL: `http://slack.internal.example:${slack.port}${slack.pathname}`,
    http_proxy: proxy.url,
  })
  await app.says('curfew is running')
  await workspace.until(() => workspace.sockets.open === 2, patient)
  const reason = aReason()
  await asks(riley, 'orders-db peek 1h', reason)
  await ada.sees(reason, orders, patient)

  // The Web API by its name, and the sockets and response_urls where the local Slack says they are.
  expect(new Set(proxy.asked)).toEqual(
    new Set([`slack.internal.example:${slack.port}`, `127.0.0.1:${slack.port}`]),
  )
  expect([...proxy.logins]).toEqual([`Basic ${Buffer.from('ada:hunter2').toString('base64')}`])
  expect(app.lines.join('\n')).not.toContain('hunter2')
}, 90_000)

test('what NO_PROXY names is reached straight', async () => {
  const stage = await aStage({ started: false })
  const slack = new URL(stage.environment['SLACK_API_URL'] ?? '')
  const proxy = await aProxy({ to: Number(slack.port) })

  const app = curfew(['start'], {
    ...stage.environment,
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: 'localhost,127.0.0.1',
  })
  await app.says('curfew is running')

  expect(proxy.asked).toEqual([])
}, 90_000)

/** Loaded before the app: the wall clock of that process alone is an hour ahead. */
const anHourAhead = `data:text/javascript,${encodeURIComponent(`
  const Real = Date
  const now = () => Real.now() + 3600000
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, to) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, to === globalThis.Date ? target : to),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })`)}`

test('on a machine whose clock is an hour ahead, a system behind a webhook is given and taken all the same', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast), env: gate.env, started: false })
  const { riley, ada, orders } = stage
  const app = curfew(['start'], { ...stage.environment, NODE_OPTIONS: `--import ${anHourAhead}` })
  await app.says('curfew is running')
  const reason = aReason()
  await asks(riley, 'gate open', reason)

  await ada.clicks('Approve 6 s', await ada.sees(reason, orders, patient))

  await riley.sees(/You have Open the gate/, 'dm', patient)
  await eventually(
    async () => [...gate.holders],
    (holders) => holders.length === 0,
    30_000,
  )
  await app.says('system can be reached')
  expect(app.lines.filter((line) => line.includes('did not accept'))).toEqual([])
}, 90_000)

test('not one configured value is in the log, though a system answers with one of them', async () => {
  const gate = await aGate()
  const said = 'plain words of a gateway'
  gate.trouble = () => ({ status: 500, body: JSON.stringify({ error: `bad: ${said}` }) })
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast).replace('    secret:', '    # once: ${OLD_GATE}\n    secret:'),
    env: { ...gate.env, OLD_GATE: said },
    started: false,
  })

  const app = curfew(['start'], { ...stage.environment, LOG_LEVEL: 'debug' })

  await app.says('it answered 500: bad: [redacted]')
  await app.says('curfew is running')
  for (const value of [said, gate.env.GATE_SECRET, stage.environment['MONGODB_URI'] ?? ''])
    expect(app.lines.join('\n')).not.toContain(value)
}, 90_000)
