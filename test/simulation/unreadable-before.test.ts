import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

test('an end is not late because the one that left before cannot be read by this version', async () => {
  const { time, db, system, one, other, until, ask, approve } = aScene()
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(14_000)
  const [unread] = [...db.grants.values()]
  if (unread?.status !== 'ended') throw new Error('not as it was meant')
  // It said already what it left; a replica of a later version wrote something into it since.
  for (const { grants } of [one.world, other.world]) {
    const { get, change } = { ...grants }
    const cannot = () => Promise.reject(new Error('a grant cannot be read'))
    grants.get = (id) => (id === unread.id ? cannot() : get(id))
    grants.change = (id, ...asked) => (id === unread.id ? cannot() : change(id, ...asked))
  }
  time.at(15_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(20_000)
  const grant = [...db.grants.values()].find(({ requestId }) => requestId === 'same')
  if (grant?.status !== 'active') throw new Error('not as it was meant')
  void releaseGrant(one.world, { grantId: grant.id, by: askers[0] })
  await until(25_000)
  expect(system.isHeld(heldThere)).toBe(false)
})
