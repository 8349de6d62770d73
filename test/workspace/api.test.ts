import { WebAPIPlatformError } from '@slack/web-api'
import { aWorkspace } from './support/a-workspace.ts'
import { client } from './support/bare-app.ts'

const errorOf = async (call: Promise<unknown>) => {
  try {
    await call
  } catch (error) {
    if (error instanceof WebAPIPlatformError) return error.data
    throw error
  }
  throw new Error('the call succeeded')
}
const nameOf = async (call: Promise<unknown>) => (await errorOf(call)).error

const blocks = (text: string) => [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text } }]

test('a token is asked for, known, of the right kind, and has the scope', async () => {
  const workspace = await aWorkspace({ scopes: ['users:read'] })
  const post = { channel: 'C1', text: 'x' }
  expect(await nameOf(client(workspace, '').auth.test())).toBe('not_authed')
  expect(await nameOf(client(workspace, 'xoxb-other').auth.test())).toBe('invalid_auth')
  expect(await nameOf(client(workspace).apps.connections.open({}))).toBe('not_allowed_token_type')
  expect(await nameOf(client(workspace, workspace.appToken).auth.test())).toBe('not_allowed_token_type')
  expect(await errorOf(client(workspace).chat.postMessage(post))).toMatchObject({
    error: 'missing_scope',
    needed: 'chat:write',
    provided: 'users:read',
  })
  expect(await client(workspace).auth.test()).toMatchObject({ user_id: workspace.botUserId })
})

test('an unknown method or argument is answered as Slack does, and complained about', async () => {
  const workspace = await aWorkspace()
  expect(await nameOf(client(workspace).apiCall('pins.add'))).toBe('unknown_method')
  await client(workspace).apiCall('auth.test', { colour: 'red' })
  expect(workspace.complaints).toEqual([
    { about: 'pins.add', what: 'unknown_method' },
    { about: 'auth.test', what: 'unknown_arguments', messages: ['colour'] },
  ])
})

