import { history } from '../../src/audit/history.ts'
import { ada, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * Of a time of which entries were removed for their age, a history says so, as an export and who-held do: whoever reads it does
 * not take what is left for all that there was, nor nothing for nothing.
 */

async function aRecordRemovedInPart() {
  const record = await aRecord()
  await record.happened('old', [
    { type: 'asked', at: at(0), by: riley },
    { type: 'approved', at: at(1), by: ada, note: null, stage: 0, durationMs: null },
    { type: 'given', at: at(2), heldBefore: false },
    { type: 'taken', at: at(3_600), left: 'gone' },
  ])
  await record.records()
  await record.happened('new', [{ type: 'asked', at: at(90_000), by: riley }])
  await record.records()
  await record.prunes({ before: at(80_000) })
  return record
}

test.each([
  ['of whom all was removed', 'UADA', []],
  ['of whom a part was removed', 'URILEY', []],
  ['since an instant of which entries were removed', 'URILEY', ['--since', at(0).toISOString()]],
] as const)('the history of somebody, %s, says that entries were', async (_which, who, words) => {
  const { asked, connection } = await aRecordRemovedInPart()
  await connection
    .collection<{ _id: string }>('people')
    .insertMany([riley, ada].map(({ id: _id, ...person }) => ({ _id, ...person, emailKey: person.email })))
  const { text } = await asked(history, who, ...words)
  expect(text).toMatch(/removed/)
})

test('since an instant of which all is there nothing is said to be removed', async () => {
  const { asked } = await aRecordRemovedInPart()
  const { text } = await asked(history, 'URILEY', '--since', at(85_000).toISOString())
  expect(text).not.toMatch(/removed/)
})
