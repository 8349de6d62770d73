import { transition } from '../../src/domain/transition.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { aScene, heldThere } from './a-scene.ts'
import { admins } from './catalog.ts'

/**
 * A primary that was cut off says of a grant what no majority has (`local`, as src/mongo/connection.ts says: "every decision ends
 * in a write that is compared with it"); the lease is taken on the next primary, which never heard of it.
 */
test('nobody is stripped of what they hold by an end that no majority of the database has, and was rolled back', async () => {
  const { time, db, system, one, until, ask, approve } = aScene()
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(4_000)
  const [grant] = db.grants.values()
  if (grant?.status !== 'active') throw new Error('not as it was meant')
  expect(system.isHeld(heldThere)).toBe(true)
  const now = new Date(time.nowMs)
  const ended = transition(
    grant,
    { type: 'end', cause: 'revoked', by: admins[0], note: null, takeAt: now },
    now,
  )
  if (isRefusal(ended)) throw new Error('not as it was meant')
  const token = [...db.holds.values()][0]?.token ?? 0
  db.grants.set(grant.id, { ...ended, revision: grant.revision + 1 })
  // The next primary has it from the next lease on.
  const set = db.holds.set.bind(db.holds)
  db.holds.set = (id, hold) => {
    if (hold.token > token)
      db.grants.set(
        grant.id,
        db.grants.get(grant.id)?.status === 'revoking' ? grant : (db.grants.get(grant.id) ?? grant),
      )
    db.holds.set = set
    return set(id, hold)
  }
  await until(8_000)
  expect({ status: db.grants.get(grant.id)?.status, isHeld: system.isHeld(heldThere) }).toEqual({
    status: 'active',
    isHeld: true,
  })
})
