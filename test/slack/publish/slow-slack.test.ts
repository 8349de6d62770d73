import { LogLevel, WebClient } from '@slack/web-api'
import { beat, useBeats } from '../../support/beats.ts'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { replicas, stopReplicas } from '../../support/publishing-replicas.ts'
import { aPicture, says, settled } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

/** More than are sent at once; Slack takes its time for each, less than its timeout. */
test.each([
  ['at once', 1],
  ['after nine seconds each, less than the timeout', 9],
])(
  'DMs to fifty people are posted once each, by two replicas, though Slack answers %s',
  async (_what, slowS) => {
    const posted: string[] = []
    const underWay: { leftS: number; answer(): void }[] = []
    const aClient = () =>
      new WebClient('xoxb-test', {
        maxRequestConcurrency: 20,
        fetch: async (_url: unknown, init?: { body?: unknown }) => {
          const args = Object.fromEntries(new URLSearchParams(String(init?.body)))
          await new Promise<void>((answer) => underWay.push({ leftS: slowS, answer }))
          posted.push(args['text'] ?? '')
          return Response.json({ ok: true, channel: args['channel'], ts: `${posted.length}.0` })
        },
        rejectRateLimitedCalls: true,
        retryConfig: { retries: 0 },
        logLevel: LogLevel.ERROR,
      })
    const noted = new NotedSurfaces()
    const clock: { ms: () => number } = { ms: () => performance.now() }
    const {
      all: [a],
      side,
      db,
    } = replicas(
      2,
      {
        // Each replica has its own.
        get client() {
          return aClient()
        },
      },
      {
        of: (grant) => [
          aPicture(grant, {
            key: `dm:${grant.id}`,
            isWanted: true,
            to: { channel: `U${grant.id}` },
            draw: async () => says(`dm of ${grant.id}`),
          }),
        ],
        surfaces: () => memorySurfaces(() => clock.ms(), noted),
      },
    )
    if (!a) throw new Error('two')
    clock.ms = () => side.world.clock.monotonicMs()
    const ids = Array.from({ length: 50 }, (_, i) => `g${i}`)
    for (const id of ids)
      await a.grants.insert(anActiveGrant({ id, requestId: id, subject: { ...riley, id }, unshown: true }))
    await settled()
    for (let s = 0; s < 60; s++) {
      side.passes(1_000)
      beat()
      for (const call of underWay.splice(0)) {
        call.leftS -= 1
        if (call.leftS <= 0) call.answer()
        else underWay.push(call)
      }
      await settled(60)
    }
    expect([...db.grants.values()].every(({ unshown }) => !unshown)).toBe(true)
    expect(posted.sort()).toEqual(ids.map((id) => `dm of ${id}`).sort())
  },
)
