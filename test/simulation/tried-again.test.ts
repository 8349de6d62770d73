import { ConnectorError } from '../../src/domain/connector.ts'
import { aScene } from './a-scene.ts'

/** A look at what is due comes each second: what is to be tried again in between waits for none. */

test('a take that failed is tried again at the instant that was set for it', async () => {
  const takenAtMs: number[] = []
  const { time, db, one, until, ask, approve } = aScene({
    connects: (connector, clock) => ({
      ...connector,
      take: async (call) => {
        takenAtMs.push(clock.nowMs)
        if (takenAtMs.length === 1)
          throw new ConnectorError('under maintenance', { retryable: true, happened: 'no' })
        await connector.take(call)
      },
    }),
  })
  time.at(1_500, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(12_000)
  expect(takenAtMs).toHaveLength(1)
  const [grant] = db.grants.values()
  const retryAtMs = grant?.status === 'revoking' ? grant.retryAt.getTime() : NaN
  await until(20_000)
  expect(takenAtMs).toHaveLength(2)
  expect((takenAtMs[1] ?? NaN) - retryAtMs).toBeLessThan(100)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
})

test('what a replica that died had begun to take is taken once its lease is over', async () => {
  const takenAtMs: number[] = []
  const { time, db, one, until, ask, approve } = aScene({
    connects: (connector, clock) => ({
      ...connector,
      take: async (call) => {
        takenAtMs.push(clock.nowMs)
        if (takenAtMs.length > 1) return connector.take(call)
        // Nothing more is heard of it.
        one.die()
        await new Promise(() => {})
      },
    }),
  })
  time.at(1_500, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
  await until(12_000)
  expect(takenAtMs).toHaveLength(1)
  const leaseUntilMs = [...db.holds.values()][0]?.leaseUntil.getTime() ?? NaN
  await until(20_000)
  expect((takenAtMs[1] ?? NaN) - leaseUntilMs).toBeLessThan(150)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
})
