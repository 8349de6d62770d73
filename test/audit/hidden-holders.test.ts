import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { ada, aPerson, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * Whoever can write to the database but has no key hides from a review that somebody held something. The report says at its
 * head whether all of it is there, and each of its rows is proven by the record: what was changed beside it is said.
 */

const HOUR_S = 3_600
const mallory = aPerson('Mallory')
const quarter = ['access-review', '--quarter', '2026-Q1', '--format', 'csv'] as const

/** Since ten days before 5 January. */
const fromS = -240 * HOUR_S
const held = (hours: number | null) => [
  { type: 'asked' as const, at: at(fromS - 60), by: riley },
  { type: 'approved' as const, at: at(fromS - 30), by: ada, note: null, stage: 0, durationMs: null },
  { type: 'given' as const, at: at(fromS), heldBefore: false },
  ...(hours === null
    ? []
    : [{ type: 'taken' as const, at: at(fromS + hours * HOUR_S), left: 'gone' as const }]),
]

/** Mallory had it for twenty days, into the quarter, and holds something else still. */
async function aRecordOfMallory() {
  const record = await aRecord()
  await record.happened('over', held(480), { subject: mallory })
  const admin = { entitlement: { id: 'admin', name: 'Administer' }, canonical: 'admin@orders' }
  await record.happened('still', held(null), { subject: mallory, ...admin })
  await record.records()
  const holdings = record.connection.collection<{ _id: string }>('holdings')
  const whole = await record.asked(report, ...quarter)
  expect([whole.exitCode, whole.text.match(/"UMALLORY"/g)?.length]).toEqual([0, 2])
  return { ...record, holdings }
}

const hidings = [
  ['over', 'of twenty days is put among those of a minute', { lasted: 0 }],
  ['over', 'that is over is put in no class at all', { lasted: 99 }],
  ['still', 'that goes on is put among those that are over', { lasted: 3 }],
] as const

test.each(hidings)(
  'a holding (%s) %s: the report has its row all the same, or says that it is not whole',
  async (grantId, _how, change) => {
    const { holdings, asked } = await aRecordOfMallory()
    await holdings.updateOne({ _id: grantId }, { $set: change })
    const { text, exitCode } = await asked(report, ...quarter)
    const isThere = text.match(/"UMALLORY"/g)?.length === 2
    const isSaid = exitCode === 1 && text.includes('NOT WHOLE')
    expect({ isThereOrSaid: isThere || isSaid }).toEqual({ isThereOrSaid: true })
  },
)

test('on which system somebody held it is what the record says, though another was written beside it', async () => {
  const { holdings, asked } = await aRecordOfMallory()
  await holdings.updateOne({ _id: 'over' }, { $set: { system: 'sandbox' } })
  const isRight = ({ text, exitCode }: { text: string; exitCode: number }) =>
    exitCode === 1 || !text.includes('sandbox')
  const reviewed = await asked(report, ...quarter)
  const answered = await asked(whoHeld, 'orders-db', 'read', '--at', at(60).toISOString(), '--json')
  expect([isRight(reviewed), isRight(answered)]).toEqual([true, true])
})

test('what somebody put beside the record that nobody can read keeps no answer about others from whoever asks', async () => {
  const { holdings, connection, asked } = await aRecordOfMallory()
  await holdings.insertOne({
    _id: 'odd',
    resource: { id: 'orders-db', name: 'Orders database' },
    entitlement: { id: 'read', name: 'Read orders' },
    from: at(0),
    until: null,
    lasted: null,
  } as never)
  const answered = await asked(whoHeld, 'orders-db', 'read', '--at', at(60).toISOString()).catch(String)
  expect(answered).toMatchObject({ exitCode: 1, text: expect.stringContaining('Mallory') as unknown })
  await connection
    .collection<{ _id: string }>('accepted')
    .insertOne({ _id: 'odd', at: at(0), until: at(3_600), system: 7 } as never)
  const reviewed = await asked(report, ...quarter).catch(String)
  expect(reviewed).toMatchObject({ exitCode: 1, text: expect.stringContaining('Mallory') as unknown })
})
