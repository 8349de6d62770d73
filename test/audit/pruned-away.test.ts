import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * What was removed for its age took along who held what then. Of that time nobody can say who held something, and so
 * nobody says that it was nobody.
 */

/** Riley held it for an hour, and that is over and removed; something happened since. */
async function aPrunedRecord() {
  const record = await aRecord()
  await record.happened('old', [
    { type: 'asked', at: at(0), by: riley },
    { type: 'given', at: at(1), heldBefore: false },
    { type: 'taken', at: at(3_600), left: 'gone' },
  ])
  await record.happened('new', [{ type: 'asked', at: at(9_000), by: riley }])
  await record.records()
  const held = () => record.asked(whoHeld, 'orders-db', 'read', '--at', at(1_800).toISOString())
  const { text } = await held()
  expect(text).toContain('Riley')
  await record.prunes({ before: at(7_200) })
  return { ...record, held }
}

test('who held it at an instant of which the record was removed cannot be told: it is not said that it was nobody', async () => {
  const { held } = await aPrunedRecord()
  const { text } = await held()
  expect(text).not.toContain('Nobody held it')
  expect(text).toMatch(/removed|cannot be told/)
})

test('a review of a time of which the record was removed says of nothing that nobody held it', async () => {
  const record = await aPrunedRecord()
  // Somebody holds it later: the entitlement is known still.
  await record.happened('later', [{ type: 'given', at: at(40_000), heldBefore: false }])
  await record.records()
  const asked = (format: string) =>
    record.asked(
      report,
      'access-review',
      '--from',
      at(0).toISOString(),
      '--to',
      at(5_000).toISOString(),
      '--format',
      format,
    )
  const [page, rows] = [await asked('html'), await asked('csv')]
  expect(page.text).not.toContain('Held by nobody in that time')
  expect(rows.text).not.toContain('"held by nobody"')
})
