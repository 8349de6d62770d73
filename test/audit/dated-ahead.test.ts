import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { pruningRecord } from '../../src/operations/by-itself/prune-record.ts'
import { at } from '../support/builders.ts'
import { noLog } from '../support/no-log.ts'
import { aRecordOf } from './a-record.ts'
import { heardActs } from '../support/heard-acts.ts'

/**
 * "`AUDIT_KEEP=400d` removes what is older, each day." A clock that was years ahead for a minute leaves an entry of then in the
 * record: it keeps what comes after it no longer than the rest, of which it says when it was at the latest.
 */
const year = 365 * 86_400

test('an entry that a wrong clock dated years ahead keeps nothing of before for years', async () => {
  const record = await aRecordOf([0, 1, 10 * year, 2, 3, 100 * 86_400])
  await record.prunes({ before: at(50 * 86_400) })
  const left = (await record.chain.after(0, 100)).map(({ number }) => number)
  expect(left).toEqual([6])
  expect(await record.verifies()).toMatchObject({ faultCount: 0, isBaseForged: false })
})

test('also the first of all', async () => {
  const record = await aRecordOf([10 * year, 0, 1, 100 * 86_400])
  const clock = { ...mongoClock(record.connection), now: () => at(110 * 86_400) }
  const { acts, heard } = heardActs()
  const run = pruningRecord(
    { acts, clock, log: noLog, chain: record.chain },
    { keepMs: 60 * 86_400_000, keys: chainKeys([record.key]), signers: signersOf([record.key]), drawn: [] },
  )
  await run()
  expect((await record.chain.after(0, 100)).map(({ number }) => number)).toEqual([4])
  expect(heard).toEqual(['record-pruned: done'])
})

test('where the clock of whoever removes is a year behind, nothing goes that is young', async () => {
  const record = await aRecordOf([0, 1, 2 * year, 2 * year + 1, 2 * year + 2])
  await record.prunes({ before: at(10), now: at(year) })
  expect((await record.chain.after(0, 100)).map(({ number }) => number)).toEqual([3, 4, 5])
})
