import { releaseGrant } from '../../src/operations/release.ts'
import { aScene } from './a-scene.ts'
import { askers } from './catalog.ts'

test('who left first is said to have left it to the other, though the database is away for a moment as the other leaves', async () => {
  const { time, db, one, until, ask, approve } = aScene()
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(1_600, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(6_000)
  const [first, second] = [...db.grants.values()]
  if (first?.status !== 'active' || second?.status !== 'active') throw new Error('not as it was meant')
  // What the first left stands in the hold, and nothing can be noted of it: twice as it leaves, and once as the second does.
  const set = db.grants.set.bind(db.grants)
  let lost = 0
  db.grants.set = (id, grant) => {
    if (id === first.id && grant.status === 'ended' && lost < 3) {
      lost++
      throw new Error('the database went away')
    }
    return set(id, grant)
  }
  time.at(7_000, () => void releaseGrant(one.world, { grantId: first.id, by: askers[0] }))
  time.at(7_100, () => void releaseGrant(one.world, { grantId: second.id, by: askers[0] }))
  await until(60_000)
  expect(lost).toBe(3)
  const left = [first, second].map(({ id }) => {
    const grant = db.grants.get(id)
    return grant?.status === 'ended' ? grant.left : grant?.status
  })
  expect(left).toEqual(['kept-for-grant', 'gone'])
})
