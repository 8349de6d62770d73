import { aScene, heldThere } from './a-scene.ts'

test('what a stopped process gives after the end of its grant is taken soon, though an earlier grant of the same is over and cannot be ended yet', async () => {
  let gives = 0
  let stops = (): void => undefined
  const { time, db, system, one, until, ask, approve } = aScene({
    // What is owed waits until it is back.
    isSilent: () => true,
    connects: (connector, clock, caller) => ({
      ...connector,
      // For so long it says that it is held, whatever was taken: the first grant is tried again only at 59 s.
      has: async (call) => (clock.nowMs > 11_000 && clock.nowMs < 37_500) || connector.has(call),
      give: async (call) => {
        gives += 1
        if (gives === 2) {
          stops()
          await caller.wait(0)
        }
        await connector.give(call)
      },
    }),
  })
  stops = () => one.pause(12_000)
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(38_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(43_000)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['revoking', 'active'])
  await until(49_500)
  expect([...db.grants.values()].at(-1)?.status).toBe('ended')
  expect(system.isHeld(heldThere)).toBe(false)
  // It goes on, and sends what it was about to give.
  await until(51_000)
  await until(55_500)
  expect(gives).toBe(3)
  expect(system.isHeld(heldThere)).toBe(false)
})
