import { aWorkspace } from './support/a-workspace.ts'
import { client, connect } from './support/bare-app.ts'

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } })
const button = (text: string, more = {}) => ({
  type: 'button' as const,
  text: plain(text),
  action_id: text,
  ...more,
})
const row = (...elements: ReturnType<typeof button>[]) => ({ type: 'actions' as const, elements })
const confirm = { title: plain('End?'), text: plain('At once.'), confirm: plain('End'), deny: plain('Keep') }

async function aChannel() {
  const workspace = await aWorkspace()
  const ada = workspace.addPerson({ name: 'Ada' })
  const mo = workspace.addPerson({ name: 'Mo', team: 'T0OTHER' })
  const access = workspace.addChannel({ name: 'access', members: [ada, mo], app: true })
  const app = await connect(workspace)
  const slack = client(workspace)
  const last = () => app.frames.at(-1)?.payload ?? {}
  return { workspace, ada, mo, access, app, slack, last }
}

test('a click carries all that Slack sends along', async () => {
  const { workspace, ada, access, slack, last } = await aChannel()
  const blocks = [section('*Riley* asks'), row(button('Approve', { value: 'g1' }))]
  const { ts = '' } = await slack.chat.postMessage({ channel: access.id, text: 'Riley asks', blocks })
  const card = await ada.sees('Riley asks', access)
  expect(await ada.clicks('Approve', card)).toEqual({ outcome: 'acked' })
  expect(last()).toMatchObject({
    type: 'block_actions',
    user: { id: ada.id, username: 'ada', team_id: workspace.teamId },
    team: { id: workspace.teamId },
    api_app_id: workspace.appId,
    container: { type: 'message', message_ts: ts, channel_id: access.id, is_ephemeral: false },
    channel: { id: access.id, name: 'access' },
    message: { ts, text: 'Riley asks', bot_id: workspace.identity.botId },
    state: { values: {} },
    actions: [{ type: 'button', action_id: 'Approve', value: 'g1', text: plain('Approve') }],
    trigger_id: expect.any(String) as string,
    response_url: expect.stringContaining('/response/') as string,
  })
})

test('somebody of another workspace can click in a shared channel, but has no commands or Home', async () => {
  const { mo, access, slack, last } = await aChannel()
  await slack.chat.postMessage({ channel: access.id, text: 'x', blocks: [row(button('Approve'))] })
  await mo.clicks('Approve', await mo.sees('Approve', access))
  expect(last()).toMatchObject({ user: { id: mo.id, team_id: 'T0OTHER' } })
  await expect(mo.runs('/request-access')).rejects.toThrow('another workspace')
  await expect(mo.opensHome()).rejects.toThrow('another workspace')
})

test('a button that asks is confirmed, kept, or throws; rows that read alike are told apart', async () => {
  const { ada, access, slack, last, app } = await aChannel()
  const end = (value: string) => row(button('End now', { value, confirm }))
  const menu = {
    type: 'overflow' as const,
    action_id: 'more',
    options: [{ text: plain('Show'), value: 's' }],
  }
  const blocks = [
    section('orders-db'),
    end('1'),
    section('billing-db'),
    end('2'),
    { ...section('more'), accessory: menu },
  ]
  await slack.chat.postMessage({ channel: access.id, text: 'x', blocks })
  const card = await ada.sees('orders-db', access)
  await expect(ada.clicks('End now', card)).rejects.toThrow('2 buttons')
  await expect(ada.clicks('End now', card, { near: 'billing' })).rejects.toThrow(
    '"End?" "At once." [End] [Keep]',
  )
  expect(await ada.clicks('End now', card, { near: 'billing', confirm: false })).toEqual({
    outcome: 'cancelled',
  })
  expect(app.frames).toHaveLength(1)
  await ada.clicks('End now', card, { near: 'billing', confirm: true })
  expect(last()).toMatchObject({ actions: [{ value: '2' }] })
  await ada.clicks('Show', card)
  expect(last()).toMatchObject({ actions: [{ type: 'overflow', selected_option: { value: 's' } }] })
})

