import { aWatchedFleet } from './fleet-harness.ts'
import { setTimeout as pause } from 'node:timers/promises'

test('a look at a server whose hosts cannot be read, page after page, comes to an end and says so', async () => {
  const { fleet, source } = await aWatchedFleet()
  fleet.always = { status: 200, body: { hosts: [{ id: 'h-1' }] } }
  const ended = await Promise.race([source.lookNow(), pause(4_000, null, { ref: false })])
  const pages = fleet.calls.length
  fleet.always = { status: 200, body: { hosts: [] } }
  expect({ ended: ended !== null, pages }).toMatchObject({ ended: true })
  expect(ended?.failingSince).not.toBeNull()
}, 20_000)
