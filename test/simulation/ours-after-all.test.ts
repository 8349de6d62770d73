import { aScene, heldThere } from './a-scene.ts'

test('what turns out to have come by a give of ours, just as it is left to whoever had it before, is not said to be gone while it is there, and is taken', async () => {
  const { time, db, system, one, other, until, ask, approve } = aScene()
  system.holdsAlready(heldThere)
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(6_000)
  const [grant] = db.grants.values()
  if (grant?.status !== 'active') throw new Error('not as it was meant')
  const untrue: string[] = []
  const set = db.grants.set.bind(db.grants)
  db.grants.set = (id, next) => {
    if (next.status === 'ended' && system.isHeld(heldThere)) untrue.push(next.left)
    return set(id, next)
  }
  // Another process begins to watch right after whoever leaves has read that it was there before.
  let isWatched = false
  for (const { holds } of [one.world, other.world]) {
    const { write } = { ...holds }
    holds.write = async (key, token, change) => {
      if (!isWatched && (change.keepMs ?? 0) > 0) {
        isWatched = true
        await holds.watch(key, { gave: true, forMs: 20_000 })
      }
      return write(key, token, change)
    }
  }
  await until(60_000)
  expect(isWatched).toBe(true)
  expect(untrue).toEqual([])
  expect(system.isHeld(heldThere)).toBe(false)
  expect(db.grants.get(grant.id)).toMatchObject({ status: 'ended', left: 'gone' })
})
