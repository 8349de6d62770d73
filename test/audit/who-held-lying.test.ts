import { whoHeld } from '../../src/audit/who-held.ts'
import { transition } from '../../src/domain/transition.ts'
import { aGrantingGrant, at } from '../support/builders.ts'
import { written } from '../support/ring.ts'
import { aRecord, linksOf } from './a-record.ts'

/** Whatever who-held shows, it looks up in the record: where that says something else, or was changed, it says so. */

/** Riley holds it by Ada's word. Between two things that happen to one grant, others happen. */
async function riley() {
  const record = await aRecord()
  const { connection, grants, key, asks } = record
  const granting = aGrantingGrant({ id: 'g100', requestId: 'r100' })
  await grants.insert(granting)
  await record.records()
  await asks()
  await record.records()
  const given = { type: 'given', heldUntil: granting.endsAt, heldBefore: false } as const
  await grants.change('g100', (grant) => transition(grant, given, at(11)))
  await record.records()
  const uri = new URL(process.env['CURFEW_TEST_MONGODB_URI'] ?? '')
  uri.pathname = `/${connection.name}`
  const asked = () =>
    whoHeld(['orders-db', 'read', '--at', at(60).toISOString()], {
      MONGODB_URI: uri.href,
      AUDIT_KEYS: written(key),
    })
  return { ...record, asked }
}

test('whose name and address who-held shows is what the record says, though another was written beside it', async () => {
  const { connection, asked } = await riley()
  const whole = await asked()
  expect([whole.exitCode, whole.text]).toEqual([0, expect.stringContaining('Riley')])
  await connection
    .collection('holdings')
    .updateMany({}, { $set: { 'subject.name': 'Mallory', 'subject.email': 'mallory@acme.example' } })
  const { text, exitCode } = await asked()
  // Either it shows what the record says, or it says that it was changed.
  expect(exitCode === 1 || !text.includes('Mallory')).toBe(true)
})

const tampering = [
  ['taken out of the record', (links: Links) => links.deleteOne({ source: 'grant/g100/0' })],
  [
    'given the name of another in the record',
    (links: Links) => links.updateOne({ source: 'grant/g100/0' }, { $set: { source: 'grant/g999/0' } }),
  ],
] as const
type Links = ReturnType<typeof linksOf>

test.each(tampering)(
  'a grant whose approval was %s is not said to stand there as it was written',
  async (_how, tampers) => {
    const { connection, asked, verifies } = await riley()
    expect(await asked()).toMatchObject({ exitCode: 0 })
    await tampers(linksOf(connection))
    expect((await verifies()).faultCount).toBeGreaterThan(0)
    const { exitCode, text } = await asked()
    expect([exitCode, text]).toEqual([1, expect.stringContaining('NOT AS RECORDED')])
  },
)
