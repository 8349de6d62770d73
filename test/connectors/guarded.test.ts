import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../src/domain/connector.ts'
import { failureOf } from '../../src/testing/contract.ts'
import { aStranger } from './a-stranger.ts'

const timeoutMs = 200
const place = { principal: 'ada', target: {} }
const soon = () => AbortSignal.timeout(timeoutMs)
const call = () => ({ ...place, idempotencyKey: 'k', signal: soon(), until: new Date(0) })

const away = new ConnectorError('it cannot be reached', { retryable: true, happened: 'no' })

test('what it throws that is no failure of a connector is one, with an id that the log explains', async () => {
  const { connector, said } = aStranger({
    give: () => {
      throw new TypeError('undefined is not a function')
    },
    take: () => Promise.reject(new Error('oops: hunter2')),
  })
  const failures = [await failureOf(connector.give(call())), await failureOf(connector.take(call()))]
  for (const failure of failures) {
    expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
    const [, id] = /^orders-db: its connector failed in an unexpected way \(error (\w{8})\)$/.exec(
      failure.message,
    ) ?? ['', 'none']
    expect(said.find(({ fields }) => fields['id'] === id)?.fields).toMatchObject({ connector: 'radius' })
  }
  await connector.close()
})

test('a failure that another copy of Curfew made, which a package may bring, is one all the same', async () => {
  class ConnectorError extends Error {
    override readonly name = 'ConnectorError'
    readonly retryable = false
    readonly happened = 'no'
  }
  const { connector, said } = aStranger({ give: () => Promise.reject(new ConnectorError('no such group')) })
  const failure = await failureOf(connector.give(call()))
  expect(failure).toMatchObject({ message: 'no such group', retryable: false, happened: 'no' })
  expect(said).toEqual([])
  await connector.close()
})

test.each([
  ['a word for yes', { has: async () => 'true' as unknown as boolean }],
  ['nothing', { has: async () => undefined as unknown as boolean }],
])('%s is never read as an answer to "does he hold it?"', async (_what, habits) => {
  const { connector } = aStranger(habits)
  const failure = await failureOf(connector.has({ ...place, signal: soon() }))
  expect(failure).toMatchObject({ retryable: true })
  expect(failure.message).toContain('returned what cannot be read')
  await connector.close()
})

test('a list that is none is never read as "nobody"', async () => {
  const { connector } = aStranger({ list: async () => [] as unknown as { principals: []; next: null } })
  const failure = await failureOf(connector.list({ target: {}, after: null, signal: soon() }))
  expect(failure).toMatchObject({ retryable: true })
  await connector.close()
})

test('a call that never ends ends a second after its time was up, and says whose it was', async () => {
  const { connector, said } = aStranger({ give: () => new Promise(() => undefined) })
  const beganMs = performance.now()
  const failure = await failureOf(connector.give(call()))
  expect(performance.now() - beganMs).toBeLessThan(timeoutMs + 1_500)
  expect(failure).toMatchObject({ retryable: true, happened: 'unknown' })
  expect(said[0]?.fields).toMatchObject({ system: 'orders-db', connector: 'radius', verb: 'give' })
  await connector.close()
})

test('one that keeps the process from anything else is named in the log', async () => {
  const { connector, said } = aStranger({
    has: async () => {
      const untilMs = performance.now() + 300
      while (performance.now() < untilMs);
      return true
    },
  })
  expect(await connector.has({ ...place, signal: soon() })).toBe(true)
  expect(said[0]).toMatchObject({
    message: 'a connector kept this process busy',
    fields: { system: 'orders-db', connector: 'radius' },
  })
  await connector.close()
})

