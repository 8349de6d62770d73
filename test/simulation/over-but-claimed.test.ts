import { ConnectorError } from '../../src/domain/connector.ts'
import { aScene, heldThere } from './a-scene.ts'

/** An end is not late because an earlier grant of the same could not be ended yet, and is tried again only later. */

test('what another grant claims that is over is taken at the end of this one', async () => {
  const { time, db, system, one, until, ask, approve } = aScene({
    // For so long it says that it is held, whatever was taken; and as it is down, what is owed waits until it is back.
    isSilent: () => true,
    connects: (connector, clock) => ({
      ...connector,
      has: async (call) => (clock.nowMs > 11_000 && clock.nowMs < 37_500) || connector.has(call),
    }),
  })
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(38_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(43_000)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['revoking', 'active'])
  expect(system.isHeld(heldThere)).toBe(true)
  await until(49_000)
  expect(system.isHeld(heldThere)).toBe(false)
  await until(120_000)
  expect([...db.grants.values()].map((grant) => 'left' in grant && grant.left)).toEqual(['gone', 'gone'])
})

test('what may still turn up until an instant is ended then, and not as late as what failed so often', async () => {
  let gives = 0
  const { time, db, one, until, ask, approve } = aScene({
    lateMs: 25_000,
    connects: (connector) => ({
      ...connector,
      give: async (call) => {
        gives += 1
        if (gives === 1) throw new ConnectorError('connection reset', { retryable: true })
        await connector.give(call)
      },
    }),
  })
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(20_000)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['revoking'])
  const mayAppearUntil = [...db.holds.values()][0]?.watch?.until.getTime() ?? 0
  await until(mayAppearUntil + 1_500)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
  expect(gives).toBe(2)
})
