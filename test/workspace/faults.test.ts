import { WebAPIHTTPError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'
import { aWorkspace } from './support/a-workspace.ts'
import { client, connect } from './support/bare-app.ts'

async function aChannel() {
  const workspace = await aWorkspace()
  const access = workspace.addChannel({ name: 'access', app: true })
  const slack = client(workspace)
  const post = (text = 'x') => slack.chat.postMessage({ channel: access.id, text })
  return { workspace, access, slack, post }
}

test('a drop loses the call, dropAfter only its reply', async () => {
  const { workspace, access, post } = await aChannel()
  workspace.faults.next('chat.postMessage', 'drop')
  workspace.faults.next('chat.postMessage', 'dropAfter')
  await expect(post('one')).rejects.toBeInstanceOf(WebAPIRequestError)
  expect(workspace.messages(access)).toEqual([])
  await expect(post('two')).rejects.toBeInstanceOf(WebAPIRequestError)
  expect(workspace.messages(access)).toMatchObject([{ plain: 'two' }])
  await post('three')
  expect(workspace.calls.map((call) => call.status)).toEqual(['dropped', 'dropped', 200])
})

test('errors, statuses and delays come as often as asked for, of one method or of all', async () => {
  const { workspace, access, post, slack } = await aChannel()
  workspace.faults.next('chat.postMessage', { status: 503 }, 2)
  workspace.faults.next('*', { error: 'fatal_error' })
  workspace.faults.next('*', { delayMs: 60 })
  await expect(post()).rejects.toBeInstanceOf(WebAPIHTTPError)
  await expect(post()).rejects.toBeInstanceOf(WebAPIHTTPError)
  await expect(slack.auth.test()).rejects.toThrow('fatal_error')
  const before = performance.now()
  await post()
  expect(performance.now() - before).toBeGreaterThanOrEqual(55)
  workspace.faults.next('*', { status: 500 }, Infinity)
  workspace.faults.clear()
  await post()
  expect(workspace.messages(access)).toHaveLength(2)
})

test('a 429 says when to come back, and web-api comes back', async () => {
  const { workspace, access } = await aChannel()
  workspace.faults.next('chat.postMessage', { ratelimited: true, retryAfterSeconds: 0 })
  const patient = client(workspace, workspace.botToken, { retryConfig: { retries: 1, minTimeout: 1 } })
  await patient.chat.postMessage({ channel: access.id, text: 'x' })
  expect(workspace.calls.map((call) => call.status)).toEqual([429, 200])
})

test("limits are Slack's own, once enforced", async () => {
  const { workspace, access, post } = await aChannel()
  const other = workspace.addChannel({ name: 'other', app: true })
  for (let n = 0; n < 9; n += 1) await post()
  workspace.limits.enforce()
  const hasty = client(workspace, workspace.botToken, {
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
  })
  const to = (channel: string) => hasty.chat.postMessage({ channel, text: 'x' })
  for (let n = 0; n < 3; n += 1) await to(access.id)
  await expect(to(access.id)).rejects.toBeInstanceOf(WebAPIRateLimitedError)
  await expect(to(access.id)).rejects.toMatchObject({ retryAfter: 3 })
  await to(other.id)
  workspace.limits.enforce({ 'auth.test': { most: 1, withinMs: 60_000 } })
  await hasty.auth.test()
  await expect(hasty.auth.test()).rejects.toBeInstanceOf(WebAPIRateLimitedError)
  workspace.limits.relax()
  await hasty.auth.test()
})

test('a delivery can be lost or late', async () => {
  const workspace = await aWorkspace({ ackMs: 40 })
  const riley = workspace.addPerson({ name: 'Riley' })
  const app = await connect(workspace)
  workspace.faults.nextDelivery('slash_commands', 'lose')
  expect(await riley.runs('/request-access')).toEqual({ outcome: 'operation_timeout' })
  expect(app.frames).toHaveLength(1)
  workspace.faults.nextDelivery('*', { delayMs: 30 })
  const before = performance.now()
  await riley.runs('/request-access')
  expect(performance.now() - before).toBeGreaterThanOrEqual(28)
})
