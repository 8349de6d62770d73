import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { transition } from '../../src/domain/transition.ts'
import { systemBack } from '../../src/operations/by-itself/system-back.ts'
import type { World } from '../../src/operations/world.ts'
import { anActiveGrant } from '../support/builders.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

test('23: a system that is back is told at once what is owed to it, though another is still away that is owed much', async () => {
  const database = await aDatabase()
  try {
    const { connection } = database
    await ensureIndexes(connection)
    const clock = mongoClock(connection)
    await clock.sample()
    const grants = mongoGrants(connection, clock, noLog)
    const now = clock.now()
    const owed = (id: string, system: string, retryInMs: number) => {
      const active = anActiveGrant({ id, requestId: id, reason: id })
      const named = { ...active, system, subject: { ...active.subject, id: `p-${id}` } }
      const ending = transition(named, { type: 'end', cause: 'revoked', by: null, note: null, takeAt: now }, now)
      if (isRefusal(ending)) throw new Error(ending.refused)
      const failed = transition(
        ending,
        { type: 'failed', error: 'away', retryAt: new Date(now.getTime() + retryInMs) },
        now,
      )
      if (isRefusal(failed)) throw new Error(failed.refused)
      return failed
    }
    // 5,000 ended on the one that stays away, as at the end of a shift; ten on the one that comes back.
    for (let at = 0; at < 5_000; at += 250)
      await Promise.all(
        Array.from({ length: 250 }, (_, i) => grants.insert(owed(`away-${at + i}`, 'away', 20_000 + at))),
      )
    for (let i = 0; i < 10; i++) await grants.insert(owed(`back-${i}`, 'back', 50_000))
    await systemBack({ grants, clock } as unknown as World, 'back', { surely: true })
    const soon = await grants.due(new Date(clock.now().getTime() + 5_000), 100)
    expect(soon.filter(({ system }) => system === 'back')).toHaveLength(10)
  } finally {
    await database.drop()
  }
}, 120_000)
