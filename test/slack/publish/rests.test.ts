import { setTimeout as sleep } from 'node:timers/promises'
import { anActiveGrant, riley } from '../../support/builders.ts'
import { aSlackSide } from '../../support/slack-side.ts'
import { Publisher } from '../../../src/slack/publish/publisher.ts'

test('while giving and taking back wait for places, one look at a time begins, each 150 ms at most', async () => {
  const side = aSlackSide()
  let begun = 0
  const publisher = new Publisher(side.parts, {
    pictures: {
      of: async () => {
        begun += 1
        // It asks the database.
        await sleep(5)
        return { pictures: [], isWhole: true }
      },
      alerts: async () => [],
    },
    isPaced: false,
  })
  publisher.start()
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  try {
    // More than there is room for.
    for (let i = 0; i < 80; i++) void side.world.queues.step('sys', 'call', () => opened)
    expect(side.world.queues.isBehind).toBe(true)
    for (let i = 0; i < 60; i++)
      await side.writes({
        ...anActiveGrant(),
        id: `g${i}`,
        requestId: `r${i}`,
        subject: { ...riley, id: `p${i}` },
        unshown: true,
      })
    const sinceMs = performance.now()
    begun = 0
    while (begun < 6) await sleep(10)
    // Its own second round, and what was under way.
    expect((performance.now() - sinceMs) / 150).toBeGreaterThan(begun - 2)
  } finally {
    open()
    await publisher.stop(100)
  }
})
