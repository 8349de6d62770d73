import { audit } from '../../src/audit/audit.ts'
import { idOf } from '../../src/audit/forward/settings.ts'
import { written } from '../support/ring.ts'
import { aForwarding, aReceiver, upTo } from './a-forwarding.ts'

/** What a removal by hand says of what stays is so. */

const path = '/var/log/curfew/record.jsonl'

test('where the place has all of it, nothing is said not to have been sent: the last entry stays as it is the last', async () => {
  const record = await aForwarding(15)
  const receiver = aReceiver()
  await record.forwards(receiver, { place: idOf({ kind: 'file', path }), name: path }).run()
  expect(receiver.numbers()).toEqual(upTo(15))
  const environment = { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key), AUDIT_FORWARD: path }
  const { text } = await audit(['prune', '--before', '2026-11-01T00:00Z'], environment)
  expect(text).toContain('Removed 14 entries')
  expect(text).not.toContain('was not sent on yet')
})
