import { OnceMore } from '../src/once-more.ts'

/** Runs end when a test says so. */
function someRuns(options: ConstructorParameters<typeof OnceMore<number>>[1] = {}) {
  const begun: string[] = []
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const runs = new OnceMore<number>((key, asked) => {
    begun.push(`${key} ${asked}`)
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))
  }, options)
  const end = async (i: number, error?: Error) => {
    if (error) ends[i]?.reject(error)
    else ends[i]?.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, runs, end }
}

test('what is asked for while it runs is done once more, by what was asked last', async () => {
  const { begun, runs, end } = someRuns()
  const first = runs.ask('a', 1)
  expect(runs.next('a')).toBeNull()
  const [second, third] = [runs.ask('a', 2), runs.ask('a', 3)]
  expect(runs.next('a')).toMatchObject({ asked: 3 })
  expect(begun).toEqual(['a 1'])
  await end(0)
  await first
  expect(begun).toEqual(['a 1', 'a 3'])
  expect(runs.next('a')).toBeNull()
  await end(1)
  await Promise.all([second, third])
  void runs.ask('a', 4)
  expect(begun).toEqual(['a 1', 'a 3', 'a 4'])
})

test('never two at a time, also for whoever asks in the very moment in which one ends', async () => {
  const { begun, runs, end } = someRuns()
  const asksAgain = runs.ask('a', 1).then(() => runs.ask('a', 3))
  void runs.ask('a', 2)
  await end(0)
  expect(begun).toEqual(['a 1', 'a 3'])
  await end(1)
  await asksAgain
  expect(begun).toEqual(['a 1', 'a 3'])
})

test('a run is told once another is to follow it', async () => {
  const told: string[] = []
  let end = (): void => undefined
  const runs = new OnceMore<number>((key, asked, askedAgain) => {
    void askedAgain.then(() => told.push(`${key} ${asked}`))
    return new Promise((resolve) => (end = resolve))
  })
  void runs.ask('a', 1)
  void runs.ask('b', 1)
  await Promise.resolve()
  expect(told).toEqual([])
  void runs.ask('b', 2)
  void runs.ask('b', 3)
  await Promise.resolve()
  expect(told).toEqual(['b 1'])
  end()
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['b 1'])
})

test('keys do not wait for each other', () => {
  const { begun, runs } = someRuns()
  void runs.ask('a', 1)
  void runs.ask('b', 1)
  expect(begun).toEqual(['a 1', 'b 1'])
})

test('of two that are asked for meanwhile one can be made', async () => {
  const { begun, runs, end } = someRuns({ merge: Math.min })
  for (const asked of [5, 1, 9]) void runs.ask('a', asked)
  await end(0)
  expect(begun).toEqual(['a 5', 'a 1'])
})

test('one that fails tells its own askers alone, and the next runs', async () => {
  const { begun, runs, end } = someRuns()
  const first = runs.ask('a', 1)
  const second = runs.ask('a', 2)
  const failed = expect(first).rejects.toThrow('it broke')
  await end(0, new Error('it broke'))
  await failed
  expect(begun).toEqual(['a 1', 'a 2'])
  await end(1)
  await second
})

test('stopped, it ends what runs and begins nothing', async () => {
  const { begun, runs, end } = someRuns()
  void runs.ask('a', 1)
  const second = runs.ask('a', 2)
  let isStopped = false
  const stopping = runs.stop().then(() => (isStopped = true))
  await runs.ask('b', 1)
  expect(isStopped).toBe(false)
  await end(0)
  await Promise.all([stopping, second])
  expect(begun).toEqual(['a 1'])
})
