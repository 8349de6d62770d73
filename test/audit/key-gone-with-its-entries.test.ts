import { join } from 'node:path'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { audit } from '../../src/audit/audit.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { mongoHoldings } from '../../src/mongo/holdings.ts'
import { mongoNamed } from '../../src/mongo/named.ts'
import { pruneChain } from '../../src/operations/prune-chain.ts'
import { at } from '../support/builders.ts'
import { aKey, written } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aRecord } from './a-record.ts'

/** "Keep the old one as long as entries that it marked are to be checked": once these were removed for their age, it may go. */
test('verify says that all is right once a key went together with the entries that it marked, whatever checkpoints of then are kept', async () => {
  const [before, now] = [aKey('k1'), aKey('k2')]
  const record = await aRecord(before)
  for (let n = 0; n < 5; n++) await record.asks()
  await record.records(before)
  const first = await record.checkpoint()
  for (let n = 0; n < 5; n++) await record.approves(`g${n}`)
  await record.records(now)
  // By the key of now, as AUDIT_KEEP does it.
  const ring = [now, before] as const
  await pruneChain(
    record.chain,
    { now: new Date(), before: at(30) },
    {
      keys: chainKeys(ring),
      signers: signersOf(ring),
      drawn: [mongoHoldings(record.connection), mongoNamed(record.connection)],
    },
  )
  expect((await record.chain.after(0, 100)).map(({ number }) => number)).toEqual([6, 7, 8, 9, 10])
  const folder = await mkdtemp(join(tmpdir(), 'curfew-checkpoints-'))
  afterThis(() => rm(folder, { recursive: true }))
  const file = join(folder, 'checkpoints.jsonl')
  await writeFile(file, `${JSON.stringify(first)}\n`)
  const verify = (keys: string) =>
    audit(['verify', '--checkpoints', file], { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: keys })
  expect((await verify(`${written(now)},${written(before)}`)).exitCode).toBe(0)
  const { text, exitCode } = await verify(written(now))
  expect({ text, exitCode }).toEqual({
    text: expect.not.stringContaining('not signed') as unknown,
    exitCode: 0,
  })
})
