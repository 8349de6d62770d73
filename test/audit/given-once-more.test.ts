import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { transition } from '../../src/domain/transition.ts'
import { ada, approval, aPendingGrant, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

test('what was given, and given once more after grants were restored to a state of before that, was held both times', async () => {
  const { grants, connection, records, asked } = await aRecord()
  const change = (event: Parameters<typeof transition>[1], second: number) =>
    grants.change('g1', (grant) => transition(grant, event, at(second)))
  const given = { type: 'given', heldUntil: at(7_210), heldBefore: false } as const
  await grants.insert(aPendingGrant())
  await change(approval(ada), 10)
  await records()
  const stored = connection.collection<{ _id: string }>('grants')
  const backup = await stored.findOne({ _id: 'g1' })
  await change(given, 11)
  await records()
  // A backup that is not of one instant: the record, and what is drawn from it, is of later than the grants.
  await stored.replaceOne({ _id: 'g1' }, backup ?? {})
  await change(given, 120)
  await records()
  const held = async (second: number) => {
    const then = at(second).toISOString()
    const { text, exitCode } = await asked(whoHeld, 'orders-db', 'read', '--at', then, '--json')
    return [exitCode, (JSON.parse(text) as unknown[]).length]
  }
  const reviewed = await asked(report, 'access-review', '--quarter', '2026-Q1', '--format', 'csv')
  expect([await held(60), await held(600), reviewed.exitCode]).toEqual([[0, 1], [0, 1], 0])
})
