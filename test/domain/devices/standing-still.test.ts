import type { SourceHeard } from '../../../src/domain/ports/device-sources.ts'
import type { Device } from '../../../src/domain/devices/device.ts'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import type { FitRule } from '../../../src/domain/devices/rules.ts'
import { asIfHeard } from '../../../src/domain/devices/standing-still.ts'
import { together } from '../../../src/domain/devices/together.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

/** With `outage: hold`, what a silence would take is held; what was said, and what else is silent, is carried out. */

const minute = aRule({ maxAgeMs: 60_000, seenWithinMs: 3_600_000 })

const seen = (id: string, seconds: number, about: Partial<Device> = {}): Device =>
  aDevice({ id, lastSeenAt: at(seconds), said: saidAt(seconds, { firewall: true }), ...about })

const heard = (source: string, seconds: number, about: Partial<SourceHeard> = {}) =>
  [source, { source, heardAt: at(seconds), losses: [], isTakenAnyway: false, gap: null, ...about }] as const

function isFit(
  devices: readonly Device[],
  sources: readonly (readonly [string, SourceHeard])[],
  seconds: number,
  rule: FitRule = minute,
): boolean {
  const theirs = together(asIfHeard(devices, new Map(sources), at(seconds)))
  return fitness(rule, theirs, { now: at(seconds), onDevice: null }).isFit
}

test('nobody loses anything by the silence of a source, however long, nor by that of two', () => {
  const both = [seen('mdm/a', 0), seen('fleet/b', 0, { source: 'fleet' })]
  expect(isFit(both, [heard('mdm', 5), heard('fleet', 3)], 100_000)).toBe(true)
})

test('nor by a value that was old already when the source was heard of last, nor by not being seen lately', () => {
  const agent = seen('mdm/a', 50, { said: saidAt(0, { firewall: true }) })
  expect(isFit([agent], [heard('mdm', 55)], 10_000)).toBe(true)
  const rule = aRule({ maxAgeMs: 3_600_000, seenWithinMs: 60_000 })
  expect(isFit([seen('mdm/a', 0)], [heard('mdm', 5)], 10_000, rule)).toBe(true)
})

test('once an admin lets it be taken, it is as old as it is', () => {
  expect(isFit([seen('mdm/a', 0)], [heard('mdm', 5, { isTakenAnyway: true })], 61)).toBe(false)
})

test('heard of again, those that had no time to report yet have what they had left', () => {
  const back = heard('mdm', 1_000, { gap: { from: at(20), until: at(1_000) } })
  expect(isFit([seen('mdm/a', 0)], [back], 1_001)).toBe(true)
  const later = heard('mdm', 1_041, { gap: { from: at(20), until: at(1_000) } })
  expect(isFit([seen('mdm/a', 0)], [later], 1_041)).toBe(false)
  // What was heard of since the gap is as old as it is.
  const after = heard('mdm', 1_100, { gap: { from: at(20), until: at(1_000) } })
  expect(isFit([seen('mdm/a', 1_005)], [after], 1_100)).toBe(false)
})

test('nor does whoever was heard of last, seconds after it was noted that their source was', () => {
  const gap = { from: at(20), until: at(1_000) }
  expect(isFit([seen('mdm/a', 23)], [heard('mdm', 1_000, { gap })], 1_001)).toBe(true)
  expect(isFit([seen('mdm/a', 23)], [heard('mdm', 1_061, { gap })], 1_061)).toBe(false)
})

test('what a source said before it fell silent is carried out, and so is what another says', () => {
  const off = seen('mdm/a', 0, { said: saidAt(0, { firewall: false }) })
  expect(isFit([off], [heard('mdm', 5)], 10_000)).toBe(false)
  // In a drawer, and not heard of for long when its source fell silent: it counted for nothing then.
  const drawer = seen('fleet/b', 0, { source: 'fleet' })
  const silent = heard('fleet', 900)
  expect(isFit([off, drawer], [heard('mdm', 1_000), silent], 1_001, aRule({ which: 'any' }))).toBe(false)
})

test('a device that its own source, which answers, hears no more is too old, whichever other source is silent', () => {
  const whole = seen('mdm/a', 0)
  const part = seen('fleet/b', -3_000, { source: 'fleet', joinedTo: 'mdm/a' })
  expect(isFit([whole, part], [heard('mdm', 100), heard('fleet', 0)], 101)).toBe(false)
})

test('a device of a source that answers, and is not seen lately, is no matter of those that are silent', () => {
  const rule = aRule({ maxAgeMs: 3_600_000, seenWithinMs: 60_000 })
  const drawer = seen('fleet/b', -600, { source: 'fleet' })
  expect(isFit([seen('mdm/a', 0), drawer], [heard('mdm', 5), heard('fleet', 1_000)], 1_000, rule)).toBe(true)
})

test.each([3_600, 86_400])(
  'what its source, which Curfew could not reach, heard of last %d s into that silence is as old as it says',
  (into) => {
    const daily = aRule({ maxAgeMs: 86_400_000, seenWithinMs: 86_400_000 })
    const gap = { from: at(0), until: at(3 * 86_400) }
    const source = heard('mdm', 3 * 86_400, { gap })
    expect(isFit([seen('mdm/a', into)], [source], 3 * 86_400 + 82_800, daily)).toBe(false)
  },
)
