import fc from 'fast-check'
import { at } from '../../support/builders.ts'
import { anotherLate, gone, isToAda, useLateAlerts } from '../../support/late-alerts.ts'
import type { Answer, Call } from '../../support/recorded-slack.ts'

const begun = useLateAlerts()

const step = fc.oneof(
  fc.record({ what: fc.constant('late' as const), n: fc.nat(1) }),
  fc.record({ what: fc.constant('gone' as const), n: fc.nat(1) }),
  fc.record({ what: fc.constant('clock' as const), n: fc.constantFrom(-7, 6, 31) }),
  fc.record({
    what: fc.constant('fails' as const),
    n: fc.nat(3),
    many: fc.integer({ min: 1, max: 3 }),
    method: fc.constantFrom('chat.postMessage', 'chat.update'),
  }),
  fc.record({ what: fc.constant('beats' as const), n: fc.integer({ min: 1, max: 3 }) }),
)
const restricted: Answer = { error: 'restricted_action' }
const failures: readonly Answer[] = [
  { status: 503 },
  { broken: 'socket hang up' },
  { error: 'internal_error' },
  restricted,
]

/** What stands in the channel, the last word of each message beside it, and what stands in DMs. */
function standing(taken: readonly Call[]) {
  const alerts = new Map<string, string>()
  const dms = new Map<string, string>()
  const words = new Map<string, number>()
  let posted = 0
  for (const call of taken) {
    const { ts, thread_ts: threadTs, text = '' } = call.args
    const postedTs = call.method === 'chat.update' ? ts : `${++posted}.0`
    if (threadTs === undefined) (isToAda(call) ? dms : alerts).set(postedTs ?? '', text)
    else words.set(threadTs, (words.get(threadTs) ?? 0) + 1)
  }
  return { alerts: [...alerts], dms: [...dms.values()], words }
}

test('whatever Slack fails to take, and however clocks are set, two replicas say in the end what is late in the newest message, and never twice that nothing is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { side, beats, stop } = begun({ replicas: 2, turns: 60 })
      const taken: Call[] = []
      let failing: readonly Answer[] = []
      let method = ''
      side.slack.always((call) => {
        // What was posted may be edited, and an admin can be written to.
        const isMeant = failing[0] !== restricted || (method === 'chat.postMessage' && !isToAda(call))
        const isLetThrough = call.method !== method || !isMeant
        const answer = isLetThrough ? undefined : failing[0]
        if (answer === undefined) taken.push(call)
        else failing = failing.slice(1)
        return answer
      })
      let nowS = 7_300
      const late = new Map<number, ReturnType<typeof anotherLate>>()
      const pass = async (many: number) => {
        for (let i = 0; i < many; i++) {
          nowS += 5
          side.setNow(at(nowS))
          await beats(1)
        }
      }
      for (const { what, n, ...more } of steps) {
        if (what === 'clock') nowS += n * 60
        if ('many' in more) {
          method = more.method
          failing = Array.from({ length: more.many }, () => failures[n] ?? { status: 503 })
        }
        if (what === 'beats') await pass(n)
        if (what === 'late') {
          const one = anotherLate({
            id: `g${n}`,
            requestId: `r${n}`,
            subject: { ...anotherLate().subject, id: `p${n}` },
            alertedAt: at(nowS),
          })
          if (late.has(n)) continue
          late.set(n, one)
          await side.writes(one)
        }
        if (what === 'gone') {
          const one = late.get(n)
          if (one !== undefined) await side.writes(gone(one))
          late.delete(n)
        }
      }
      failing = []
      await pass(20)
      await beats(2)
      const { alerts, dms, words } = standing(taken)
      const saying = alerts.filter(([, text]) => /\d late$/.test(text)).map(([ts]) => ts)
      if (late.size === 0) expect(saying).toEqual([])
      // Refused in the channel: its admin hears.
      else if (saying.length === 0) expect(dms).toContain(`Orders database: ${late.size} late`)
      else {
        expect(saying).toEqual([alerts.at(-1)?.[0]])
        expect(alerts.at(-1)?.[1]).toContain(`${late.size} late`)
        expect(words.has(saying[0] ?? '')).toBe(false)
      }
      expect(dms.filter((text) => /\d late$/.test(text) && !text.includes(`${late.size} late`))).toEqual([])
      expect([...words.values()].filter((many) => many > 1)).toEqual([])
      const quiet = side.slack.calls.length
      await beats(3)
      expect(side.slack.calls.length).toBe(quiet)
      if (late.size === 0) expect(await side.surfaces.needingLook(100, 'alert:')).toEqual([])
      await stop()
    }),
    { numRuns: 200 },
  )
}, 120_000)
