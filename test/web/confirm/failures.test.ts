import { failuresByAddress, networkOf } from '../../../src/web/confirm/failures.ts'
import { trustedProxies } from '../../../src/web/trusted-proxies.ts'

const limits = { failed: 3, withinMs: 60_000, atOnce: 2, addresses: 2 }

function counted(most = limits) {
  let nowMs = 0
  const begin = failuresByAddress(most, () => nowMs)
  /** Whether it was let in; answered at once. */
  const sends = (address: string, hasFailed: boolean): boolean => {
    const begun = begin(address)
    if ('retryMs' in begun) return false
    begun(hasFailed)
    return true
  }
  return { begin, sends, passes: (ms: number) => void (nowMs += ms) }
}

test('whoever fails so often waits until the time is over, and nobody else does', () => {
  const { begin, sends, passes } = counted()
  expect([1, 2, 3, 4].map(() => sends('192.0.2.1', true))).toEqual([true, true, true, false])
  expect(sends('192.0.2.2', true)).toBe(true)
  passes(20_000)
  expect(begin('192.0.2.1')).toEqual({ retryMs: 40_000 })
  passes(40_000)
  expect(sends('192.0.2.1', true)).toBe(true)
})

test('what succeeds is never counted, however many come from one address', () => {
  const { sends } = counted()
  expect(Array.from({ length: 1_000 }, () => sends('192.0.2.1', false))).not.toContain(false)
})

test('so many may be under way at once, whatever becomes of them', () => {
  const { begin, sends } = counted()
  const [first] = [begin('192.0.2.1'), begin('192.0.2.1')]
  expect(begin('192.0.2.1')).toEqual({ retryMs: 1_000 })
  if (typeof first === 'function') first(false)
  expect(sends('192.0.2.1', false)).toBe(true)
})

test('of many addresses the one heard of longest ago is forgotten, and nothing grows', () => {
  const { sends } = counted()
  for (let i = 0; i < 3; i += 1) sends('192.0.2.1', true)
  for (let i = 0; i < 5; i += 1) sends(`198.51.100.${i}`, true)
  expect(sends('192.0.2.1', true)).toBe(true)
})

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['192.0.2.1', '192.0.2.1'],
])('%s is one of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

const by = (text: string, peer: string, forwardedFor: string): string =>
  trustedProxies.parse(text)(peer, forwardedFor)

test.each([
  ['none', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['10.0.0.0/8', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.0/8', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.0/8', '10.0.0.1', '198.51.100.7, 203.0.113.9', '203.0.113.9'],
  ['10.0.0.0/8', '10.0.0.1', '203.0.113.9:4711, 10.2.3.4', '203.0.113.9'],
  ['10.0.0.0/8, fd00::/8', 'fd00::1', '[2001:db8::9]:4711', '2001:db8::9'],
  ['10.0.0.0/8', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['10.0.0.0/8', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['10.0.0.0/8', '10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.0/8', '10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
])('trusting %s, what comes from %s for “%s” was sent by %s', (text, peer, forwardedFor, client) => {
  expect(by(text, peer, forwardedFor)).toBe(client)
})

test.each([
  '',
  'all',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/16',
  '::/129',
  '10.0.0.1;10.0.0.2',
  'proxy.internal',
])('TRUSTED_PROXIES=%s is refused', (text) => {
  expect(trustedProxies.safeParse(text).success).toBe(false)
})
