import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../src/audit/audit.ts'
import { written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aLongRecord, linksOf } from './a-record.ts'

test('who asks for a record to be held against its checkpoints, and names a place that has none, is told so with an exit code', async () => {
  const record = await aLongRecord()
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'checkpoints.jsonl')
  // The disk was full, or somebody emptied it before they cut off the end.
  await writeFile(path, '')
  await linksOf(record.connection).deleteMany({ _id: { $gt: 5 } } as never)
  const environment = { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
  const code = await audit(['verify', '--checkpoints', path], environment).then(
    ({ exitCode }) => exitCode,
    () => 'refused',
  )
  expect(code).not.toBe(0)
})
