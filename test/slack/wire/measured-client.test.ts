import type { Observed } from '../../../src/domain/ports/observe.ts'
import { slackClients } from '../../../src/slack/wire/clients.ts'
import { noLog } from '../../support/no-log.ts'
import { aWorkspace } from '../../workspace/support/a-workspace.ts'

test.each([
  ['done', null],
  ['refused', { error: 'user_not_found' }],
  ['rate-limited', { ratelimited: true, retryAfterSeconds: 7 }],
  ['trouble', { status: 503 }],
  ['no-answer', 'drop'],
] as const)(
  'a call of Slack that is %s is told of once, by its method, and fails as it did before',
  async (outcome, fault) => {
    const { botToken, apiUrl: slackApiUrl, faults } = await aWorkspace()
    const told: Observed[] = []
    const observe = (what: Observed) => void told.push(what)
    const { interactive } = slackClients({ botToken, slackApiUrl, dispatcher: null, log: noLog, observe })
    if (fault !== null) faults.next('auth.test', fault)
    const call = interactive.auth.test()
    if (outcome === 'done') expect(await call).toMatchObject({ ok: true })
    else await expect(call).rejects.toThrow()
    const [first, ...more] = told
    expect(first).toMatchObject({ type: 'slack-called', method: 'auth.test', outcome })
    expect(first?.type === 'slack-called' && first.tookMs).toBeGreaterThan(0)
    expect(more).toEqual(
      outcome === 'rate-limited' ? [{ type: 'slack-paused', method: 'auth.test', forMs: 7_000 }] : [],
    )
  },
)
