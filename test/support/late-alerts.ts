import type { Ended, Revoking } from '../../src/domain/grant.ts'
import { pictureAlerts } from '../../src/slack/looking-after/alerts.ts'
import type { Parts } from '../../src/slack/parts.ts'
import { Publisher } from '../../src/slack/publish/publisher.ts'
import { beat, useBeats } from './beats.ts'
import { at, sam } from './builders.ts'
import { anAlertedGrant, anEndedGrant } from './lives.ts'
import { settled } from './publishing.ts'
import type { Call } from './recorded-slack.ts'
import { aSlackSide, type SlackSide } from './slack-side.ts'

/** Riley's is late; so is this one of Sam's, for a little less long. */
export const anotherLate = (about: Partial<Revoking> = {}): Revoking => ({
  ...anAlertedGrant(),
  id: 'g2',
  requestId: 'r2',
  subject: sam,
  alertedAt: at(7_290),
  ...about,
})

/** What is late here as it is once it is gone. */
export const gone = ({ id, requestId, subject }: Revoking): Ended => ({
  ...anEndedGrant(),
  id,
  requestId,
  subject,
})

export const isToAda = ({ args }: Call): boolean => /^[UD]ADA$/.test(args['channel'] ?? '')

export interface LateAlerts {
  readonly side: SlackSide
  /** Five seconds go by, so often, with a look of each replica. */
  beats(many: number): Promise<void>
  /** What was posted in the channel, or tried to be: alerts, and last words in their threads. */
  alerts(): Call[]
  words(): Call[]
  /** What was sent to Ada, who is the admin. */
  dms(): Call[]
  /** What a message says now, or said last. */
  saysNow(ts: string): string
  stop(): Promise<unknown>
}

/** Alerts of what is late, and nothing else, as so many replicas publish them; each test's are stopped after it. */
export function useLateAlerts(): (about?: {
  side?: SlackSide
  parts?: Parts
  replicas?: number
  turns?: number
}) => LateAlerts {
  useBeats()
  const running: Publisher[] = []
  const stop = () => Promise.all(running.splice(0).map((one) => one.stop(100)))
  afterEach(stop)
  return ({ side = aSlackSide(), parts = side.parts, replicas = 1, turns = 300 } = {}) => {
    for (let n = 0; n < replicas; n++) {
      const own = n === 0 ? parts : { ...parts, surfaces: side.openSurfaces() }
      const publisher = new Publisher(own, {
        pictures: { of: async () => ({ pictures: [], isWhole: true }), alerts: () => pictureAlerts(own) },
        isPaced: false,
      })
      publisher.start()
      running.push(publisher)
    }
    const { calls } = side.slack
    const posts = () => calls.filter((call) => call.method === 'chat.postMessage' && !isToAda(call))
    return {
      side,
      beats: async (many) => {
        for (let i = 0; i < many; i++) {
          side.passes(5_000)
          beat(5_000)
          await settled(turns)
        }
      },
      alerts: () => posts().filter(({ args }) => !args['thread_ts']),
      stop,
      words: () => posts().filter(({ args }) => args['thread_ts']),
      dms: () => calls.filter(isToAda),
      saysNow: (ts) => calls.filter(({ args }) => args['ts'] === ts).at(-1)?.args['text'] ?? 'as posted',
    }
  }
}
