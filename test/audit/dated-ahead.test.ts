import { at } from '../support/builders.ts'
import { aRecordOf } from './a-record.ts'

/**
 * "`AUDIT_KEEP=400d` removes what is older, each day." A clock that was years ahead for a minute leaves an entry of then in the
 * record: it keeps what comes after it no longer than the rest, of which it says when it was at the latest.
 */
test('an entry that a wrong clock dated years ahead keeps nothing of before for years', async () => {
  const year = 365 * 86_400
  const record = await aRecordOf([0, 1, 10 * year, 2, 3, 100 * 86_400])
  await record.prunes({ before: at(50 * 86_400) })
  const left = (await record.chain.after(0, 100)).map(({ number }) => number)
  expect(left).toEqual([6])
  expect(await record.verifies()).toMatchObject({ faultCount: 0, isBaseForged: false })
})
