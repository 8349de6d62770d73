import { checkpointsFault } from '../../src/audit/settings.ts'
import { checkpointSink } from '../../src/audit/checkpoint-sink.ts'

const one = { number: 1, mark: 'm', at: '2026-01-05T09:00:00.000Z', keyId: 'k1', signature: 's' }

test('a place for checkpoints to which none can ever be sent is refused at the start, as one to forward to is', async () => {
  const place = 'https://curfew:hunter2@checkpoints.acme.example/keep'
  // Nothing is sent to an address that holds a password.
  await expect(checkpointSink(place, { proxies: null, aws: null }).keep(one)).rejects.toThrow('credentials')
  expect(checkpointsFault(place)).not.toBeNull()
})
