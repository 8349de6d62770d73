import { aRecord } from './a-record.ts'

/*
 * Whoever can write to the database but has no key puts an entry beside the record, among numbers that are none of it, which
 * says that something was recorded already.
 */

const besides: readonly unknown[] = [-1, 'x', Number.NaN]

test.each(besides)(
  'what happens is recorded though somebody put an entry of its name beside the record, at %p',
  async (number) => {
    const { asks, approves, records, connection, chain, verifies } = await aRecord()
    const id = await asks()
    await records()
    // Long before it happens.
    await connection
      .collection<{ _id: unknown; [field: string]: unknown }>('chain')
      .insertOne({ _id: number, source: `grant/${id}/1`, text: '', at: new Date(), keyId: 'k1', mark: '' })
    await approves(id)
    await records().catch(() => null)
    const found = await chain.after(0, 10)
    const isRecorded = found.some(({ source }) => source === `grant/${id}/1`)
    const { faultCount } = await verifies()
    expect({ isRecordedOrFound: isRecorded || faultCount > 0 }).toEqual({ isRecordedOrFound: true })
  },
)
