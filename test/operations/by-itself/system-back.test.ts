import type { Revoking } from '../../../src/domain/grant.ts'
import { mongoClock } from '../../../src/mongo/clock.ts'
import { mongoGrants } from '../../../src/mongo/grants.ts'
import { ensureIndexes } from '../../../src/mongo/indexes.ts'
import { systemBack } from '../../../src/operations/by-itself/system-back.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { aRevokingGrant } from '../../support/lives.ts'
import { noLog } from '../../support/no-log.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

/** What is to be taken of one system: tried so often, and tried again in so many seconds. */
async function whatIsOwed(debts: Readonly<Record<string, { tries: number; inSeconds: number }>>) {
  const clock = mongoClock(database.connection)
  await clock.sample()
  const grants = mongoGrants(database.connection, clock, noLog)
  for (const [id, { tries, inSeconds }] of Object.entries(debts)) {
    const retryAt = new Date(clock.now().getTime() + inSeconds * 1_000)
    const entitlement = { id, name: id }
    const debt: Revoking = {
      ...aRevokingGrant(),
      id,
      requestId: id,
      entitlement,
      tries,
      retryAt,
      alertAt: null,
    }
    await grants.insert({ ...debt, takeAt: tries === 0 ? retryAt : debt.takeAt })
  }
  const { system } = aRevokingGrant()
  return {
    isBack: (surely: boolean) => systemBack({ grants, clock }, system, { surely }),
    /** Those that are tried now. */
    tried: async () => {
      const found = await Promise.all(Object.keys(debts).map((id) => grants.get(id)))
      const now = clock.now()
      return found.flatMap((grant) =>
        grant?.status === 'revoking' && grant.retryAt <= now ? [grant.id] : [],
      )
    },
  }
}

const anOutage = {
  // Of this one the end is only being prepared: nothing was tried yet.
  ahead: { tries: 0, inSeconds: 3 },
  first: { tries: 4, inSeconds: 30 },
  second: { tries: 5, inSeconds: 40 },
}

test('of what is owed to a system that seems to be back one is tried at once, whatever else is due before it', async () => {
  const { isBack, tried } = await whatIsOwed(anOutage)
  await isBack(false)
  expect(await tried()).toEqual(['first'])
})

test('all that is owed to a system that did what it was told is tried at once, and nothing before its time', async () => {
  const { isBack, tried } = await whatIsOwed(anOutage)
  await isBack(true)
  expect(await tried()).toEqual(['first', 'second'])
})
