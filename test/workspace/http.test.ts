import { createServer } from 'node:http'
import { startPracticeApp } from './support/practice-app.ts'
import { afterThis, aWorkspace } from './support/a-workspace.ts'
import { bodyOf } from './api/request.ts'

interface Heard {
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** A request URL that answers with these statuses in turn, then 200; 0 is no answer. */
async function aRequestUrl(statuses: number[] = []) {
  const heard: Heard[] = []
  const server = createServer((request, reply) => {
    void bodyOf(request).then((body) => {
      heard.push({ headers: request.headers, body })
      const status = statuses.shift() ?? 200
      if (status !== 0) reply.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterThis(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { heard, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/slack/events` }
}

test('commands are signed forms, interactions hold a payload, events are JSON', async () => {
  const workspace = await aWorkspace({ shortcuts: ['ask'] })
  const { heard, url } = await aRequestUrl()
  workspace.deliverOverHttp(url)
  const riley = workspace.addPerson({ name: 'Riley' })
  await riley.runs('/request-access orders-db 2h')
  await riley.usesShortcut('ask')
  await riley.opensHome()
  const [command, shortcut, event] = heard
  expect(command?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-signature': expect.stringMatching(/^v0=[0-9a-f]{64}$/) as string,
  })
  expect(Object.fromEntries(new URLSearchParams(command?.body))).toMatchObject({
    command: '/request-access',
    text: 'orders-db 2h',
    user_id: riley.id,
    channel_name: 'directmessage',
  })
  expect(JSON.parse(new URLSearchParams(shortcut?.body).get('payload') ?? '')).toMatchObject({
    type: 'shortcut',
    callback_id: 'ask',
  })
  expect(event?.headers['content-type']).toBe('application/json')
  expect(JSON.parse(event?.body ?? '')).toMatchObject({ type: 'event_callback', event: { tab: 'home' } })
})

test('no answer is operation_timeout, a refusal is dispatch_failed', async () => {
  const workspace = await aWorkspace({ ackMs: 400 })
  workspace.deliverOverHttp((await aRequestUrl([0, 500])).url)
  const riley = workspace.addPerson({ name: 'Riley' })
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'operation_timeout' })
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'dispatch_failed' })
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'acked' })
})

test('an event that failed comes again with the retry headers', async () => {
  const workspace = await aWorkspace({ ackMs: 400 })
  workspace.delivery.eventRetriesMs = [0, 0]
  const { heard, url } = await aRequestUrl([500, 0])
  workspace.deliverOverHttp(url)
  workspace.deactivate(workspace.addPerson({ name: 'Riley' }))
  await workspace.delivery.settled()
  expect(heard.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']])).toEqual(
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_timeout'],
    ],
  )
})

test('Bolt refuses what is forged, altered or stale, and takes what is signed', async () => {
  const workspace = await aWorkspace()
  const access = workspace.addChannel({ name: 'access', app: true })
  const app = await startPracticeApp(workspace, access, 'http')
  afterThis(() => app.stop())
  const body = 'command=%2Frequest-access&text=help&token=x'
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const send = async (headers: Record<string, string>, sent = body) =>
    (await workspace.post(sent, { ...type, ...headers })).status
  const nowSeconds = Math.floor(Date.now() / 1000)
  expect(await send({ ...workspace.sign(body) })).toBe(200)
  expect(await send({ ...workspace.sign(body, { secret: 'guessed' }) })).toBe(401)
  expect(await send({ ...workspace.sign(body, { atSeconds: nowSeconds - 301 }) })).toBe(401)
  expect(await send({ ...workspace.sign(body) }, `${body}&user_id=U1`)).toBe(401)
  expect(await send({})).toBe(401)
})
