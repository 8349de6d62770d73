import { audit } from '../../src/audit/audit.ts'
import { idOf } from '../../src/audit/forward/settings.ts'
import { written } from '../support/ring.ts'
import { aForwarding, aReceiver, upTo } from './a-forwarding.ts'

/** What is to be sent on and was not yet is not removed, by whomever. */

const [before, now] = ['/var/log/curfew/first.jsonl', '/var/log/curfew/second.jsonl']
const placed = (path: string) => ({ place: idOf({ kind: 'file', path }), name: path })

test.each([
  ['the same place', { AUDIT_FORWARD: before }],
  ['no place at all', {}],
])(
  'a place that the record goes to again, and that is away, loses nothing to a removal at the command line, which knows of %s',
  async (_which, known) => {
    const record = await aForwarding(5)
    const [first, second] = [aReceiver(), aReceiver()]
    await record.forwards(first, placed(before)).run()
    // For a while it goes elsewhere.
    await record.happens(10)
    await record.forwards(second, placed(now)).run()
    // Now to the first again, which is away: it goes on from where it stood itself.
    const again = record.forwards(first, placed(before))
    first.isAway = true
    await again.run()
    expect([await again.reached(), first.numbers()]).toEqual([5, upTo(5)])
    const environment = {
      MONGODB_URI: record.mongodbUri,
      AUDIT_KEYS: written(record.key),
      ...known,
    }
    await audit(['prune', '--before', '2026-11-01T00:00Z'], environment)
    first.isAway = false
    record.clock.ms += 120_000
    await again.run()
    expect(first.numbers()).toEqual(upTo(15))
  },
)

test('a place that was set and got nothing yet is sent all of it, though somebody removes what is old first', async () => {
  const record = await aForwarding(15)
  const environment = {
    MONGODB_URI: record.mongodbUri,
    AUDIT_KEYS: written(record.key),
    AUDIT_FORWARD: before,
  }
  await audit(['prune', '--before', '2026-11-01T00:00Z'], environment)
  const first = aReceiver()
  await record.forwards(first, placed(before)).run()
  expect(first.numbers()).toEqual(upTo(15))
})