test('a JSON body with a bearer works like a form', async () => {
  const workspace = await aWorkspace()
  const access = workspace.addChannel({ name: 'access', app: true })
  const body = JSON.stringify({ channel: access.id, text: 'hello', blocks: blocks('hello') })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${workspace.botToken}` }
  const reply = await fetch(`${workspace.apiUrl}chat.postMessage`, { method: 'POST', headers, body })
  expect(await reply.json()).toMatchObject({ ok: true, channel: access.id })
  expect(workspace.messages(access)).toMatchObject([{ plain: 'hello' }])
})

test('a message reaches only channels the app is in, that are open', async () => {
  const workspace = await aWorkspace()
  const post = (channel: string) => nameOf(client(workspace).chat.postMessage({ channel, text: 'x' }))
  const elsewhere = workspace.addChannel({ name: 'elsewhere' })
  const secret = workspace.addChannel({ name: 'secret', isPrivate: true })
  const old = workspace.addChannel({ name: 'old', app: true })
  workspace.archive(old)
  expect(await post('C404')).toBe('channel_not_found')
  expect(await post(elsewhere.id)).toBe('not_in_channel')
  expect(await post(secret.id)).toBe('channel_not_found')
  expect(await post(old.id)).toBe('is_archived')
})

test('a DM is opened by conversations.open or by posting to a person, unless it is closed', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const riley = workspace.addPerson({ name: 'Riley' })
  const { channel } = await slack.conversations.open({ users: riley.id })
  const posted = await slack.chat.postMessage({ channel: riley.id, text: 'hi <@' + riley.id + '>' })
  expect(posted.channel).toBe(channel?.id)
  expect(riley.dms).toMatchObject([{ plain: 'hi @Riley', isFromApp: true }])
  const refusals = ['channel_not_found', 'user_not_visible', 'messages_tab_disabled'] as const
  for (const refusal of refusals) {
    workspace.closeDms(riley, refusal)
    expect(await nameOf(slack.chat.postMessage({ channel: riley.id, text: 'x' }))).toBe(refusal)
    expect(await nameOf(slack.chat.postMessage({ channel: channel?.id ?? '', text: 'x' }))).toBe(refusal)
  }
  workspace.deactivate(riley)
  expect(await nameOf(slack.conversations.open({ users: riley.id }))).toBe('user_disabled')
  expect(await nameOf(slack.conversations.open({ users: workspace.botUserId }))).toBe('cannot_dm_bot')
  workspace.room.hasMessagesTab = false
  const ada = workspace.addPerson({ name: 'Ada' })
  expect(await nameOf(slack.chat.postMessage({ channel: ada.id, text: 'x' }))).toBe('messages_tab_disabled')
})

test('what came since a person last read is unread; an edit is not', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const riley = workspace.addPerson({ name: 'Riley' })
  const { ts = '', channel = '' } = await slack.chat.postMessage({ channel: riley.id, text: 'one' })
  expect(riley.unread('dm')).toMatchObject([{ plain: 'one' }])
  riley.reads('dm')
  await slack.chat.update({ channel, ts, text: 'two', blocks: [] })
  expect(riley.unread('dm')).toEqual([])
})

test('a message can be changed, threaded, linked to and deleted by its author alone', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const ada = workspace.addPerson({ name: 'Ada' })
  const { id: channel } = workspace.addChannel({ name: 'access', members: [ada], app: true })
  const { ts = '' } = await slack.chat.postMessage({ channel, text: 'one', blocks: blocks('*one*') })
  const reply = await slack.chat.postMessage({ channel, text: 'two', thread_ts: ts })
  await slack.chat.update({ channel, ts, text: 'three', blocks: blocks('<!date^1^{time}|10:04>') })
  const [first, second] = workspace.messages({ id: channel })
  expect(first).toMatchObject({ plain: '10:04', text: 'three', edited: expect.any(String) as string })
  expect(second).toMatchObject({ threadTs: ts, plain: 'two' })
  const { permalink } = await slack.chat.getPermalink({ channel, message_ts: reply.ts ?? '' })
  expect(permalink).toContain(`/archives/${channel}/p${reply.ts?.replace('.', '')}?thread_ts=${ts}`)

  const theirs = ada.says('mine', { in: workspace.state.channels.get(channel)! })
  const both = { text: 'x', blocks: [] }
  expect(await nameOf(slack.chat.update({ channel, ts: theirs.ts, ...both }))).toBe('cant_update_message')
  expect(await nameOf(slack.chat.delete({ channel, ts: theirs.ts }))).toBe('cant_delete_message')
  expect(await nameOf(slack.chat.update({ channel, ts: '1.000001', ...both }))).toBe('message_not_found')
  expect(await nameOf(slack.chat.update({ channel, ts, ...both, text: '&'.repeat(801) }))).toBe(
    'msg_too_long',
  )
  expect(await nameOf(slack.chat.postMessage({ channel, text: '' }))).toBe('no_text')
  const nowhere = { channel, text: 'x', thread_ts: '1.000001' }
  expect(await nameOf(slack.chat.postMessage(nowhere))).toBe('thread_not_found')
  expect(await nameOf(slack.chat.postMessage({ ...nowhere, thread_ts: '0' }))).toBe('invalid_thread_ts')
  await slack.chat.delete({ channel, ts })
  expect(workspace.messages({ id: channel }).map((m) => m.plain)).toEqual(['two', 'mine'])
})

test('an edit with text alone loses its blocks, and is complained about', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const { id: channel } = workspace.addChannel({ name: 'access', app: true })
  const { ts = '' } = await slack.chat.postMessage({ channel, text: 'one', blocks: blocks('one') })
  await slack.chat.update({ channel, ts, text: 'two' })
  expect(workspace.messages({ id: channel })).toMatchObject([{ blocks: [], plain: 'two' }])
  expect(workspace.complaints).toMatchObject([{ about: 'chat.update' }])
})

test('an ephemeral message is seen by one person, who must be there, and cannot be edited', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const ada = workspace.addPerson({ name: 'Ada' })
  const sam = workspace.addPerson({ name: 'Sam' })
  const access = workspace.addChannel({ name: 'access', members: [ada], app: true })
  const channel = access.id
  const { message_ts: ts = '' } = await slack.chat.postEphemeral({ channel, user: ada.id, text: 'psst' })
  expect(ada.ephemerals(access)).toMatchObject([{ plain: 'psst' }])
  expect(workspace.messages(access)).toEqual([])
  expect(await nameOf(slack.chat.postEphemeral({ channel, user: sam.id, text: 'x' }))).toBe(
    'user_not_in_channel',
  )
  expect(await nameOf(slack.chat.update({ channel, ts, text: 'x', blocks: [] }))).toBe('message_not_found')
})

test('people are shown as documented, e-mail only to who may read it', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const riley = workspace.addPerson({
    name: 'Riley',
    email: 'riley@a.example',
    guest: 'single',
    tz: 'Asia/Kolkata',
  })
  const mo = workspace.addPerson({ name: 'Mo', team: 'T0OTHER' })
  const { user } = await slack.users.info({ user: riley.id })
  expect(user).toMatchObject({
    is_restricted: true,
    is_ultra_restricted: true,
    deleted: false,
    is_bot: false,
  })
  expect(user).toMatchObject({ tz_offset: 19_800, team_id: workspace.teamId, is_email_confirmed: true })
  expect(user).not.toHaveProperty('enterprise_user')
  expect(user?.profile?.email).toBe('riley@a.example')
  const stranger = (await slack.users.info({ user: mo.id })).user
  expect(stranger).toMatchObject({ is_stranger: true, team_id: 'T0OTHER' })
  expect(stranger?.profile).not.toHaveProperty('email')
  workspace.addChannel({ name: 'shared', members: [mo], app: true })
  expect((await slack.users.info({ user: mo.id })).user).toMatchObject({ is_stranger: false })
  expect((await slack.users.lookupByEmail({ email: 'RILEY@a.example' })).user?.id).toBe(riley.id)
  expect(await nameOf(slack.users.lookupByEmail({ email: 'no@a.example' }))).toBe('users_not_found')
  expect(await nameOf(slack.users.info({ user: 'U404' }))).toBe('user_not_found')
  workspace.scopes.delete('users:read.email')
  expect((await slack.users.info({ user: riley.id })).user?.profile).not.toHaveProperty('email')
  expect(await nameOf(slack.users.lookupByEmail({ email: 'riley@a.example' }))).toBe('missing_scope')
})

test('lists come in pages', async () => {
  const workspace = await aWorkspace()
  const people = Array.from({ length: 5 }, (_, n) => workspace.addPerson({ name: `P${n}` }))
  const access = workspace.addChannel({ name: 'access', members: people })
  const pages: number[] = []
  for await (const page of client(workspace).paginate('users.list', { limit: 4 }))
    pages.push((page as unknown as { members: unknown[] }).members.length)
  // The app's bot and Slackbot are listed too.
  expect(pages).toEqual([4, 3])
  const first = await client(workspace).conversations.members({ channel: access.id, limit: 3 })
  expect(first.members).toEqual(people.slice(0, 3).map((person) => person.id))
  const cursor = first.response_metadata?.next_cursor
  const rest = await client(workspace).conversations.members({ channel: access.id, limit: 3, cursor })
  expect(rest.members).toEqual(people.slice(3).map((person) => person.id))
  expect(rest.response_metadata?.next_cursor).toBe('')
  expect(await nameOf(client(workspace).users.list({ cursor: 'x' }))).toBe('invalid_cursor')
})

test('channels and groups are read with the scope for their kind', async () => {
  const workspace = await aWorkspace()
  const slack = client(workspace)
  const ada = workspace.addPerson({ name: 'Ada' })
  const secret = workspace.addChannel({ name: 'secret', isPrivate: true, members: [ada], app: true })
  workspace.addChannel({ name: 'hidden', isPrivate: true })
  const dba = workspace.addGroup({ handle: 'dba', members: [ada] })
  const types = 'public_channel,private_channel'
  expect((await slack.conversations.list({ types })).channels).toMatchObject([{ name: 'secret' }])
  expect((await slack.conversations.info({ channel: secret.id })).channel).toMatchObject({
    is_private: true,
    is_member: true,
    is_archived: false,
  })
  expect((await slack.usergroups.list({ include_users: true })).usergroups).toMatchObject([
    { handle: 'dba', users: [ada.id] },
  ])
  dba.members = []
  expect((await slack.usergroups.users.list({ usergroup: dba.id })).users).toEqual([])
  expect(await nameOf(slack.usergroups.users.list({ usergroup: 'S404' }))).toBe('no_such_subteam')
  expect(await errorOf(slack.conversations.history({ channel: secret.id }))).toMatchObject({
    needed: 'groups:history',
  })
  workspace.scopes.delete('groups:read')
  expect(await nameOf(slack.conversations.info({ channel: secret.id }))).toBe('missing_scope')
})

test('every call is recorded, up to as many as asked for', async () => {
  const workspace = await aWorkspace({ keepCalls: 2 })
  for (let n = 0; n < 9; n += 1) await client(workspace).auth.test()
  expect(workspace.calls.length).toBeLessThanOrEqual(4)
  expect(workspace.calls.at(-1)).toMatchObject({ method: 'auth.test', status: 200, response: { ok: true } })
  expect(workspace.calls.at(-1)?.at).toBeInstanceOf(Date)
})
