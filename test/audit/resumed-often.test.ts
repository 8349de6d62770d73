import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import type { Event } from '../../src/domain/event.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { resumedGrant } from '../../src/domain/new-grant.ts'
import { ada, approval, aPendingGrant, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * "By whose word: … of what goes on after a cut, whoever approved it before": a laptop that is unfit and fit again six times
 * in eight hours cuts and resumes as often, and it is Ada's word each time.
 */

const given = (grant: { readonly endsAt: Date }): Event => ({
  type: 'given',
  heldUntil: grant.endsAt,
  heldBefore: false,
})
const gone: Event = { type: 'taken', left: 'gone', keptUntil: null }

test('what goes on for the sixth time, as the device is fit once more, is held by the word of whoever approved it', async () => {
  const record = await aRecord()
  const { grants, becomes } = record
  await grants.insert(aPendingGrant({ askedMs: 8 * 3_600_000 }))
  let grant = (await becomes('g1', approval(ada, 8 * 3_600_000), 10)) as Grant & { endsAt: Date }
  await becomes('g1', given(grant), 11)
  const words: string[][] = []
  for (let n = 1; n <= 6; n++) {
    const second = n * 600
    const takeAt = at(second)
    await becomes(grant.id, { type: 'end', cause: 'unfit', by: null, note: null, takeAt }, second)
    const cut = await becomes(grant.id, gone, second + 1)
    if (cut.status !== 'ended') throw new Error(`it became ${cut.status}`)
    grant = resumedGrant(cut, `g${n + 1}`, at(second + 60))
    await grants.insert(grant)
    await becomes(grant.id, given(grant), second + 61)
    await record.records()
    const then = at(second + 120).toISOString()
    const { text } = await record.asked(whoHeld, 'orders-db', 'read', '--at', then, '--json')
    words.push((JSON.parse(text) as { approvedBy: string[] }[]).flatMap(({ approvedBy }) => approvedBy))
  }
  expect(words).toEqual(Array.from({ length: 6 }, () => ['Ada (ada@acme.example)']))
  // The same in the review of an hour in which it had gone on for the sixth time already.
  const [from, to] = [at(3_700).toISOString(), at(7_200).toISOString()]
  const { text } = await record.asked(report, 'access-review', '--from', from, '--to', to, '--format', 'csv')
  expect(text.split('\r\n').find((row) => row.startsWith('"held"'))).toContain('Ada (ada@acme.example)')
})
