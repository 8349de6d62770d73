import { aHost, aPolicy } from '../standin/fleet/hosts.ts'
import { startFleetStandin } from '../standin/fleet/server.ts'
import { aProxy } from '../support/proxy.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aWatchedFleet, now, until } from './fleet-harness.ts'

/*
 * How a Fleet server is asked that does not answer as it should, and who is told.
 */

const tooMany = (seconds: string) => ({
  status: 429,
  headers: { 'retry-after': seconds },
  body: { message: 'limit exceeded' },
})
const down = { status: 503, body: '<html>Service Unavailable</html>' }

test('a token that is not accepted is said once, loudly, and tried seldom', async () => {
  const { source, fleet, logged } = await aWatchedFleet({ token: 'mistyped' })
  const health = await source.lookNow()
  expect(health.error).toBe(
    "Fleet could not list its hosts: it did not accept Curfew's token (401): Authentication required: Authentication required",
  )
  expect(health).toMatchObject({ lastAnsweredAt: null, failingSince: now })
  await source.lookNow()
  await source.lookAt('1')
  expect(fleet.calls).toHaveLength(1)
  expect(logged).toEqual(['error fleet does not accept the token'])
})

test('a server that asks to come a little later is asked then, and the look goes on where it was', async () => {
  const { source, fleet, news } = await aWatchedFleet({
    hosts: Array.from({ length: 150 }, (_, i) => aHost(i + 1)),
  })
  fleet.before = (call) => {
    fleet.before = () => undefined
    if (call.includes('?page=0&')) fleet.instead = [tooMany('1')]
  }
  const begun = performance.now()
  expect(await source.lookNow()).toMatchObject({ failingSince: null })
  expect(performance.now() - begun).toBeGreaterThan(900)
  expect(news()).toHaveLength(150)
  expect(fleet.calls).toHaveLength(4)
})

test('a server that asks to be left alone for long is, whoever asks', async () => {
  const { source, fleet, logged } = await aWatchedFleet()
  fleet.instead = [tooMany('600')]
  expect((await source.lookNow()).error).toContain('429')
  await source.lookNow()
  await source.lookAt('1')
  expect(fleet.calls).toHaveLength(1)
  expect(logged).toEqual(['warn fleet does not answer'])
})

test('one answer that went wrong is asked for again, and the look is whole', async () => {
  for (const wrong of [
    down,
    { status: 200, body: '<html>Sign in</html>' },
    { status: 200, body: '{"hosts": [' },
  ]) {
    const { source, fleet, news, logged } = await aWatchedFleet()
    fleet.instead = [wrong, wrong]
    expect(await source.lookNow()).toMatchObject({ failingSince: null })
    expect(news()).toEqual(['1'])
    expect(logged).toEqual([])
  }
})

test('a server that is down is said to be, once, since when; and once that it answers again', async () => {
  const { source, fleet, logged, news } = await aWatchedFleet()
  await source.lookNow()
  fleet.always = down
  const first = await source.lookNow()
  expect(first).toMatchObject({
    error: 'Fleet could not list its hosts: it answered 503',
    failingSince: now,
  })
  expect(first.lastAnsweredAt).not.toBeNull()
  await source.lookNow()
  fleet.always = null
  expect(await source.lookNow()).toMatchObject({ failingSince: null, error: null })
  expect(logged).toEqual(['warn fleet does not answer', 'info fleet answers again'])
  expect(news()).toEqual(['1'])
})

test.each([
  ['a page that is no JSON', { status: 200, body: '<html>Sign in</html>' }, 'its answer cannot be read'],
  ['JSON of another kind', { status: 200, body: { data: [] } }, 'its answer cannot be read'],
  [
    'a redirect',
    { status: 302, headers: { location: 'https://sso.acme.example' }, body: '' },
    'it redirected (302)',
  ],
  ['another address', { status: 404, body: '404 page not found' }, 'nothing is at this address (404)'],
])('%s is no answer, and no device is told of by it', async (_, answer, words) => {
  const { source, fleet, news } = await aWatchedFleet()
  fleet.always = answer
  expect((await source.lookNow()).error).toContain(words)
  expect(news()).toEqual([])
})

test('a server that has a path is asked below it, with a slash at its end or without', async () => {
  for (const path of ['/of/fleet', '/of/fleet/']) {
    const { source, fleet } = await aWatchedFleet({ path })
    await source.lookNow()
    expect(fleet.calls[0]).toMatch(/^\/of\/fleet\/api\/v1\/fleet\/hosts\?page=0&/)
  }
})

