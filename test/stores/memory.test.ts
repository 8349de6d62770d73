import { memoryGrants, memoryHolds, MemoryDatabase } from '../support/memory-stores.ts'
import { at } from '../support/builders.ts'
import { memorySurfaces, NotedSurfaces } from '../support/memory-surfaces.ts'
import { grantStoreContract, holdStoreContract, surfaceStoreContract } from './contract.ts'

let nowMs = at(0).getTime()
const db = new MemoryDatabase(() => new Date(nowMs))
const noted = new NotedSurfaces()
const roundTrip = async <T>(effect: () => T) => {
  await Promise.resolve()
  return effect()
}

describe('grants in memory', () =>
  grantStoreContract(async () => memoryGrants(db, () => db.now(), roundTrip)))
describe('holds in memory', () =>
  holdStoreContract(async () => ({
    holds: memoryHolds(db, roundTrip),
    passes: async (ms) => {
      nowMs += ms
    },
  })))
describe('what stands in Slack, in memory', () => {
  surfaceStoreContract(async () => memorySurfaces(() => performance.now(), noted))

  test('the first turn comes at once, by whatever fraction of a millisecond the clock says', async () => {
    const waits: number[] = []
    for (let i = 0; i < 1000; i++)
      waits.push(await memorySurfaces(() => 60_000 + i / 7).turn('a', { burst: 1, everyMs: 60_000 }))
    expect(new Set(waits)).toEqual(new Set([0]))
  })
})
