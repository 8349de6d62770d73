import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink } from '../../src/audit/checkpoint-sink.ts'
import { signedCheckpoint, signingKey } from '../../src/domain/audit/checkpoint.ts'
import { at } from '../support/builders.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const key = signingKey('k1', Buffer.alloc(32, 7))
const aCheckpoint = (number: number) => signedCheckpoint({ number, mark: `m${number}` }, at(number), key)

test('a checkpoint is a line of its own, though whoever wrote the one before died in the middle of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  const path = join(folder, 'checkpoints.jsonl')
  await fileSink(path).keep(aCheckpoint(1))
  // As where the disk was full, or the machine lost its power.
  await appendFile(path, JSON.stringify(aCheckpoint(2)).slice(0, 40))
  await fileSink(path).keep(aCheckpoint(3))
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  expect(lines).toContain(JSON.stringify(aCheckpoint(3)))
})
