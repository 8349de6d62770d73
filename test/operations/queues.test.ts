import { Queues } from '../../src/operations/by-itself/queues.ts'
import { underWay } from '../../src/under-way.ts'

/** Resolves when it is told to. */
function aWait() {
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => (end = resolve))
  return { end, over }
}

test('however many look at secrets, or are tidied up after, no end waits for them', async () => {
  const queues = new Queues({ concurrency: 4 })
  const { end, over } = aWait()
  const beside = Array.from({ length: 300 }, (_, i) =>
    queues.step('gate', i % 2 === 0 ? 'make' : 'tidy', () => over),
  )
  const done = await Promise.all(
    Array.from({ length: 8 }, () => queues.step('gate', 'prepare', () => Promise.resolve('prepared'))),
  )
  end()
  await Promise.all(beside)
  expect(done).toEqual(Array.from({ length: 8 }, () => 'prepared'))
})

test('what somebody waits for goes before what is only tidied up', async () => {
  const queues = new Queues({ concurrency: 4 })
  const { end, over } = aWait()
  const order: string[] = []
  const note = (what: 'make' | 'tidy') => queues.step('gate', what, async () => void order.push(what))
  const first = queues.step('gate', 'tidy', () => over)
  const rest = [note('tidy'), note('tidy'), note('make')]
  end()
  await Promise.all([first, ...rest])
  expect(order).toEqual(['make', 'tidy', 'tidy'])
})

test('what waited for its place is part of what asked for it, and not of what made room', async () => {
  const queues = new Queues({ concurrency: 1 })
  const { end, over } = aWait()
  const steps = ['first', 'second', 'third'].map((traceId) =>
    underWay.run({ traceId }, () =>
      queues.step('gate', 'call', async () => {
        await over
        return underWay.getStore()?.traceId
      }),
    ),
  )
  end()
  expect(await Promise.all(steps)).toEqual(['first', 'second', 'third'])
})

test('a step that never ends keeps nobody for ever, neither from its place nor from its hold', async () => {
  const queues = new Queues({ concurrency: 1, stepMs: 50 })
  const never = new Promise<never>(() => undefined)
  const lost = queues.turn('riley there', () => queues.step('gate', 'prepare', () => never))
  const next = queues.turn('riley there', () => queues.step('gate', 'call', async () => 'taken'))
  await expect(lost).rejects.toThrow(/given up/)
  expect(await next).toBe('taken')
})
