import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { eventually, patient } from '../journeys/acts.ts'
import { curfew } from '../journeys/app-process.ts'
import { aStage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { onOwnPort, scrape } from './scraping.ts'

const token = 'a token of forty characters: 1234567890'.replaceAll(' ', '-')
const bearing = (shown: string) => ({ headers: { authorization: shown } })

/** All that a stranger can tell of an answer. */
async function toldBy(url: string, init?: RequestInit) {
  const answer = await fetch(url, init)
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'date'))
  return { status: answer.status, headers, body: await answer.text() }
}

test('on the port of everything else whoever has no token is told what they are told of any address that is not there', async () => {
  const stage = await aStage({ isServed: true, metrics: { own: null, token } })
  const url = `http://127.0.0.1:${stage.app.port}`
  const nothing = await toldBy(`${url}/nothing-here`)
  expect(nothing).toMatchObject({ status: 404, body: '{"error":"not found"}' })
  const tries: [string, RequestInit?][] = [
    ['/metrics'],
    ['/metrics/'],
    [`/metrics?token=${token}`],
    ['/metrics', bearing(`Bearer ${token.slice(0, -1)}`)],
    ['/metrics', bearing(`Bearer ${token}x`)],
    ['/metrics', bearing('Bearer ')],
    ['/metrics', bearing(token)],
    ['/metrics', bearing(`Basic ${Buffer.from(`metrics:${token}`).toString('base64')}`)],
  ]
  for (const [path, init] of tries)
    expect([path, init, await toldBy(`${url}${path}`, init)]).toEqual([path, init, nothing])
  const post = { method: 'POST', body: 'x', ...bearing(`Bearer ${token}`) }
  expect(await toldBy(`${url}/metrics`, post)).toEqual(
    await toldBy(`${url}/nothing-here`, { method: 'POST', body: 'x' }),
  )

  const told = await toldBy(`${url}/metrics`, bearing(`Bearer ${token}`))
  expect(told.status).toBe(200)
  expect(told.headers).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
  })
  expect(told.body).toMatch(/^curfew_database_answers 1$/m)
}, 60_000)

test('where nothing is said of metrics none are served, and none where the port of everything else is all there is', async () => {
  const stage = await aStage({ isServed: true })
  const url = `http://127.0.0.1:${stage.app.port}`
  expect(await toldBy(`${url}/metrics`)).toEqual(await toldBy(`${url}/nothing-here`))
  expect(stage.app.metricsPort).toBeNull()
}, 60_000)

test('a port of their own is opened on this machine alone, serves nothing else, and asks for the token where there is one', async () => {
  const open = await aStage({ isServed: true, metrics: onOwnPort })
  expect((await scrape(open.app)).value('curfew_database_answers')).toBe(1)
  expect((await fetch(`http://127.0.0.1:${open.app.metricsPort}/livez`)).status).toBe(404)
  expect((await fetch(`http://127.0.0.1:${open.app.port}/metrics`)).status).toBe(404)
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of outward)
    expect([address, await connects(address, open.app.metricsPort ?? 0)]).toEqual([address, false])

  const closed = await aStage({ metrics: { ...onOwnPort, token } })
  const url = `http://127.0.0.1:${closed.app.metricsPort}`
  expect(await toldBy(`${url}/metrics`)).toEqual(await toldBy(`${url}/nothing-here`))
  expect((await toldBy(`${url}/metrics`, bearing(`bearer ${token}`))).status).toBe(200)
}, 60_000)

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const is = (so: boolean) => () => {
      socket.destroy()
      resolve(so)
    }
    socket.once('connect', is(true)).once('error', is(false)).once('timeout', is(false))
  })
}

test('started as people start it, by its environment, it serves them there, and its log never shows the token', async () => {
  const stage = await aStage({ started: false })
  const port = await freePort()
  const variables = { METRICS_PORT: String(port), METRICS_TOKEN: token, LOG_LEVEL: 'debug' }
  const app = curfew(['start'], { ...stage.environment, ...variables })
  await app.says('curfew is running')
  const url = `http://127.0.0.1:${port}/metrics`
  expect((await toldBy(url)).status).toBe(404)
  expect((await toldBy(url, bearing(`Bearer ${token}`))).body).toMatch(/^curfew_slack_connected 1$/m)
  app.kill('SIGTERM')
  expect(await app.exited).toBe(0)
  expect(app.lines.join('\n')).not.toContain(token)
}, 60_000)

test('stopped, the app listens there no more', async () => {
  const stage = await aStage({ metrics: onOwnPort })
  const port = stage.app.metricsPort ?? 0
  expect(await connects('127.0.0.1', port)).toBe(true)
  await stage.stopApp()
  await eventually(
    () => connects('127.0.0.1', port),
    (is) => !is,
    patient.withinMs,
  )
}, 60_000)
