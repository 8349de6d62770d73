import { at } from '../../support/builders.ts'
import { aDevice, heard, merge } from '../../support/known-devices.ts'

test('whatever names an unsigned sender made up, what the source of a device says of it is not refused', () => {
  const named = (prefix: string, count: number, result: 'pass' | 'fail') =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix} ${n}`, { result }]))
  const gossip = { at: at(1), isTrusted: false, policies: named('made up', 100, 'fail') }
  const known = heard(aDevice(), gossip, at(1))
  const own = { at: at(2), attributes: { firewall: { value: true } }, policies: named('own', 150, 'pass') }
  expect(merge(known, own, at(2))).not.toHaveProperty('not')
})
