import { LogLevel, WebClient } from '@slack/web-api'
import { beat, useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { replicas, stopReplicas } from '../../support/publishing-replicas.ts'
import { aPicture, says, settled } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

test.each([
  ['nobody’s Home tab is', 0],
  ['sixty Home tabs are', 60],
])(
  'a message is posted once by two replicas, though Slack answers after nine seconds and %s drawn at that moment',
  async (_what, homes) => {
    const posted: string[] = []
    const underWay: { leftS: number; answer(): void }[] = []
    // As `slackClients` makes them.
    const aClient = () =>
      new WebClient('xoxb-test', {
        maxRequestConcurrency: 20,
        fetch: async (url: unknown, init?: { body?: unknown }) => {
          const args = Object.fromEntries(new URLSearchParams(String(init?.body)))
          await new Promise<void>((answer) => underWay.push({ leftS: 9, answer }))
          if (String(url).endsWith('chat.postMessage')) posted.push(args['text'] ?? '')
          return Response.json({ ok: true, channel: args['channel'], ts: `${posted.length}.0` })
        },
        rejectRateLimitedCalls: true,
        retryConfig: { retries: 0 },
        logLevel: LogLevel.ERROR,
      })
    const made: WebClient[] = []
    const noted = new NotedSurfaces()
    const clock: { ms: () => number } = { ms: () => performance.now() }
    const {
      all: [a],
      side,
    } = replicas(
      2,
      {
        get client() {
          // Read for each replica: for whoever waits, for the background, and for messages.
          const client = aClient()
          made.push(client)
          return client
        },
      },
      {
        of: (grant) => [
          aPicture(grant, {
            key: 'card:g1',
            isWanted: true,
            to: { channel: 'C1' },
            draw: async () => says('a card'),
          }),
        ],
        surfaces: () => memorySurfaces(() => clock.ms(), noted),
      },
    )
    const background = made[1]
    if (!a || !background) throw new Error('two')
    clock.ms = () => side.world.clock.monotonicMs()
    for (let i = 0; i < homes; i++)
      void background.views
        .publish({ user_id: `U${i}`, view: { type: 'home', blocks: [] } })
        .catch(() => null)
    await settled()
    await a.grants.insert(anActiveGrant({ unshown: true }))
    await settled()
    for (let s = 0; s < 90; s++) {
      side.passes(1_000)
      beat()
      for (const call of underWay.splice(0)) {
        call.leftS -= 1
        if (call.leftS <= 0) call.answer()
        else underWay.push(call)
      }
      await settled(60)
    }
    expect(posted).toEqual(['a card'])
  },
)
