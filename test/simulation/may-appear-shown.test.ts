import { ConnectorError } from '../../src/domain/connector.ts'
import { statusLine } from '../../src/slack/words/status.ts'
import { aScene, heldThere } from './a-scene.ts'

test('what is not held, and only may turn up yet, is not shown as still held', async () => {
  const { time, db, system, one, until, ask, approve } = aScene({
    lateMs: 25_000,
    connects: (connector) => ({
      ...connector,
      give: async () => {
        throw new ConnectorError('connection reset', { retryable: true })
      },
    }),
  })
  time.at(1_100, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(25_000)
  const [grant] = db.grants.values()
  if (grant?.status !== 'revoking') throw new Error('not as it was meant')
  expect(grant.lastError).toContain('an earlier give may still happen')
  expect(system.isHeld(heldThere)).toBe(false)
  expect(statusLine(grant, new Date(time.nowMs))).not.toContain('STILL HELD')
})
