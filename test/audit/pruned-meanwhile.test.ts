import { verifyChain } from '../../src/operations/verify-chain.ts'
import { exportChain } from '../../src/audit/export.ts'
import { formats } from '../../src/audit/formats.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { Writable } from 'node:stream'
import { at } from '../support/builders.ts'
import { aLongRecord } from './a-record.ts'

/** The oldest entries go each hour, whoever reads the record at that moment. */

test('a record whose oldest entries are removed by the rule while it is verified is not said to miss them', async () => {
  const record = await aLongRecord()
  const { chain, key } = record
  const base = async () => {
    const before = await chain.base()
    await record.prunes({ before: at(45) })
    return before
  }
  const found = await verifyChain(
    { base, after: chain.after, beside: chain.beside },
    { keys: chainKeys([key]), checkpoints: [], signers: signersOf([key]) },
  )
  expect(found.faults).toEqual([])
})

test('an export from which entries went that were removed meanwhile does not end as if it were whole', async () => {
  const record = await aLongRecord()
  const { chain } = record
  let pages = 0
  const lines: string[] = []
  const out = new Writable({
    decodeStrings: false,
    write: (chunk: string, _, done) => {
      if (chunk !== '') lines.push(chunk)
      done()
    },
  })
  const after = async (number: number) => {
    // Five at a time; the rule comes after the first.
    if (pages++ === 1) await record.prunes({ before: at(45) })
    return chain.after(number, 5)
  }
  const format = formats['jsonl']
  if (format === undefined) throw new Error('no such format')
  const { missing } = await exportChain({ ...chain, after }, out, { format, since: null, signers: [] })
  const written = lines.join('').trim().split('\n').length
  expect(written + missing).toBe(20)
  expect(missing).toBeGreaterThan(0)
})
