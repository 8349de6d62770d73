import { runChecks } from '../../src/doctor/check.ts'
import { openInstallation } from '../../src/doctor/installation.ts'
import { recordCheck } from '../../src/doctor/record.ts'
import { aRecord } from '../audit/a-record.ts'

/**
 * A record that was kept, and is not any more as AUDIT_KEYS went missing on the way to another machine, stands still: what is
 * done from then on is in no record, and what is no grant's never will be. That is not right.
 */
test('that a record stands in the database and is not gone on with is wrong, with what to do', async () => {
  const record = await aRecord()
  await record.asks()
  await record.records()
  const installation = openInstallation({ MONGODB_URI: record.mongodbUri }, () => new Date())
  try {
    const found = (await runChecks([recordCheck], installation)).find(({ about }) => about === 'record')
    expect(found?.says).not.toContain('none is kept')
    expect(found).toMatchObject({
      verdict: 'wrong',
      remedy: expect.stringContaining('AUDIT_KEYS') as unknown,
    })
  } finally {
    await installation.close()
  }
})
