import { App, LogLevel } from '@slack/bolt'
import { z } from 'zod'
import { answerParent } from './part.ts'

/** What Curfew is compared with: Bolt's own `App` over Socket Mode, and a listener that opens a fixed modal. */
const question = z.object({ botToken: z.string(), appToken: z.string(), slackApiUrl: z.string() })

answerParent(question, async ({ botToken, appToken, slackApiUrl }) => {
  const app = new App({
    token: botToken,
    appToken,
    socketMode: true,
    clientOptions: { slackApiUrl },
    logLevel: LogLevel.ERROR,
  })
  app.command('/request-access', async ({ ack, body, client }) => {
    await ack()
    await client.views.open({ trigger_id: body.trigger_id, view })
  })
  await app.start()
  return 'listening'
})

/** As large as the form that Curfew opens. */
const view = {
  type: 'modal' as const,
  callback_id: 'request',
  title: { type: 'plain_text' as const, text: 'Request access' },
  submit: { type: 'plain_text' as const, text: 'Send request' },
  close: { type: 'plain_text' as const, text: 'Cancel' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'entitlement',
      dispatch_action: true,
      label: { type: 'plain_text' as const, text: 'What do you want to access?' },
      element: {
        type: 'external_select' as const,
        action_id: 'entitlement',
        min_query_length: 0,
        placeholder: { type: 'plain_text' as const, text: 'Type to search' },
      },
    },
    {
      type: 'input' as const,
      block_id: 'reason',
      label: { type: 'plain_text' as const, text: 'What do you need it for?' },
      hint: { type: 'plain_text' as const, text: 'Approvers see this, and it is kept.' },
      element: {
        type: 'plain_text_input' as const,
        action_id: 'reason',
        multiline: true,
        min_length: 3,
        max_length: 2_000,
        placeholder: { type: 'plain_text' as const, text: 'INC-123: orders stuck in paid' },
      },
    },
  ],
}
