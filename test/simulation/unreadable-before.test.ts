import { releaseGrant } from '../../src/operations/release.ts'
import { UnknownRecord } from '../../src/domain/unknown-record.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

test('an end is not late because the one that left before cannot be read by this version', async () => {
  const { leaves, before, system, one, other } = await aSceneAfterOne()
  // It said already what it left; a replica of a later version wrote something into it since.
  for (const { grants } of [one.world, other.world]) {
    const { get, change } = { ...grants }
    const cannot = () => Promise.reject(new UnknownRecord('a grant cannot be read'))
    grants.get = (id) => (id === before ? cannot() : get(id))
    grants.change = (id, ...asked) => (id === before ? cannot() : change(id, ...asked))
  }
  await leaves()
  expect(system.isHeld(heldThere)).toBe(false)
})

test('an end is not late because the one that left before is in no backup that was restored', async () => {
  const { leaves, before, system, db } = await aSceneAfterOne()
  db.grants.delete(before)
  await leaves()
  expect(system.isHeld(heldThere)).toBe(false)
})

/** One has left; `leaves`: the same is given again, and five seconds have gone since it was released. */
async function aSceneAfterOne() {
  const scene = aScene()
  const { time, db, one, until, ask, approve } = scene
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(14_000)
  const [first] = [...db.grants.values()]
  if (first?.status !== 'ended') throw new Error('not as it was meant')
  const leaves = async () => {
    time.at(15_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
    await until(20_000)
    const grant = [...db.grants.values()].find(({ requestId }) => requestId === 'same')
    if (grant?.status !== 'active') throw new Error('not as it was meant')
    void releaseGrant(one.world, { grantId: grant.id, by: askers[0] })
    await until(22_000)
  }
  return { ...scene, before: first.id, leaves }
}
