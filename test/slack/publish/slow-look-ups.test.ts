import { setTimeout as sleep } from 'node:timers/promises'
import { directoryFrom } from '../../../src/people/directory.ts'
import { picturesOf } from '../../../src/slack/pictures.ts'
import { LogLevel, WebClient } from '@slack/web-api'
import { slackDirectory } from '../../../src/slack/directory/directory.ts'
import { noLog } from '../../support/no-log.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { aPendingGrant } from '../../support/builders.ts'
import { aSlackSide } from '../../support/slack-side.ts'

/** Slack takes messages, and what it is asked of people and groups it refuses at once, or says nothing. */
test.each([
  ['refuses to say', 'refuses'],
  ['does not answer when it is asked', 'hangs'],
])(
  'a card is posted though Slack %s who anybody is',
  async (_what, how) => {
    const side = aSlackSide()
    // As `slackClients` makes it for look-ups.
    const client = new WebClient('xoxb-test', {
      timeout: 2_500,
      maxRequestConcurrency: 100,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logLevel: LogLevel.ERROR,
      fetch: async (_url, init) => {
        if (how === 'refuses') return new Response('', { status: 503 })
        return new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('it took too long')))
        })
      },
    })
    const directory = slackDirectory({
      client,
      teamId: () => 'T1',
      people: { seen: () => Promise.reject(new Error('not asked')), bySlackUser: async () => null },
      log: noLog,
    })
    const parts = { ...side.parts, directory, world: { ...side.world, directory: directoryFrom(directory) } }
    const publisher = new Publisher(parts, {
      pictures: {
        of: (grant, many, rows) => picturesOf(parts, grant, many, rows),
        alerts: async () => [],
      },
      isPaced: false,
    })
    publisher.start()
    const { resource, entitlement } = aPendingGrant()
    await side.writes(
      aPendingGrant({
        resource: { ...resource, id: 'orders-db' },
        entitlement: { ...entitlement, id: 'read' },
      }),
    )
    const beganMs = performance.now()
    const card = () => side.slack.calls.find(({ args }) => args['channel'] === aPendingGrant().channel)
    while (card() === undefined && performance.now() - beganMs < 40_000) await sleep(50)
    await publisher.stop(100)
    expect(card()).toBeDefined()
  },
  60_000,
)
