import { holdId, type Hold } from '../../src/domain/hold.ts'
import { holdAfter } from '../../src/domain/hold-after.ts'
import type { HoldWrite } from '../../src/domain/ports/holds.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { at } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { seeded } from '../support/seeded.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

test('what a write makes of a hold is what MongoDB makes of it', async () => {
  const holds = mongoHolds(database.connection)
  const random = seeded(9)
  const one = <T>(...of: T[]): T => of[Math.floor(random() * of.length)] as T
  const maybe = (chance: number) => random() < chance
  let compared = 0
  for (let run = 0; run < 25; run++) {
    const key = { system: 's', principal: `p${run}`, canonical: 'c', target: { role: 'x.$y' } }
    const leased = await holds.lease(key, 60_000)
    if (!leased.taken) throw new Error('free')
    let hold: Hold = leased.hold
    for (let i = 0; i < 40; i++) {
      const id = one('g1', 'g2', 'g3')
      const change: HoldWrite = {
        ...(maybe(0.3) && { where: one('a', '$b', 'c.d') }),
        ...(maybe(0.3) && { claim: { grantId: id, end: at(Math.floor(random() * 1e6)) } }),
        ...(maybe(0.3) && {
          unclaim: {
            grantId: one('g1', 'g2'),
            left: one('gone', 'kept-before') as 'gone',
            keptUntil: one(null, at(5)),
          },
        }),
        ...(maybe(0.2) && { heldBefore: maybe(0.3) }),
        ...(maybe(0.4) && { call: one('give', 'take', null) }),
        ...(maybe(0.4) && { intent: { number: i, of: one('$x', 'give:g1'), isKnown: maybe(0.5) } }),
        ...(maybe(0.05) && { watch: { gave: maybe(0.5), forMs: 10 } }),
        ...(maybe(0.1) && { unwatch: { seen: hold.watch?.until ?? null } }),
        ...(maybe(0.2) && { leftover: one(null, null, { tries: 0, error: '$e', dueInMs: 0 }) }),
        ...(maybe(0.1) && { dueInMs: 5 }),
        ...(maybe(0.5) && { keepMs: one(0, 100) }),
      }
      const after = holdAfter(hold, change)
      if (after === null) {
        const written = await holds.write(key, hold.token, change)
        if (written === null) throw new Error('the token is ours')
        hold = written
        continue
      }
      expect(await holds.apply(key, hold.token, change)).toBe(true)
      expect(await holds.apply(key, hold.token - 1, { claim: { grantId: 'never', end: at(0) } })).toBe(false)
      const there = await holds.get(key)
      if (there === null) throw new Error(holdId(key))
      const { leaseUntil: _l, readAt: _r, ...is } = there
      const { leaseUntil: _m, readAt: _s, ...said } = after
      expect(said).toEqual(is)
      hold = after
      compared++
    }
  }
  expect(compared).toBeGreaterThan(200)
})
