import { App, LogLevel } from '@slack/bolt'
import { listenToRequest } from '../../../src/slack/asking/request-modal.ts'
import type { Parts } from '../../../src/slack/parts.ts'
import { read } from '../../catalog/reading.ts'
import { riley } from '../../support/builders.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

/** Chooses an entitlement in the form; the catalog is this one by the time Slack says who they are. */
async function formAfterChoosing(later: string): Promise<string[]> {
  const side = aSlackSide()
  let catalog = side.world.catalog()
  const app = new App({
    receiver: { init: () => undefined, start: async () => undefined, stop: async () => undefined },
    authorize: async () => ({ botToken: 'xoxb-x', botId: 'B1', botUserId: 'U0BOT' }),
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    tokenVerificationEnabled: false,
  })
  await app.init()
  const parts: Parts = {
    ...side.parts,
    app,
    world: { ...side.world, catalog: () => catalog },
    directory: {
      ...side.parts.directory,
      // Slack is asked who they are, and the owner's new files are read meanwhile.
      remembered: () => null,
      facts: (userId) => {
        catalog = read(later)
        return side.parts.directory.facts(userId)
      },
    },
  }
  listenToRequest(parts)
  const option = { text: { type: 'plain_text', text: 'Read orders' }, value: 'orders-db/read' }
  const chosen = { type: 'external_select', selected_option: option }
  const body = {
    type: 'block_actions',
    team: { id: 'T1', domain: 'acme' },
    api_app_id: 'A1',
    user: { id: riley.slack.userId, team_id: 'T1' },
    trigger_id: '1.1',
    view: {
      id: 'V1',
      hash: 'h1',
      type: 'modal',
      state: { values: { entitlement: { entitlement: chosen } } },
    },
    actions: [{ ...chosen, action_id: 'entitlement', block_id: 'entitlement', action_ts: '1.1' }],
  }
  await app.processEvent({ body, ack: async () => undefined })
  expect(side.warnings).toEqual([])
  return side.slack.calls
    .filter(({ method }) => method === 'views.update')
    .map(({ args }) => args['view'] ?? '')
}

test('the form is drawn for what was chosen', async () => {
  const [view] = await formAfterChoosing(catalogWith())
  expect(view).toContain('Read orders')
})

test('the form is not drawn for what somebody may request no more, by the catalog that came while it was chosen', async () => {
  expect(await formAfterChoosing(catalogWith().replace('who: "true"', 'who: "guest"'))).toEqual([])
})