test('a system that does not answer is asked once a second, and everybody else is answered at once', async () => {
  let asked = 0
  let isAway = true
  const back: boolean[] = []
  const { connector } = aStranger({
    take: async () => {
      asked++
      if (isAway) throw away
    },
    check: async () => {
      asked++
      if (isAway) throw away
      return []
    },
  })
  connector.onBack(({ surely }) => back.push(surely))
  for (let i = 0; i < 3; i++) await failureOf(connector.take(call()))
  const others = await Promise.all(Array.from({ length: 200 }, () => failureOf(connector.take(call()))))
  expect(asked).toBe(3)
  expect(others[0]).toMatchObject({ retryable: true, happened: 'no' })
  expect(others[0]?.message).toBe('orders-db does not answer now: it cannot be reached')
  await sleep(2_500)
  expect(asked).toBe(5)
  expect(back).toEqual([])
  isAway = false
  while (back.length === 0) await sleep(20)
  expect(back).toEqual([false])
  await connector.take(call())
  expect(back).toEqual([false, true])
  await connector.close()
})

test.each([
  ['answers', async () => false],
  ['refuses', () => Promise.reject(new ConnectorError('no such role', { retryable: false, happened: 'no' }))],
])('a system that %s only whether somebody holds it is not said to be surely back', async (_, has) => {
  let isAway = true
  const back: boolean[] = []
  const { connector } = aStranger({
    take: async () => {
      if (isAway) throw away
    },
    check: async () => {
      if (isAway) throw away
      return []
    },
    has,
  })
  connector.onBack(({ surely }) => back.push(surely))
  for (let i = 0; i < 3; i++) await failureOf(connector.take(call()))
  isAway = false
  while (back.length === 0) await sleep(20)
  const { principal, target } = call()
  await connector.has({ principal, target, signal: soon() }).catch(() => undefined)
  expect(back).toEqual([false])
  await connector.take(call())
  expect(back).toEqual([false, true])
  await connector.close()
})

test('a system that cannot be listed is given and taken on all the same', async () => {
  let taken = 0
  const { connector } = aStranger({
    list: () => Promise.reject(new ConnectorError('its answer cannot be read', { retryable: true })),
    take: async () => {
      taken++
    },
  })
  for (let i = 0; i < 10; i++) await failureOf(connector.list({ target: {}, after: null, signal: soon() }))
  await connector.take(call())
  expect(taken).toBe(1)
  await connector.close()
})

test('what a system refuses is an answer: it is asked on', async () => {
  let asked = 0
  const { connector } = aStranger({
    give: async () => {
      asked++
      throw new ConnectorError('no such person', { retryable: false, happened: 'no' })
    },
  })
  for (let i = 0; i < 20; i++) await failureOf(connector.give(call()))
  expect(asked).toBe(20)
  await connector.close()
})

test('closing leaves no timer behind, though the system is away', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const { connector } = aStranger({ take: () => Promise.reject(away), check: () => Promise.reject(away) })
  for (let i = 0; i < 4; i++) await failureOf(connector.take(call()))
  await connector.close()
  expect(timers()).toBeLessThanOrEqual(before)
})

test('what it publishes is passed on whole, or fails, and says nothing of whether its system answers', async () => {
  let read: () => Promise<unknown> = async () => Uint8Array.from([1, 2])
  const { connector } = aStranger({
    publishes: { type: 'text/plain', read: async () => (await read()) as Uint8Array },
  })
  expect(connector.publishes?.type).toBe('text/plain')
  expect(await connector.publishes?.read(soon())).toEqual(Uint8Array.from([1, 2]))
  read = async () => 'a text'
  for (let tries = 0; tries < 5; tries += 1) {
    const failure = await failureOf(Promise.resolve(connector.publishes?.read(soon())))
    expect(failure.message).toContain('returned what cannot be read')
  }
  await connector.give(call())
  expect(aStranger().connector.publishes).toBeUndefined()
  await connector.close()
})

test.each([
  ['whether it may be tried again', { happened: 'no' }],
  ['anything', undefined],
])(
  'a failure of our own class that does not say %s may be tried again, and may have happened',
  async (_what, terms) => {
    const { connector } = aStranger({
      give: async () => {
        // As plain JavaScript would write it.
        throw Reflect.construct(ConnectorError, ['no', terms])
      },
    })
    expect(await failureOf(connector.give(call()))).toMatchObject({
      message: 'no',
      retryable: true,
      happened: 'unknown',
    })
    await connector.close()
  },
)
