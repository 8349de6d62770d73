import type { SurfaceStore } from '../../../src/domain/ports/surfaces.ts'
import { markOf } from '../../../src/slack/publish/messages.ts'
import { useBeats } from '../../support/beats.ts'
import { anActiveGrant } from '../../support/builders.ts'
import { aGate } from '../../support/busy-publisher.ts'
import { memorySurfaces, NotedSurfaces } from '../../support/memory-surfaces.ts'
import { aSlack, becomes, replicas, stopReplicas, type Of } from '../../support/publishing-replicas.ts'
import { aPicture, says, secondsGoBy, settled, until } from '../../support/publishing.ts'

/** Two replicas edit one message: what was sent late, or drawn before, does not stand in the end. */

useBeats()
afterEach(() => stopReplicas())

const oneCard: Of = (grant) => [
  aPicture(grant, {
    key: 'card:g1',
    lane: 'active',
    to: { channel: 'C1' },
    draw: async () => says(grant.reason),
  }),
]

/** Two replicas; a card stands and says `a`. The second takes a message only once the gate is open. */
async function two(of: Of = oneCard) {
  const gate = aGate()
  const on = { isHeld: false, taking: false, isSlow: '' }
  const slow = aGate()
  const slack = aSlack(async (_method, { text }) => {
    if (text !== '' && text === on.isSlow) await slow.opened
    return null
  })
  const noted = new NotedSurfaces()
  const clock: { ms: () => number } = { ms: () => performance.now() }
  let made = 0
  const {
    all: [a, b],
    side,
  } = replicas(2, slack, {
    of,
    surfaces: () => {
      const store = memorySurfaces(() => clock.ms(), noted)
      if (made++ === 0) return store
      const lease: SurfaceStore['lease'] = async (...asked) => {
        if (on.isHeld) {
          on.taking = true
          await gate.opened
        }
        return store.lease(...asked)
      }
      return { ...store, lease }
    },
  })
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
  return { a, b, side, slack, gate, slow, on }
}

test('what one edited after another had noted the newest as shown, which stood there already, is put right by it', async () => {
  const { a, b, side, slack, gate, on } = await two()
  on.isHeld = true
  await b.grants.change('g1', becomes('b'))
  await until(() => on.taking)
  await a.grants.change('g1', becomes('a'))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  on.isHeld = false
  gate.open()
  await settled()
  expect(slack.log).toContain('chat.update card:g1 b')
  await secondsGoBy(side, 90)
  expect(slack.messages.get('card:g1')).toBe('a')
})

test('what waited for its turn is drawn as it is by then, though another process wrote it', async () => {
  const { a, b, side, slack, gate, on } = await two()
  await a.publisher.stop(10)
  on.isHeld = true
  await b.grants.change('g1', becomes('b'))
  await until(() => on.taking)
  await a.grants.change('g1', becomes('c'))
  side.passes(700)
  on.isHeld = false
  gate.open()
  await settled()
  await secondsGoBy(side, 5)
  expect(slack.log).toEqual(['chat.update card:g1 c'])
})

test('what came through only after another had taken and edited the same message is put right', async () => {
  const { a, b, side, slack, slow, on } = await two()
  on.isSlow = 'b'
  await b.grants.change('g1', becomes('b'))
  await settled()
  // Longer than it is left to it.
  side.passes(21_000)
  await a.grants.change('g1', becomes('c'))
  await until(async () => (await a.grants.get('g1'))?.unshown === false)
  expect(slack.messages.get('card:g1')).toBe('c')
  slow.open()
  await settled()
  expect(slack.log.at(-1)).toContain('card:g1')
  await secondsGoBy(side, 90)
  expect(slack.messages.get('card:g1')).toBe('c')
})
