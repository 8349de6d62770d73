import { settle } from '../../src/operations/by-itself/settle.ts'
import type { Directory } from '../../src/domain/ports/directory.ts'
import { aScene } from './a-scene.ts'

test('what one replica has just given another, which is slower to find out that it may not be, does not call "could not be given"', async () => {
  const { time, db, one, other, until, ask, approve } = aScene({
    connects: (connector, _time, caller) => ({
      ...connector,
      give: async (call) => {
        await caller.wait(1_000)
        await connector.give(call)
      },
    }),
  })
  const { directory } = other.world
  const slow: Directory = {
    ...directory,
    freshFacts: async (person) => {
      await other.wait(2_500)
      const facts = await directory.freshFacts(person)
      return facts === 'unknown' ? facts : { ...facts, isExternal: true }
    },
  }
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(1_600, () => {
    const [grant] = db.grants.values()
    if (grant?.status !== 'granting') throw new Error('not as it was meant')
    void settle({ ...other.world, directory: slow }, grant.id)
  })
  await until(3_500)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['active'])
  await until(60_000)
  const [grant] = db.grants.values()
  // "Could not give: …. Checked: nothing held", though it was held.
  expect(grant?.status === 'ended' && { cause: grant.cause, wasHeld: grant.activeAt !== null }).not.toEqual({
    cause: 'failed',
    wasHeld: true,
  })
})
