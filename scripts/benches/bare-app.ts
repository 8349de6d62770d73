import { MongoBackend } from '@agendajs/mongo-backend'
import { App, LogLevel } from '@slack/bolt'
import { Agenda } from 'agenda'
import mongoose, { Schema } from 'mongoose'
import { Pool } from 'undici'
import { z } from 'zod'
import { answerParent } from './part.ts'

/**
 * What a life in Curfew is compared with: the shortest app that does the same on a good day. The same libraries, the
 * same messages, one insert and one update for each change of state, and give, take and has. It promises nothing: a call
 * that fails, a second click or a restart is not thought of.
 */
const question = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('start'),
    botToken: z.string(),
    appToken: z.string(),
    slackApiUrl: z.string(),
    mongodbUri: z.string(),
    url: z.string(),
    channel: z.string(),
    lastsMs: z.number(),
    warnMs: z.number(),
  }),
  z.object({ what: z.literal('cpu') }),
])
type Start = Extract<z.infer<typeof question>, { what: 'start' }>

answerParent(question, async (asked) => {
  if (asked.what === 'start') return startApp(asked)
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
})

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const words = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } })
const buttons = (value: string, ...labels: string[]) => ({
  type: 'actions' as const,
  elements: labels.map((label) => ({
    type: 'button' as const,
    text: plain(label),
    action_id: label.split(' ')[0]?.toLowerCase(),
    value,
  })),
})
const clicked = z.object({
  user: z.object({ id: z.string() }),
  actions: z.tuple([z.object({ value: z.string() })]),
  container: z.object({ channel_id: z.string(), message_ts: z.string() }),
})

async function startApp({
  botToken,
  appToken,
  slackApiUrl,
  mongodbUri,
  url,
  channel,
  lastsMs,
  warnMs,
}: Start) {
  const connection = await mongoose.createConnection(mongodbUri).asPromise()
  const grants = connection.model('Grant', new Schema({}, { strict: false, collection: 'grants' }))
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: connection.db as never }),
    processEvery: 1_000,
    defaultConcurrency: 100,
    maxConcurrency: 100,
  })
  const { origin, pathname: path } = new URL(url)
  const pool = new Pool(origin, { connections: 64 })
  const call = async (action: string, principal: string): Promise<void> => {
    const body = JSON.stringify({ action, principal, target: { group: 'bench' } })
    const headers = { 'content-type': 'application/json' }
    const answer = await pool.request({ method: 'POST', path, headers, body })
    await answer.body.text()
  }
  const app = new App({
    token: botToken,
    appToken,
    socketMode: true,
    clientOptions: { slackApiUrl },
    logLevel: LogLevel.ERROR,
  })
  const { client } = app
  const post = async (to: string, text: string, ...more: ReturnType<typeof buttons>[]) =>
    (await client.chat.postMessage({ channel: to, text, blocks: [words(text), ...more] })) as {
      channel: string
      ts: string
    }
  const edit = (at: { channel: string; ts: string }, text: string) =>
    client.chat.update({ channel: at.channel, ts: at.ts, text, blocks: [words(text)] })
  const change = async (_id: unknown, set: Record<string, unknown>) =>
    grants.findByIdAndUpdate(_id, { $set: set }, { returnDocument: 'after' }).lean<Life>()

  interface Life {
    _id: unknown
    user: string
    principal: string
    reason: string
    card: { channel: string; ts: string }
    asked: { channel: string; ts: string }
    have: { channel: string; ts: string }
    warning: { channel: string; ts: string }
  }

  app.command('/request-access', async ({ ack, body, client: web }) => {
    await ack()
    await web.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'request',
        title: plain('Request access'),
        submit: plain('Send request'),
        blocks: [
          {
            type: 'input',
            block_id: 'reason',
            label: plain('What do you need it for?'),
            element: {
              type: 'plain_text_input',
              action_id: 'reason',
              multiline: true,
              initial_value: body.text,
            },
          },
        ],
      },
    })
  })
  app.view('request', async ({ ack, body, view }) => {
    await ack({ response_action: 'clear' })
    const reason = view.state.values['reason']?.['reason']?.value ?? ''
    const user = body.user.id
    const { user: record } = await client.users.info({ user })
    const principal = record?.profile?.email?.split('@')[0] ?? ''
    const asking = { user, principal, reason, status: 'pending', requestedAt: new Date() }
    const { id } = (await grants.create(asking)) as { id: string }
    const asked = await post(user, `Asked for access: ${reason}`, buttons(id, 'Withdraw'))
    await change(id, { asked })
    await post(channel, `<@${user}> asks for access: ${reason}`, buttons(id, 'Approve 16 s', 'Deny…'))
  })
  app.action('approve', async ({ ack, body }) => {
    await ack()
    const { user, actions, container } = clicked.parse(body)
    const card = { channel: container.channel_id, ts: container.message_ts }
    await client.users.info({ user: user.id })
    const life = await grants
      .findOneAndUpdate(
        { _id: actions[0].value, status: 'pending' },
        { $set: { status: 'granting', approvedBy: user.id, card } },
        { returnDocument: 'after' },
      )
      .lean<Life>()
    if (life === null) return
    await call('give', life.principal)
    const endsAt = new Date(Date.now() + lastsMs)
    const given = await change(life._id, { status: 'active', endsAt })
    if (given === null) return
    await edit(card, `Approved: ${life.reason}`)
    await edit(given.asked, `Approved: ${life.reason}`)
    const have = await post(life.user, `You have access: ${life.reason}`, buttons(String(life._id), 'Done'))
    await change(life._id, { have })
    await agenda.schedule(new Date(endsAt.getTime() - warnMs), 'warn', { id: String(life._id) })
    await agenda.schedule(endsAt, 'end', { id: String(life._id) })
  })
  agenda.define('warn', async (job: { attrs: { data: { id: string } } }) => {
    const life = await change(job.attrs.data.id, { warnedAt: new Date() })
    if (life === null) return
    const warning = await post(
      life.user,
      `It ends soon: ${life.reason}`,
      buttons(String(life._id), 'Extend 1 h'),
    )
    await change(life._id, { warning })
  })
  agenda.define('end', async (job: { attrs: { data: { id: string } } }) => {
    const life = await change(job.attrs.data.id, { status: 'revoking' })
    if (life === null) return
    await call('take', life.principal)
    await call('has', life.principal)
    await change(life._id, { status: 'ended', endedAt: new Date() })
    await edit(life.card, `Ended: ${life.reason}`)
    await edit(life.have, `You had access: ${life.reason}`)
    await post(life.user, `Ended, it is gone: ${life.reason}`)
  })
  await agenda.start()
  await app.start()
  return 'running'
}
