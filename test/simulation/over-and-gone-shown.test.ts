import { statusLine } from '../../src/slack/words/status.ts'
import { aScene, heldThere } from './a-scene.ts'

test('what was taken at the end of another grant of the same, and is read back as gone, is not shown as still held', async () => {
  const { time, db, system, one, until, ask, approve } = aScene({
    // For so long it says that it is held, whatever was taken: the first grant is tried again only at 59 s.
    connects: (connector, clock) => ({
      ...connector,
      has: async (call) => (clock.nowMs > 11_000 && clock.nowMs < 37_500) || connector.has(call),
    }),
  })
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(38_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(50_500)
  const [first, other] = [...db.grants.values()]
  if (first === undefined || other?.status !== 'ended') throw new Error('not as it was meant')
  expect(other.left).toBe('gone')
  expect(system.isHeld(heldThere)).toBe(false)
  expect(statusLine(first, new Date(time.nowMs))).not.toContain('STILL HELD')
})
