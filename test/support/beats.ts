import { jest } from '@jest/globals'

/** Each test's intervals beat when it says so; everything else takes the time it takes. */
export function useBeats(): void {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: [
        ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
        ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
      ],
    })
  })
  afterEach(() => {
    jest.useRealTimers()
  })
}

export const beat = (ms = 1_000) => jest.advanceTimersByTime(ms)
