import { report } from '../../src/audit/report.ts'
import { mongoAccepted } from '../../src/mongo/accepted.ts'
import { ada, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** Access that no grant explains, found fine by an admin, stands in the review of each time in which it was. */

const DAY_S = 86_400
const place = { system: 'orders', canonical: 'admin@orders', principal: 'mallory' }

/** Ada finds it fine from 5 January on, as an answer in Slack does it: in the record, and then in its collection. */
async function aRecordOfAccepted() {
  const record = await aRecord()
  const accepted = mongoAccepted(record.connection)
  const accepts = async (from: number, until: number) => {
    const about = { kind: 'system', id: 'orders', name: 'orders' } as const
    const { canonical, principal } = place
    const details = { canonical, principal, entitlement: 'admin', until: at(until).toISOString() }
    const act = { type: 'difference-accepted', by: ada, about, details } as const
    await record.recordsAct(`a${from}`, act, at(from))
    await accepted.accept([{ ...place, at: at(from), until: at(until), by: ada.id }])
  }
  const reviewed = async (quarter: string) => {
    const { text, exitCode } = await record.asked(
      report,
      'access-review',
      '--quarter',
      quarter,
      '--format',
      'csv',
    )
    return { exitCode, rows: text.split('\r\n').filter((row) => row.startsWith('"accepted"')) }
  }
  await accepts(0, 60 * DAY_S)
  expect(await reviewed('2026-Q1')).toEqual({ exitCode: 0, rows: [expect.stringContaining('"mallory"')] })
  return { ...record, accepts, reviewed }
}

test('what was found fine again later is in the review of the quarter before, too', async () => {
  const { accepts, reviewed } = await aRecordOfAccepted()
  // In April, until the end of June.
  await accepts(90 * DAY_S, 170 * DAY_S)
  expect((await reviewed('2026-Q2')).rows).toHaveLength(1)
  expect((await reviewed('2026-Q1')).rows).toHaveLength(1)
})

const stored = (connection: Awaited<ReturnType<typeof aRecord>>['connection']) =>
  connection.collection<{ _id: string }>('accepted')

test('that somebody removed what an admin had found fine is said, as the record has it', async () => {
  const { connection, reviewed } = await aRecordOfAccepted()
  await stored(connection).deleteMany({})
  const { exitCode, rows } = await reviewed('2026-Q1')
  expect({ isThereOrSaid: rows.length === 1 || exitCode === 1 }).toEqual({ isThereOrSaid: true })
})

test('that an admin found something fine is not said where the record knows of no such word', async () => {
  const { connection, reviewed } = await aRecordOfAccepted()
  const forged = { system: 'payroll', canonical: 'owner@payroll', principal: 'mallory' }
  await stored(connection).insertOne({
    _id: 'forged',
    ...forged,
    at: at(0),
    until: at(80 * DAY_S),
    by: ada.id,
  } as never)
  const { exitCode, rows } = await reviewed('2026-Q1')
  expect({ isLeftOutOrSaid: rows.length === 1 || exitCode === 1 }).toEqual({ isLeftOutOrSaid: true })
})
