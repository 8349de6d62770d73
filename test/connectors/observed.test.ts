import { ConnectorError } from '../../src/domain/connector.ts'
import type { Observed } from '../../src/domain/ports/observe.ts'
import { failureOf } from '../../src/testing/contract.ts'
import { aStranger } from './a-stranger.ts'

test('each call to a system is told of by its kind and what came of it, and by nothing of whom it was about', async () => {
  let happens: () => Promise<void> = async () => undefined
  const told: Observed[] = []
  const { connector, call } = aStranger({ take: () => happens() }, 200, (what) => void told.push(what))
  const outcomes = () => told.splice(0).map((what) => what.type === 'connector-called' && what.outcome)

  await connector.take(call())
  expect(told).toEqual([
    {
      type: 'connector-called',
      system: 'orders-db',
      kind: 'radius',
      verb: 'take',
      outcome: 'done',
      tookMs: expect.any(Number) as number,
    },
  ])
  expect(outcomes()).toEqual(['done'])

  happens = () => Promise.reject(new ConnectorError('no such user', { retryable: false, happened: 'no' }))
  await failureOf(connector.take(call()))
  expect(outcomes()).toEqual(['refused'])

  happens = () => Promise.reject(new Error('odd'))
  await failureOf(connector.take(call()))
  expect(outcomes()).toEqual(['failed'])
  await connector.close()
})

test('while a system does not answer it is silent, and what is not asked is told of as that', async () => {
  let isAway = true
  const told: Observed[] = []
  const answer = async () => {
    if (isAway) throw new ConnectorError('no answer', { retryable: true })
    return undefined
  }
  const { connector, call } = aStranger(
    { take: answer, check: async () => (await answer(), []) },
    200,
    (what) => void told.push(what),
  )
  const takes = () =>
    told.flatMap((what) => (what.type === 'connector-called' && what.verb === 'take' ? [what.outcome] : []))
  try {
    expect(connector.isSilent()).toBe(false)
    await Promise.all([1, 2, 3].map(() => failureOf(connector.take(call()))))
    expect(connector.isSilent()).toBe(true)
    await failureOf(connector.take(call()))
    expect(takes()).toEqual(['failed', 'failed', 'failed', 'not-asked'])
    isAway = false
    for (const untilMs = performance.now() + 10_000; connector.isSilent() && performance.now() < untilMs;)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(connector.isSilent()).toBe(false)
    await connector.take(call())
    expect(takes().at(-1)).toBe('done')
  } finally {
    await connector.close()
  }
}, 20_000)
