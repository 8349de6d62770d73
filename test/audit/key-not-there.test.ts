import { history } from '../../src/audit/history.ts'
import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { ada, at, riley } from '../support/builders.ts'
import { aKey } from '../support/ring.ts'
import { aRecord } from './a-record.ts'

/**
 * Where the key is not there by which something was marked, nobody can tell whether it is as it was written: `verify` says so.
 * Whoever asks who held something is told the same, and not that the record says something else or was changed.
 */

/** All of it was marked by a key of before, which whoever asks has no more. */
async function aRecordByAnotherKey() {
  const record = await aRecord(aKey('k2'))
  await record.happened('g1', [
    { type: 'asked', at: at(0), by: riley },
    { type: 'approved', at: at(1), by: ada, note: null, stage: 0, durationMs: null },
    { type: 'given', at: at(2), heldBefore: false },
  ])
  await record.records(aKey('k1'))
  expect(await record.verifies()).toMatchObject({ faults: [{ kind: 'unknown-key' }, {}, {}] })
  return record
}

test.each([
  ['who-held', whoHeld, ['orders-db', 'read', '--at', at(60).toISOString()]],
  ['history', history, ['URILEY']],
  ['report', report, ['access-review', '--quarter', '2026-Q1', '--format', 'html']],
] as const)('%s says which key is missing, and does not call it changed', async (_name, command, words) => {
  const record = await aRecordByAnotherKey()
  const { text, exitCode } = await record.asked(command, ...words)
  expect(exitCode).toBe(1)
  expect(text).not.toMatch(/NOT AS RECORDED|says something else/)
  expect(text).toMatch(/key/i)
})
