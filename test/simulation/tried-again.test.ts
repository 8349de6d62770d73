import { ConnectorError } from '../../src/domain/connector.ts'
import { Queues } from '../../src/operations/by-itself/queues.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { aScene, heldThere } from './a-scene.ts'
import { askers } from './catalog.ts'

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

/** It times out on this one, for this long; what it does for others says nothing of when to try it again. */
function timesOutFor(ms: number, isSilent = false) {
  const takenAtMs: number[] = []
  const scene = aScene({
    isSilent: () => isSilent,
    connects: (connector, clock) => ({
      ...connector,
      take: async (call) => {
        takenAtMs.push(clock.nowMs)
        if (clock.nowMs < (takenAtMs[0] ?? 0) + ms)
          throw new ConnectorError('timeout', { retryable: true, happened: 'no' })
        await connector.take(call)
      },
    }),
  })
  scene.time.at(
    1_500,
    () => void scene.ask(scene.one.world, 'one').then(() => scene.approve(scene.one.world, 'one')),
  )
  const pausesMs = () => takenAtMs.slice(1).map((atMs, at) => atMs - (takenAtMs[at] ?? NaN))
  return { ...scene, pausesMs }
}

test('what is late by half a minute is tried each four seconds, on a system that answers others', async () => {
  const { db, until, pausesMs } = timesOutFor(30_000)
  await until(60_000)
  expect(Math.max(...pausesMs())).toBeLessThan(4_200)
  expect([...db.grants.values()].map(({ status }) => status)).toEqual(['ended'])
})

test('what is late for longer is tried ever more seldom, down to once a minute', async () => {
  const { until, pausesMs } = timesOutFor(2 * 3_600_000)
  await until(2_400_000)
  const before = pausesMs().length
  await until(3_000_000)
  const pauses = pausesMs().slice(before)
  expect(Math.max(...pauses)).toBeLessThan(60_200)
  expect(Math.min(...pauses)).toBeGreaterThan(29_000)
})

test('what is owed to a system that answers nobody is tried more seldom soon: it is tried as that answers again', async () => {
  const { until, pausesMs } = timesOutFor(120_000, true)
  await until(100_000)
  expect(Math.max(...pausesMs())).toBeGreaterThan(15_000)
})

test.each(['is not in the catalog', 'leads to somewhere else'])(
  'what waits for somebody to mend the catalog, as its system %s, is tried ever more seldom',
  async (what) => {
    let isWrong = false
    const { time, db, one, other, until, ask, approve } = aScene({
      connects: (connector) => ({
        ...connector,
        take: () => Promise.reject(new ConnectorError('no', { retryable: true, happened: 'no' })),
        get where() {
          return isWrong && what === 'leads to somewhere else' ? 'elsewhere' : 'here'
        },
      }),
    })
    for (const { world } of [one, other]) {
      const { systems } = { ...world }
      const named = (id: string) => (isWrong && what === 'is not in the catalog' ? null : systems(id))
      Object.assign(world, { systems: named })
    }
    time.at(1_500, () => void ask(one.world, 'one').then(() => approve(one.world, 'one')))
    time.at(12_500, () => (isWrong = true))
    await until(20_000)
    const triesNow = () =>
      [...db.grants.values()].map((grant) => ('tries' in grant ? grant.tries : NaN))[0] ?? NaN
    const before = triesNow()
    await until(80_000)
    expect(triesNow() - before).toBeLessThan(6)
  },
)

test('how late an end was called is told of its first try alone, though whoever wrote it waits for its place meanwhile', async () => {
  let takes = 0
  const told: string[] = []
  const scene = aScene({
    connects: (connector) => ({
      ...connector,
      take: async (call) => {
        takes += 1
        if (takes === 1) throw new ConnectorError('refused', { retryable: true, happened: 'no' })
        return connector.take(call)
      },
    }),
  })
  const { time, db, system, one, other, until, ask, approve } = scene
  for (const { world } of [one, other])
    Object.assign(world, { observe: ({ type }: { type: string }) => told.push(type) })
  Object.assign(one.world, { queues: new Queues({ concurrency: 1 }) })
  time.at(1_100, () => void ask(other.world, 'one').then(() => approve(other.world, 'one')))
  await until(4_000)
  const [grant] = [...db.grants.values()]
  if (grant?.status !== 'active') throw new Error('not as it was meant')
  let open = (): void => undefined
  void one.world.queues.step('sys', 'call', () => new Promise<void>((resolve) => (open = resolve)))
  time.at(5_000, () => void releaseGrant(one.world, { grantId: grant.id, by: askers[0] }))
  time.at(5_400, () => open())
  await until(20_000)
  expect(takes).toBe(2)
  expect(system.isHeld(heldThere)).toBe(false)
  expect(db.grants.get(grant.id)).toMatchObject({ status: 'ended', left: 'gone' })
  expect(told.filter((type) => type === 'end-called')).toHaveLength(1)
})