test('a click can come too late: the card was changed or deleted', async () => {
  const { workspace, ada, access, slack, last } = await aChannel()
  const { ts = '' } = await slack.chat.postMessage({
    channel: access.id,
    text: 'x',
    blocks: [row(button('Approve'))],
  })
  const card = await ada.sees('Approve', access)
  await slack.chat.update({ channel: access.id, ts, text: 'done', blocks: [section('done')] })
  await expect(ada.clicks('Approve', card)).rejects.toThrow('only none')
  await ada.clicks('Approve', card, { asSeen: true })
  workspace.deleteMessage(card)
  await expect(ada.clicks('Approve', card)).rejects.toThrow('gone')
  await ada.clicks('Approve', card, { asSeen: true })
  expect(last()).toMatchObject({ container: { message_ts: ts } })
})

test('a response_url answers five times: anew, in place of the original, or by removing it', async () => {
  const { ada, access, slack, last } = await aChannel()
  await slack.chat.postMessage({ channel: access.id, text: 'x', blocks: [row(button('Approve'))] })
  const card = await ada.sees('Approve', access)
  await ada.clicks('Approve', card)
  const respond = async (body: object) => {
    const url = String(last().response_url)
    const headers = { 'content-type': 'application/json' }
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  await respond({ text: 'only you' })
  expect(ada.ephemerals(access)).toMatchObject([{ plain: 'only you' }])
  await respond({ text: 'everyone', response_type: 'in_channel' })
  await respond({ text: 'changed', replace_original: true })
  expect((await ada.sees('changed', access)).ts).toBe(card.ts)
  expect((await respond({ colour: 'red' })).status).toBe(400)
  await respond({ delete_original: true })
  expect(ada.dms).toEqual([])
  const sixth = await respond({ text: 'x' })
  expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }])
})

test('clicks on an ephemeral message and in the Home tab lack what Slack leaves out', async () => {
  const { ada, access, slack, last } = await aChannel()
  const blocks = [row(button('Yes'))]
  await slack.chat.postEphemeral({ channel: access.id, user: ada.id, text: 'x', blocks })
  await ada.clicks('Yes', await ada.sees('Yes', 'ephemeral'))
  expect(last()).toMatchObject({
    container: { is_ephemeral: true },
    response_url: expect.any(String) as string,
  })
  expect(last()).not.toHaveProperty('message')
  await slack.views.publish({ user_id: ada.id, view: { type: 'home', blocks } })
  await ada.clicks('Yes', 'home')
  expect(last()).toMatchObject({ container: { type: 'view' }, view: { type: 'home' } })
  expect(last()).not.toHaveProperty('response_url')
})

test('an external menu offers at most a hundred options, and asks only when enough was typed', async () => {
  const { workspace, ada, access, slack, app } = await aChannel()
  const option = (n: number) => ({ text: plain(`o${n}`), value: String(n) })
  const menu = { type: 'external_select' as const, action_id: 'pick', placeholder: plain('Pick one') }
  await slack.chat.postMessage({
    channel: access.id,
    text: 'x',
    blocks: [{ type: 'actions', elements: [menu] }],
  })
  const message = await ada.sees('Pick one', access)
  expect(await ada.searches('Pick one', 'ab', message)).toMatchObject({ outcome: 'too_short' })
  app.answer = () => ({ option_groups: [{ label: plain('2 of 9'), options: [option(1), option(2)] }] })
  expect(await ada.searches('Pick one', 'abc', message)).toEqual({
    outcome: 'offered',
    options: ['o1', 'o2'],
    groups: [{ label: '2 of 9', options: ['o1', 'o2'] }],
  })
  await ada.chooses('Pick one', 'o2', message)
  expect(app.frames.at(-1)?.payload).toMatchObject({ actions: [{ selected_option: option(2) }] })
  app.answer = () => ({ options: Array.from({ length: 101 }, (_, n) => option(n)) })
  expect(await ada.searches('Pick one', 'abc', message)).toMatchObject({ outcome: 'refused' })
  expect(workspace.complaints).toMatchObject([{ about: 'block_suggestion' }])
})

test('changes are told, and waits end by them', async () => {
  const { workspace, ada, access, slack } = await aChannel()
  const told: string[] = []
  workspace.changes.on('change', (change) => told.push(change.what))
  const waiting = workspace.until(() => workspace.messages(access).find((m) => m.plain === 'now'))
  await slack.chat.postMessage({ channel: access.id, text: 'now' })
  expect(await waiting).toMatchObject({ plain: 'now' })
  expect(told).toEqual(['message', 'call'])
  const patience = { withinMs: 20 }
  await expect(ada.sees('later', access, patience)).rejects.toThrow(
    /waited 20 ms for Ada to see later.*\n- now/s,
  )
})
