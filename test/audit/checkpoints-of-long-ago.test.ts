import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../src/audit/audit.ts'
import { signedCheckpoint } from '../../src/domain/audit/checkpoint.ts'
import { signersOf } from '../../src/domain/audit/keys.ts'
import { isLink } from '../../src/domain/audit/chain.ts'
import { at } from '../support/builders.ts'
import { written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aLongRecord } from './a-record.ts'

/**
 * Checkpoints tell that nothing was cut off up to where the last of them goes, and of what came after it nothing: where none
 * was kept for months, `verify` does not say that the record ends as they say.
 */

async function aLongRecordVerified() {
  const record = await aLongRecord()
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  const file = join(folder, 'checkpoints.jsonl')
  const verify = () =>
    audit(['verify', '--checkpoints', file], {
      MONGODB_URI: record.mongodbUri,
      AUDIT_KEYS: written(record.key),
    })
  return { ...record, verify, keep: (one: object) => writeFile(file, `${JSON.stringify(one)}\n`) }
}

test('where entries were cut off after the last checkpoint, it is said up to which entry that one goes', async () => {
  const record = await aLongRecordVerified()
  const fourth = (await record.chain.after(3, 1)).filter(isLink)[0]
  if (fourth === undefined) throw new Error('the fourth entry is not there')
  await record.keep(signedCheckpoint(fourth, at(9), signersOf([record.key])[0]))
  await record.connection.collection<{ _id: number }>('chain').deleteMany({ _id: { $gt: 8 } })
  const { text, exitCode } = await record.verify()
  // Nobody can tell that there were twenty; but that four are vouched for, of eight, can be said.
  expect({ exitCode, isSaid: /\b4\b/.test(text.replace(/^.*entries, from.*$/m, '')) }).toEqual({
    exitCode,
    isSaid: true,
  })
})

test('where all that they saw was removed for its age, it is not said that the record ends as they say', async () => {
  const record = await aLongRecordVerified()
  const fourth = (await record.chain.after(3, 1)).filter(isLink)[0]
  if (fourth === undefined) throw new Error('the fourth entry is not there')
  await record.keep(signedCheckpoint(fourth, at(9), signersOf([record.key])[0]))
  await record.prunes({ before: at(30) })
  await record.connection.collection<{ _id: number }>('chain').deleteMany({ _id: { $gt: 15 } })
  expect((await record.verify()).text).not.toContain('It ends as')
})
