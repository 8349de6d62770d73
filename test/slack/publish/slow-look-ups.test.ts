import { setTimeout as sleep } from 'node:timers/promises'
import { directoryFrom } from '../../../src/people/directory.ts'
import { picturesOf } from '../../../src/slack/pictures.ts'
import { LogLevel, WebClient } from '@slack/web-api'
import { slackDirectory } from '../../../src/slack/directory/directory.ts'
import { noLog } from '../../support/no-log.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'
import { aPendingGrant } from '../../support/builders.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'
import { read } from '../../catalog/reading.ts'

const answeredBy = (review: string): string =>
  catalogWith().replace('approvers: { groups: ["@dba"] }', review)
const byManager = `review:
    stages:
      - { name: Manager, approvers: { manager: true }, otherwise: { groups: ["@dba"], people: [kim@acme.example] } }`

/** Slack takes messages, and what it is asked of people and groups it refuses at once, or says nothing. */
test.each([
  ['of a group', 'refuses to say', catalogWith()],
  ['of a group', 'does not answer when it is asked', catalogWith()],
  ['that a manager answers, and else others', 'does not answer when it is asked', answeredBy(byManager)],
])(
  'a card %s is posted though Slack %s who anybody is',
  async (_of, how, catalog) => {
    const side = aSlackSide({ catalog: read(catalog) })
    // As `slackClients` makes it for look-ups.
    const client = new WebClient('xoxb-test', {
      timeout: 2_500,
      maxRequestConcurrency: 100,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logLevel: LogLevel.ERROR,
      fetch: async (_url, init) => {
        if (how.startsWith('refuses')) return new Response('', { status: 503 })
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
