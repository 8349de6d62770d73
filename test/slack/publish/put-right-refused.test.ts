import { markOf } from '../../../src/slack/publish/messages.ts'
import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled, until } from '../../support/publishing.ts'

useBeats()
afterEach(() => stopReplicas())

test.each([
  'is not taken by Slack just then (HTTP 503)',
  'is told "not so fast"',
  'cannot be drawn just then',
])(
  'what came through only after another had edited the same message is put right, though the edit that does so %s',
  async (how) => {
    const slow = aGate()
    let isSlow = true
    let failures = 0
    let isPuttingRight = false
    const fails = (): boolean => isPuttingRight && failures++ === 0
    const slack = aSlack(async (_method, { text }) => {
      if (text === 'b' && isSlow) await slow.opened
      if (text !== 'c' || how.startsWith('cannot') || !fails()) return null
      return how.includes('503')
        ? new Response('', { status: 503 })
        : new Response('', { status: 429, headers: { 'retry-after': '1' } })
    })
    const of: Of = (grant) => [
      aPicture(grant, {
        key: 'card:g1',
        lane: 'active',
        to: { channel: 'C1' },
        draw: async () => {
          if (grant.reason === 'c' && how.startsWith('cannot') && fails())
            throw new Error('what it says cannot be found out now')
          return says(grant.reason)
        },
      }),
    ]
    const noted = new NotedSurfaces()
    const clock: { ms: () => number } = { ms: () => performance.now() }
    const {
      all: [a, b],
      side,
    } = replicas(2, slack, { of, surfaces: () => memorySurfaces(() => clock.ms(), noted) })
    if (!a || !b) throw new Error('two')
    clock.ms = () => side.world.clock.monotonicMs()
    slack.messages.set('card:g1', 'a')
    const { leasedBy } = await a.store.lease({ key: 'card:g1', requestId: 'r1' }, 1_000)
    await a.store.save(
      { key: 'card:g1', requestId: 'r1' },
      { channel: 'C1', ts: 'card:g1', shows: markOf(says('a')) },
      leasedBy,
    )
    await a.grants.insert(anActiveGrant({ reason: 'a', unshown: false }))
    await settled()
    await b.grants.change('g1', becomes('b'))
    await settled()
    // Longer than it is left to it.
    side.passes(21_000)
    await a.grants.change('g1', becomes('c'))
    await until(async () => (await a.grants.get('g1'))?.unshown === false)
    expect(slack.messages.get('card:g1')).toBe('c')
    isPuttingRight = true
    isSlow = false
    slow.open()
    await settled()
    // What it paused for by real time is over.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await secondsGoBy(side, 90)
    expect(failures).toBeGreaterThan(0)
    expect(slack.messages.get('card:g1')).toBe('c')
  },
)
