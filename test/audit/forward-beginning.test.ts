import { aForwarding, aReceiver } from './a-forwarding.ts'
import { linksOf } from './a-record.ts'

test('entries that somebody removed before a place got its first are missed aloud; what went by the rule is not', async () => {
  const record = await aForwarding(8)
  await linksOf(record.connection).deleteMany({ _id: { $lte: 3 } } as never)
  const receiver = aReceiver()
  await record.forwards(receiver).run()
  expect(receiver.numbers()).toEqual([4, 5, 6, 7, 8])
  expect(record.said).toContainEqual(
    expect.objectContaining({
      level: 'error',
      fields: expect.objectContaining({ from: 1, to: 3 }) as unknown,
    }),
  )
})