test('a company’s proxy is gone through, where there is one', async () => {
  const behind = await startFleetStandin([aHost(1), aHost(2)])
  afterThis(() => behind.stop())
  const proxy = await aProxy({ to: Number(new URL(behind.url).port) })
  const { source, fleet, news } = await aWatchedFleet({
    surroundings: { timeoutMs: 5_000, proxies: { http: proxy.url, https: null, except: '' }, now: () => now },
  })
  await source.lookNow()
  expect(news()).toEqual(['1', '2'])
  expect(new Set(proxy.asked)).toEqual(new Set([new URL(fleet.url).host]))
  expect(fleet.calls).toEqual([])
})

test('a server that is slow beyond the time-out, or not there at all, holds nobody up', async () => {
  const { source, fleet } = await aWatchedFleet({
    surroundings: { timeoutMs: 100, proxies: null, now: () => new Date() },
  })
  fleet.slowMs = 2_000
  expect((await source.lookNow()).error).toContain('no answer in time')
  await fleet.stop()
  expect((await source.lookNow()).error).toContain('it cannot be reached (ECONNREFUSED)')
})

test('however many ask at once, it is looked once, one call at a time', async () => {
  const { source, fleet, news } = await aWatchedFleet({ hosts: [aHost(1), aHost(2)] })
  fleet.slowMs = 20
  await Promise.all([source.lookNow(), source.lookNow(), source.lookNow()])
  expect(fleet.calls).toHaveLength(2)
  expect(fleet.mostAtOnce).toBe(1)
  expect(news()).toEqual(['1', '2'])
})

test('asked again and again it tells what is new once, and asks nothing after its stop', async () => {
  const { source, fleet, news } = await aWatchedFleet()
  for (let time = 0; time < 3; time++) await source.lookNow()
  expect(fleet.calls.length).toBeGreaterThanOrEqual(6)
  expect(news()).toEqual(['1'])
  await source.stop()
  const asked = fleet.calls.length
  await source.lookNow()
  await source.lookAt('1')
  expect(fleet.calls).toHaveLength(asked)
})

test('a server that is down is asked all the while, and said to be so once; so is that it is back', async () => {
  const { source, fleet, news, logged } = await aWatchedFleet()
  fleet.always = down
  for (let time = 0; time < 3; time++) await source.lookNow()
  expect(fleet.calls.length).toBeGreaterThanOrEqual(9)
  fleet.always = null
  expect(await source.lookNow()).toMatchObject({ failingSince: null })
  expect(news()).toEqual(['1'])
  expect(logged).toEqual(['warn fleet does not answer', 'info fleet answers again'])
})

test('a stop in the middle of a look ends it at once, and is no failure of Fleet’s', async () => {
  const { source, fleet, logged } = await aWatchedFleet()
  fleet.slowMs = 3_000
  const looking = source.lookNow()
  await until(() => fleet.calls.length === 1)
  const begun = performance.now()
  await source.stop()
  await looking
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect(logged).toEqual([])
  expect(source.health()).toMatchObject({ failingSince: null })
})

test('a host that the webhook named is looked at by the API at once; its owner stays as the list told', async () => {
  const { source, fleet, heard, news } = await aWatchedFleet({ hosts: [aHost(1), aHost(2)] })
  await source.lookNow()
  news()
  fleet.hosts.set(
    2,
    aHost(2, { policies: [aPolicy('Firewall on', 'fail')], policy_updated_at: '2026-11-27T10:25:00Z' }),
  )
  await source.lookAt('2')
  expect(news()).toEqual(['2'])
  expect(heard.at(-1)).toMatchObject({ policies: { 'Firewall on': { result: 'fail' } } })
  expect(heard.at(-1)?.owner).toBeUndefined()
})

test('a webhook of somebody’s own making has Curfew ask Fleet, no more: unknown hosts, other paths, thousands', async () => {
  const { source, fleet, news, logged } = await aWatchedFleet()
  await source.lookAt('../users')
  await source.lookAt('0')
  expect(fleet.calls).toEqual([])
  await source.lookAt('77')
  expect(news()).toEqual([])
  expect(logged).toEqual([])
  fleet.calls.splice(0)
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => source.lookAt(String(i + 1))))
  expect(fleet.calls.length).toBeLessThan(200)
  expect(new Set(news())).toEqual(new Set(['1']))
})
