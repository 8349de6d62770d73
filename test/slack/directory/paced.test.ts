import { WebAPIRateLimitedError } from '@slack/web-api'
import { Paced } from '../../../src/slack/directory/paced.ts'

test('after Slack asked to wait for longer than anybody waits, the call fails and those behind it do not ask at once', async () => {
  const paced = new Paced({ burst: 8, everyMs: 3_000 })
  let calls = 0
  const ask = async (): Promise<never> => {
    calls += 1
    throw new WebAPIRateLimitedError(120)
  }
  await expect(paced.call(ask)).rejects.toThrow(WebAPIRateLimitedError)
  expect(paced.isFree()).toBe(false)
  void paced.call(ask).catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  expect(calls).toBe(1)
})
