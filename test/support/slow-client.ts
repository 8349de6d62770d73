import { LogLevel, WebClient } from '@slack/web-api'
import { beat } from './beats.ts'
import { memorySurfaces, NotedSurfaces } from './memory-surfaces.ts'
import { replicas, type Of } from './publishing-replicas.ts'
import { settled } from './publishing.ts'

/**
 * Two replicas, each with clients of its own, as `slackClients` makes them, of a Slack that answers a call so many seconds
 * after it came. Time goes by only while `goesBy`, in halves of a second; `takes` waits for it.
 */
export function twoOnSlowSlack(of: (takes: (seconds: number) => Promise<void>) => Of, answersAfterS: number) {
  const posted: string[] = []
  const underWay: { leftS: number; answer(): void }[] = []
  const takes = (leftS: number) => new Promise<void>((answer) => underWay.push({ leftS, answer }))
  const made: WebClient[] = []
  const aClient = () =>
    new WebClient('xoxb-test', {
      maxRequestConcurrency: 20,
      fetch: async (url: unknown, init?: { body?: unknown }) => {
        const args = Object.fromEntries(new URLSearchParams(String(init?.body)))
        await takes(answersAfterS)
        if (String(url).endsWith('chat.postMessage')) posted.push(args['text'] ?? '')
        return Response.json({ ok: true, channel: args['channel'], ts: `${posted.length}.0` })
      },
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logLevel: LogLevel.ERROR,
    })
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  const {
    all: [first],
    side,
    db,
  } = replicas(
    2,
    {
      // Read for each replica: for whoever waits, for the background, and for messages.
      get client() {
        const client = aClient()
        made.push(client)
        return client
      },
    },
    { of: of(takes), surfaces: () => memorySurfaces(() => clock.ms(), noted) },
  )
  const background = made[1]
  if (!first || !background) throw new Error('two')
  clock.ms = () => side.world.clock.monotonicMs()
  const goesBy = async (seconds: number): Promise<void> => {
    for (let half = 1; half <= 2 * seconds; half++) {
      side.passes(500)
      if (half % 2 === 0) beat()
      for (const call of underWay.splice(0)) {
        call.leftS -= 0.5
        if (call.leftS <= 0) call.answer()
        else underWay.push(call)
      }
      await settled(60)
    }
  }
  return { grants: first.grants, background, posted, db, goesBy }
}
