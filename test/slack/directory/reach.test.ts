import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  type WebClient,
} from '@slack/web-api'
import { Reach } from '../../../src/slack/directory/reach.ts'

/** A client whose `auth.test` answers so. */
function aReach(test: () => Promise<object>) {
  let probes = 0
  const client = {
    auth: {
      test: () => {
        probes += 1
        return test()
      },
    },
  } as unknown as WebClient
  return { reach: new Reach(client), probes: () => probes }
}

const no = (error: string) => new WebAPIPlatformError({ ok: false, error })
const away = () => Promise.reject(new WebAPIRequestError(new Error('no route')))
const said = { ok: true }

test.each([
  ['nobody is called so', no('user_not_found'), true],
  ['a scope is missing, for every replica alike', no('missing_scope'), true],
  ['not so fast', new WebAPIRateLimitedError(30), true],
  ['the token is not accepted', no('invalid_auth'), false],
  ['not from this address', no('accesslimited'), false],
  ['Slack is in trouble', no('internal_error'), false],
  ['a proxy answers in its place', new WebAPIHTTPError(502, 'Bad gateway', {}), false],
  ['nothing comes back', new WebAPIRequestError(new Error('timeout')), false],
])('%s: is that an answer?', async (_, error, isAnswer) => {
  const { reach } = aReach(away)
  await expect(reach.note(Promise.reject(error))).rejects.toBe(error)
  expect(reach.answers()).toBe(isAnswer)
})

test('while Slack does not answer it is asked once every few seconds, and an answer is believed at once', async () => {
  const { reach, probes } = aReach(away)
  await reach.note(away()).catch(() => undefined)
  for (let times = 0; times < 5; times++) expect(reach.answers()).toBe(false)
  expect(probes()).toBe(1)
  await reach.note(Promise.resolve(said))
  expect(reach.answers()).toBe(true)
})

test('what it is asked for nothing else is enough to find out that it answers again', async () => {
  const { reach } = aReach(() => Promise.resolve(said))
  await reach.note(away()).catch(() => undefined)
  reach.answers()
  await Promise.resolve()
  await new Promise(setImmediate)
  expect(reach.answers()).toBe(true)
})
