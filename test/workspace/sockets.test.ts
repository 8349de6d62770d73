import { WebAPIPlatformError } from '@slack/web-api'
import { WebSocket } from 'ws'
import { aWorkspace } from './support/a-workspace.ts'
import { client, connect, silence } from './support/bare-app.ts'

const commands = (frames: { type: string }[]) => frames.filter((frame) => frame.type === 'slash_commands')

test('a connection is greeted, and needs a fresh ticket', async () => {
  const workspace = await aWorkspace()
  const { frames, socket } = await connect(workspace)
  expect(frames).toMatchObject([
    { type: 'hello', num_connections: 1, connection_info: { app_id: workspace.appId } },
  ])
  const again = new WebSocket(socket.url)
  await expect(new Promise((_, reject) => again.once('error', reject))).rejects.toThrow('401')
})

test('envelopes take turns over the connections', async () => {
  const workspace = await aWorkspace()
  const riley = workspace.addPerson({ name: 'Riley' })
  const sockets = [await connect(workspace), await connect(workspace), await connect(workspace)]
  for (let n = 0; n < 6; n += 1) await riley.runs('/request-access')
  expect(sockets.map(({ frames }) => commands(frames).length)).toEqual([2, 2, 2])
  expect(commands(sockets[0]!.frames)[0]).toMatchObject({ accepts_response_payload: true })
})

test('the eleventh connection is one too many', async () => {
  const workspace = await aWorkspace()
  for (let n = 0; n < 10; n += 1) await connect(workspace)
  const { frames, closed } = await connect(workspace)
  expect(frames).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }])
  await closed
  expect(workspace.sockets.open).toBe(10)
})

test('without an acknowledgement the person reads operation_timeout; without the app, dispatch_failed', async () => {
  const workspace = await aWorkspace({ ackMs: 50 })
  const riley = workspace.addPerson({ name: 'Riley' })
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'dispatch_failed' })
  const app = await connect(workspace)
  app.answer = () => silence
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'operation_timeout' })
  expect(riley.toasts).toEqual(['dispatch_failed', 'operation_timeout'])
})

test('an envelope whose connection dies is sent again over another', async () => {
  const workspace = await aWorkspace()
  const riley = workspace.addPerson({ name: 'Riley' })
  const [one, two] = [await connect(workspace), await connect(workspace)]
  one.answer = () => {
    one.socket.terminate()
    return silence
  }
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'acked' })
  expect(commands(two.frames)).toMatchObject([{ retry_attempt: 1, retry_reason: 'timeout' }])
})

test('an event that is not acknowledged comes again, and says so', async () => {
  const workspace = await aWorkspace({ ackMs: 40 })
  workspace.delivery.eventRetriesMs = [0, 10]
  const app = await connect(workspace)
  app.answer = () => silence
  workspace.deactivate(workspace.addPerson({ name: 'Riley' }))
  await workspace.delivery.settled()
  expect(app.frames.slice(1).map((frame) => frame.retry_attempt)).toEqual([undefined, 1, 2])
  expect(app.frames[1]).toMatchObject({
    payload: { event: { type: 'user_change', user: { deleted: true } } },
  })
})

test('a command can be delivered twice, at once or later', async () => {
  const workspace = await aWorkspace()
  const riley = workspace.addPerson({ name: 'Riley' })
  const app = await connect(workspace)
  workspace.redeliver()
  await riley.runs('/request-access')
  await workspace.redeliverLast()
  const [first, second, third] = commands(app.frames)
  expect(second).toMatchObject({ retry_attempt: 0 })
  expect(app.frames[2]!.payload).toEqual(app.frames[1]!.payload)
  expect([first, second, third].every(Boolean)).toBe(true)
})

test('sockets are told to go, cut off, or left hanging', async () => {
  const workspace = await aWorkspace()
  const told = await connect(workspace)
  workspace.sockets.disconnect({ reason: 'warning' })
  workspace.sockets.disconnect({ abruptly: true })
  await told.closed
  expect(told.frames.at(-1)).toMatchObject({ type: 'disconnect', reason: 'warning' })
  const hanging = await connect(workspace)
  const pong = new Promise((resolve) => hanging.socket.once('pong', resolve))
  hanging.socket.ping()
  await pong
  workspace.sockets.isFrozen = true
  let answered = false
  hanging.socket.once('pong', () => (answered = true))
  hanging.socket.ping()
  await client(workspace).auth.test()
  expect(answered).toBe(false)
})

test('connections can be refused', async () => {
  const workspace = await aWorkspace()
  workspace.faults.next('apps.connections.open', { error: 'internal_error' })
  await expect(connect(workspace)).rejects.toBeInstanceOf(WebAPIPlatformError)
  await connect(workspace)
})

test('a frame that acknowledges nothing is complained about', async () => {
  const workspace = await aWorkspace()
  const { socket } = await connect(workspace)
  socket.send(JSON.stringify({ envelope_id: 'nobody' }))
  await workspace.until(() => workspace.complaints.length > 0)
  expect(workspace.complaints).toMatchObject([{ about: 'socket', what: 'unexpected_frame' }])
})
