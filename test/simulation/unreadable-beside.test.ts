import { UnknownRecord } from '../../src/domain/unknown-record.ts'
import { aScene, heldThere } from './a-scene.ts'

test('a grant that this version cannot read keeps no other of the same from ending', async () => {
  const { time, db, system, one, other, until, ask, approve } = aScene()
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  time.at(2_000, () => void ask(one.world, 'same').then(() => approve(one.world, 'same')))
  await until(5_000)
  const [unread, grant] = [...db.grants.values()]
  if (unread?.status !== 'active' || grant?.status !== 'active') throw new Error('not as it was meant')
  // A replica of a later version wrote something into it, as the store says then.
  for (const { grants } of [one.world, other.world]) {
    const { get, due } = { ...grants }
    grants.get = (id) =>
      id === unread.id ? Promise.reject(new UnknownRecord('a grant cannot be read')) : get(id)
    grants.due = async (...asked) => (await due(...asked)).filter(({ id }) => id !== unread.id)
  }
  await until(60_000)
  expect(db.grants.get(grant.id)?.status).toBe('ended')
  // It may run still, for all that anybody here knows.
  expect(system.isHeld(heldThere)).toBe(true)
})
