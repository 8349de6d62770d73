import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError, type HandOver } from '../../src/domain/connector.ts'
import { failureOf } from '../../src/testing/contract.ts'
import { aStranger } from './a-stranger.ts'

test('after a long silence takes are done within 5 s of the return, though what was asked during it is never answered', async () => {
  let isAway = true
  // As behind a load balancer, or a firewall that drops packets: what was sent while it was down gets no answer ever.
  const answer =
    <T>(value: T) =>
    ({ signal }: { signal: AbortSignal }): Promise<T> =>
      isAway
        ? new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () =>
              reject(new ConnectorError('no answer', { retryable: true })),
            )
          })
        : Promise.resolve(value)
  const { connector, call } = aStranger(
    { take: answer(undefined), check: answer([]), has: answer(true) },
    10_000,
  )
  try {
    // Three takes at once find that it is away.
    await Promise.all([1, 2, 3].map(() => failureOf(connector.take(call()))))
    await sleep(2_000)
    isAway = false
    const backAtMs = performance.now()
    let tookMs = Number.POSITIVE_INFINITY
    while (performance.now() - backAtMs < 15_000) {
      try {
        await connector.take(call())
        tookMs = performance.now() - backAtMs
        break
      } catch {
        await sleep(50)
      }
    }
    expect(tookMs).toBeLessThan(5_000)
  } finally {
    await connector.close()
  }
}, 40_000)

test('an odd thing that cannot be looked at is a failure with an id, and says that the call may have happened', async () => {
  const odd = Object.defineProperty(new Error('odd'), 'detail', {
    enumerable: true,
    get: () => {
      throw new Error('not now')
    },
  })
  const { connector, said, call } = aStranger({ give: () => Promise.reject(odd) })
  const failure = await failureOf(connector.give(call()))
  expect(failure).toMatchObject({ happened: 'unknown' })
  expect(failure.message).toMatch(/\(error \w{8}\)$/)
  expect(said).toHaveLength(1)
  await connector.close()
})

test('an error whose message cannot be read is a failure with an id as well', async () => {
  const odd = new Error('x')
  Object.defineProperty(odd, 'message', {
    get: () => {
      throw new Error('not now')
    },
  })
  const { connector, call } = aStranger({ give: () => Promise.reject(odd) })
  const failure = await failureOf(connector.give(call()))
  expect(failure).toMatchObject({ happened: 'unknown' })
  expect(failure.message).toMatch(/\(error \w{8}\)$/)
  await connector.close()
})

const handOver = (make: HandOver['make']): HandOver => ({
  what: 'key',
  isFor: () => true,
  brings: { label: 'Public key', hint: '' },
  make,
})

test('what the holder brought, and is refused in words for them alone, is in no log and in no failure of others', async () => {
  let isAway = false
  const away = new ConnectorError('it cannot be reached', { retryable: true, happened: 'no' })
  const { connector, said, call } = aStranger({
    take: () => (isAway ? Promise.reject(away) : Promise.resolve()),
    check: () => Promise.reject(away),
    handOver: handOver(({ brought }) =>
      Promise.reject(
        new ConnectorError(`"${brought}" is no public key`, { retryable: false, happened: 'no' }),
      ),
    ),
  })
  isAway = true
  await failureOf(connector.take(call()))
  await failureOf(connector.take(call()))
  await failureOf(
    connector.handOver?.make({ ...call(), brought: 'PRIVATE-KEY-hunter2' }) ?? Promise.resolve(),
  )
  await failureOf(connector.take(call()))
  await connector.close()
  expect(JSON.stringify(said)).not.toContain('hunter2')
})

test('a secret that cannot be made tells nothing of the system: others are given and taken on', async () => {
  const { connector, said, call } = aStranger({
    check: () => Promise.reject(new ConnectorError('away', { retryable: true })),
    handOver: handOver(({ brought }) =>
      Promise.reject(new ConnectorError(`no answer to PUT /clients/${brought}`, { retryable: true })),
    ),
  })
  for (let i = 0; i < 3; i++)
    await failureOf(
      connector.handOver?.make({ ...call(), brought: 'PRIVATE-KEY-hunter2' }) ?? Promise.resolve(),
    )
  await connector.take(call())
  await connector.close()
  expect(JSON.stringify(said)).not.toContain('hunter2')
})

test('a connector that stumbles over what is asked makes no secret, and nobody stumbles with it', async () => {
  const { connector, said, call } = aStranger({
    handOver: {
      ...handOver(() => Promise.resolve([{ label: 'Key', text: 'x' }])),
      isFor: () => {
        throw new TypeError('undefined is not a function')
      },
    },
  })
  await connector.give(call())
  expect(connector.handOver?.isFor({})).toBe(false)
  expect(said).toHaveLength(1)
  await connector.close()
})

test('a system that is back is asked for all that is owed once it refused something, as once it did something', async () => {
  let isAway = true
  const refusal = new ConnectorError('the group is gone', { retryable: false, happened: 'no' })
  const away = new ConnectorError('no answer', { retryable: true })
  const { connector, call } = aStranger({
    take: () => Promise.reject(isAway ? away : refusal),
    check: () => (isAway ? Promise.reject(away) : Promise.resolve([])),
  })
  const told: boolean[] = []
  const back = new Promise<void>((resolve) => {
    connector.onBack(({ surely }) => {
      told.push(surely)
      resolve()
    })
  })
  for (let i = 0; i < 3; i++) await failureOf(connector.take(call()))
  isAway = false
  await back
  await failureOf(connector.take(call()))
  await connector.close()
  expect(told).toEqual([false, true])
})

test('a system that answers again is given and taken on, though its connector cannot check it', async () => {
  let isAway = true
  const away = new ConnectorError('no answer', { retryable: true })
  const { connector, call } = aStranger({
    take: () => (isAway ? Promise.reject(away) : Promise.resolve()),
    check: () => Promise.reject(new TypeError('not made yet')),
  })
  for (let i = 0; i < 3; i++) await failureOf(connector.take(call()))
  isAway = false
  const backAtMs = performance.now()
  for (;;) {
    const isDone = await connector.take(call()).then(
      () => true,
      () => false,
    )
    if (isDone) break
    if (performance.now() - backAtMs > 5_000) throw new Error('it is not asked any more')
    await sleep(50)
  }
  await connector.take(call())
  await connector.close()
})
