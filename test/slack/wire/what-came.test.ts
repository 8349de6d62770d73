import { whatCame } from '../../../src/slack/wire/what-came.ts'

test.each([
  [
    { type: 'block_actions', actions: [{ action_id: 'card_approve', value: 'riley' }] },
    'click',
    'card_approve',
  ],
  [{ type: 'block_actions', actions: [{ action_id: 'home_page:17' }] }, 'click', 'home_page'],
  [{ type: 'view_submission', view: { callback_id: 'request', state: {} } }, 'form', 'request'],
  [
    { type: 'block_suggestion', action_id: 'entitlement', value: 'what riley types' },
    'options',
    'entitlement',
  ],
  [{ type: 'shortcut', callback_id: 'request_access' }, 'shortcut', 'request_access'],
  [{ command: '/request-access', text: 'orders-db for riley' }, 'command', '/request-access'],
  [{ type: 'event_callback', event: { type: 'user_change', user: { id: 'U1' } } }, 'event', 'user_change'],
  [{ type: 'block_actions', actions: [{ action_id: 'ü riley@acme.example' }] }, 'click', '?'],
  [{ type: 'something-new', riley: 'riley' }, 'other', 'unknown'],
  [null, 'other', 'unknown'],
])(
  'what Slack delivers has the name that our code has for it, and nothing of whoever sent it: %j',
  (body, kind, of) => {
    expect(whatCame(body)).toEqual({ type: 'interaction', kind, of })
  },
)
