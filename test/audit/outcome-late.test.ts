import { asAct } from '../../src/operations/as-act.ts'
import { noLog } from '../support/no-log.ts'
import { aRecord } from './a-record.ts'

test('what came of an act is recorded however long the recorder was away, and whatever else waits with it', async () => {
  const { acts, connection, records, chain } = await aRecord()
  const act = {
    type: 'record-read',
    by: { operator: 'sam' },
    about: { kind: 'record', id: 'record', name: 'record' },
    details: {},
  } as const
  const slow = await acts.begin(act)
  const stored = connection.collection<{ _id: string }>('acts')
  const back = (minutes: number) =>
    stored.updateMany({}, [{ $set: { at: { $subtract: ['$at', minutes * 60_000] } } }])
  await back(3)
  // Said to be unknown.
  await records()
  await slow.ended('done')
  // It is read after all that follows: ids are random.
  const [kept] = await stored.find({}).toArray()
  await stored.deleteMany({})
  await stored.insertOne({ ...kept, _id: 'zzz' })
  for (let i = 0; i < 600; i++) await asAct({ acts, log: noLog }, act, async () => null)
  // A day goes by in which nothing is recorded.
  await back(60 * 25)
  await records()
  const sources = (await chain.after(0, 1_000)).map(({ source }) => source)
  expect(sources).toContain('act/zzz')
}, 60_000)
