import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { Workspace } from '../workspace.ts'

/** A real Bolt app with one command, one modal and one card: what these tests drive. */
export interface PracticeApp {
  app: App
  stop(): Promise<unknown>
}

const systems = ['orders-db', 'orders-cache', 'billing-db']
const plain = (text: string) => ({ type: 'plain_text' as const, text })
const option = (text: string) => ({ text: plain(text), value: text })

export const requestModal = (changes: Partial<ModalView> = {}): ModalView => ({
  type: 'modal',
  callback_id: 'request',
  title: plain('Request access'),
  submit: plain('Send request'),
  close: plain('Cancel'),
  notify_on_close: true,
  blocks: [
    {
      type: 'input',
      block_id: 'what',
      label: plain('What?'),
      dispatch_action: true,
      element: { type: 'external_select', action_id: 'what', min_query_length: 0 },
    },
    {
      type: 'input',
      block_id: 'long',
      label: plain('For how long?'),
      element: {
        type: 'static_select',
        action_id: 'long',
        options: [option('1 h'), option('2 h')],
        initial_option: option('1 h'),
      },
    },
    {
      type: 'input',
      block_id: 'why',
      label: plain('Why?'),
      element: { type: 'plain_text_input', action_id: 'why', min_length: 3, max_length: 500 },
    },
  ],
  ...changes,
})

export const card = (text: string) => ({
  text,
  blocks: [
    { type: 'section' as const, text: { type: 'mrkdwn' as const, text } },
    {
      type: 'actions' as const,
      elements: [
        { type: 'button' as const, action_id: 'approve', text: plain('Approve'), value: 'grant-1' },
        {
          type: 'button' as const,
          action_id: 'end',
          text: plain('End now'),
          confirm: {
            title: plain('End?'),
            text: plain('At once.'),
            confirm: plain('End'),
            deny: plain('Keep'),
          },
        },
      ],
    },
  ],
})

/** Starts it on the workspace, over Socket Mode or over HTTP. `cardsIn` is the channel its cards go to. */
export async function startPracticeApp(
  workspace: Workspace,
  cardsIn: { id: string },
  over: 'sockets' | 'http' = 'sockets',
): Promise<PracticeApp> {
  const clientOptions = { slackApiUrl: workspace.apiUrl }
  const receiver =
    over === 'http'
      ? new HTTPReceiver({ signingSecret: workspace.signingSecret, logLevel: LogLevel.ERROR })
      : new SocketModeReceiver({
          appToken: workspace.appToken,
          installerOptions: { clientOptions },
          logLevel: LogLevel.ERROR,
        })
  const app = new App({
    token: workspace.botToken,
    receiver,
    clientOptions: { ...clientOptions, retryConfig: { retries: 0 }, timeout: 2500 },
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
  })
  listen(app, cardsIn.id)
  await app.init()
  if (receiver instanceof HTTPReceiver) {
    const server = await receiver.start(0)
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    workspace.deliverOverHttp(`http://127.0.0.1:${port}/slack/events`)
    return { app, stop: () => receiver.stop() }
  }
  await app.start()
  return { app, stop: () => receiver.client.disconnect() }
}

function listen(app: App, channel: string): void {
  app.command('/request-access', async ({ ack, command, client }) => {
    if (command.text === 'help') return ack('Say what you need.')
    await ack()
    await client.views.open({ trigger_id: command.trigger_id, view: requestModal() })
  })
  app.shortcut('request_access', async ({ ack, shortcut, client }) => {
    await ack()
    await client.views.open({ trigger_id: shortcut.trigger_id, view: requestModal() })
  })
  app.options('what', async ({ ack, options: { value } }) => {
    await ack({ options: systems.filter((name) => name.startsWith(value)).map(option) })
  })
  app.action('what', async ({ ack }) => ack())
  app.view('request', async ({ ack, view, body, client }) => {
    const why = view.state.values.why?.why?.value ?? ''
    if (why.includes('please')) {
      await ack({ response_action: 'errors', errors: { why: 'Say what for.' } })
      return
    }
    await ack()
    const what = view.state.values.what?.what?.selected_option?.value ?? ''
    await client.chat.postMessage({ channel, ...card(`<@${body.user.id}> asks for *${what}*`) })
  })
  app.view({ callback_id: 'request', type: 'view_closed' }, async ({ ack }) => ack())
  app.action('approve', async ({ ack, body, respond, client }) => {
    await ack()
    if (body.type !== 'block_actions' || !body.message) return
    const text = `Approved by <@${body.user.id}>`
    const blocks = [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text } }]
    await client.chat.update({ channel: body.channel?.id ?? '', ts: body.message.ts, text, blocks })
    await respond({ text: 'Thank you.', response_type: 'ephemeral', replace_original: false })
  })
  app.action('end', async ({ ack }) => ack())
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'section', text: plain('Nothing held.') }] },
    })
  })
}
