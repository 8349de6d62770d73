import { accessReview, recordState } from '../../src/audit/access-review.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { transition } from '../../src/domain/transition.ts'
import { approval, ada, aPendingGrant, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** Things happen while somebody asks: what is right is not said to be wrong for that. */

const given = (heldUntil: Date) => ({ type: 'given', heldUntil, heldBefore: false }) as const
const gone = { type: 'taken', left: 'gone', keptUntil: null } as const

/** Riley holds it, by Ada's word; `takes` is that it is over. */
async function aRecordOfRiley() {
  const record = await aRecord()
  const { grants } = record
  await grants.insert(aPendingGrant())
  const change = (event: Parameters<typeof transition>[1], second: number) =>
    grants.change('g1', (grant) => transition(grant, event, at(second)))
  await change(approval(ada), 10)
  await change(given(at(7_210)), 11)
  await record.records()
  const takes = async () => {
    await change({ type: 'end', cause: 'revoked', by: ada, note: null, takeAt: at(600) }, 600)
    await change(gone, 601)
    await record.records()
  }
  return { ...record, takes }
}

test('what is taken back while a review is made is no holding of which the record says something else', async () => {
  const { chain, holdings, takes, key } = await aRecordOfRiley()
  let isTaken = false
  const meanwhile: typeof chain.ofGrants = async (ids) => {
    // Right after the holdings were read, and before the record is.
    if (!isTaken) await takes()
    isTaken = true
    return chain.ofGrants(ids)
  }
  const from = {
    chain: { ...chain, ofGrants: meanwhile },
    holdings,
    havingSecrets: async () => new Set<string>(),
    keys: chainKeys([key]),
    signers: signersOf([key]),
  }
  const unproven: number[] = []
  for await (const { rows } of accessReview(from, { first: at(0), last: at(86_400) }))
    for (const row of rows) unproven.push(row.unproven)
  expect(unproven).toEqual([0])
})

test('what was recorded a moment before it is noted beside the record is no holding of which the record says something else', async () => {
  const { takes, connection, asked } = await aRecordOfRiley()
  const stored = connection.collection<{ _id: string }>('holdings')
  const before = await stored.findOne({ _id: 'g1' })
  await takes()
  // As in the moment between both, or where the process that recorded died there.
  await stored.replaceOne({ _id: 'g1' }, before ?? {})
  const { exitCode, text } = await asked(whoHeld, 'orders-db', 'read', '--at', at(60).toISOString())
  expect([exitCode, text]).toEqual([0, expect.not.stringContaining('NOT AS RECORDED')])
})

test('a record whose oldest entries are removed by the rule while a review is made is not said to be less than whole', async () => {
  const { chain, holdings, takes, prunes, happened, records, key } = await aRecordOfRiley()
  await takes()
  await happened('g2', [{ type: 'asked', at: at(9_000), by: ada }])
  await records()
  let isPruned = false
  const meanwhile: typeof chain.after = async (number, most) => {
    const page = await chain.after(number, most)
    if (!isPruned) await prunes({ before: at(5_000) })
    isPruned = true
    return page
  }
  const { misindexed } = await recordState({
    chain: { ...chain, after: meanwhile },
    holdings,
    havingSecrets: async () => new Set<string>(),
    keys: chainKeys([key]),
    signers: signersOf([key]),
  })
  expect(misindexed).toBe(0)
})
