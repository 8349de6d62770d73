import { aScene, heldThere } from './a-scene.ts'

test('what was there before, and is still, is not said to be gone of the first of two that leave, though the database is away for a moment between the two', async () => {
  const { time, db, system, one, until, ask, approve } = aScene()
  system.holdsAlready(heldThere)
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(1_600, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(6_000)
  const ids = [...db.grants.keys()]
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['active', 'active'])
  // From when the first has left until the second has: nothing can be noted of the first.
  const set = db.grants.set.bind(db.grants)
  let lost = 0
  db.grants.set = (id, grant) => {
    const [hold] = db.holds.values()
    if (grant.status === 'ended' && hold?.lastLeft?.grantId === id && Object.keys(hold.claims).length > 0) {
      lost++
      throw new Error('the database went away')
    }
    return set(id, grant)
  }
  await until(60_000)
  expect(lost).toBeGreaterThan(0)
  expect(system.isHeld(heldThere)).toBe(true)
  const left = ids.map((id) => {
    const grant = db.grants.get(id)
    return grant?.status === 'ended' ? grant.left : grant?.status
  })
  expect(left).toEqual(['kept-before', 'kept-before'])
})
