import type { Device } from '../../../src/domain/devices/device.ts'
import { lostBySilence } from '../../../src/domain/devices/lost-by-silence.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

/** Of a silent source it is said who loses what, and when: those alone, and not sooner. */

const seen = (id: string, seconds: number, about: Partial<Device> = {}): Device =>
  aDevice({ id, lastSeenAt: at(seconds), said: saidAt(seconds, { firewall: true }), ...about })

const fleet = { source: 'fleet' } as const

const lostAt = (devices: readonly Device[], rule = aRule(), onDevice: string | null = null) =>
  lostBySilence(
    { source: 'mdm', gap: null, heardAt: at(10) },
    { rule, devices, onDevice, endsAt: at(36_000) },
  )?.getTime() ?? null

test('it is lost at maxAge, and with the time that there is to mend it', () => {
  expect(lostAt([seen('mdm/a', 0)])).toBe(at(60).getTime())
  expect(lostAt([seen('mdm/a', 0)], aRule({ graceMs: 120_000 }))).toBe(at(180).getTime())
})

test('nothing is lost that ends before, or by a device of another source', () => {
  expect(lostAt([seen('mdm/a', 0)], aRule({ maxAgeMs: 40_000_000, seenWithinMs: 90_000_000 }))).toBeNull()
  expect(lostAt([seen('mdm/a', 0), seen('fleet/b', 0, fleet)], aRule(), 'fleet/b')).toBeNull()
  expect(lostAt([seen('mdm/a', 0), seen('fleet/b', 0, fleet)], aRule({ which: 'any' }))).toBeNull()
})

test('nothing is lost by one that does not count, or that drops out of those seen lately and leaves another', () => {
  const rejected = seen('mdm/a', 0, { approval: 'rejected' })
  expect(lostAt([rejected, seen('fleet/b', 0, fleet)])).toBeNull()
  const rule = aRule({ maxAgeMs: 3_600_000, seenWithinMs: 60_000 })
  expect(lostAt([seen('mdm/a', 0), seen('fleet/b', 0, fleet)], rule)).toBeNull()
})

test('nothing is lost on a machine of which another source tells all that is asked', () => {
  const part = seen('fleet/b', 0, { ...fleet, joinedTo: 'mdm/a' })
  expect(lostAt([seen('mdm/a', 0), part])).toBeNull()
})

test('with every, all must be: one of the silent source is enough to lose it', () => {
  expect(lostAt([seen('mdm/a', 0), seen('fleet/b', 0, fleet)])).toBe(at(60).getTime())
})
