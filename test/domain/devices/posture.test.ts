import { fitness } from '../../../src/domain/devices/fitness.ts'
import {
  isOtherPosture,
  judgedPosture,
  postureDueAt,
  type Posture,
} from '../../../src/domain/devices/posture.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

const minute = aRule({ graceMs: 60_000, maxAgeMs: 3_600_000 })

function judged(before: Posture | null, firewall: boolean, seconds: number, rule = minute) {
  const device = aDevice({ lastSeenAt: at(seconds), said: saidAt(seconds, { firewall }) })
  const found = fitness(rule, [device], { now: at(seconds), onDevice: null })
  return judgedPosture(
    before,
    { rule, fitness: found, why: found.isFit ? '' : 'firewall off', isLost: false },
    at(seconds),
  )
}

function kept(before: Posture | null, firewall: boolean, seconds: number, rule = minute): Posture {
  const next = judged(before, firewall, seconds, rule)
  if (next.ends) throw new Error(`it ends at ${seconds} s`)
  return next.posture
}

test('not mended within its grace it ends, and not a moment sooner', () => {
  const unfit = kept(kept(null, true, 0), false, 10)
  expect(postureDueAt(unfit)).toEqual(at(70))
  expect(judged(unfit, false, 69.999).ends).toBe(false)
  expect(judged(unfit, false, 70)).toEqual({ ends: true, why: 'firewall off' })
})

test('without grace it ends at once', () => {
  expect(judged(null, false, 0, aRule({ graceMs: 0 })).ends).toBe(true)
})

test('a device that changes each ten seconds has one grace in all', () => {
  let posture = kept(null, false, 0)
  for (let seconds = 10; seconds < 60; seconds += 10) posture = kept(posture, seconds % 20 !== 0, seconds)
  expect(posture.unfit?.since).toEqual(at(0))
  expect(judged(posture, false, 60).ends).toBe(true)
})

test('fit again for as long as its grace, all is well, and a new fault has a new grace', () => {
  const mending = kept(kept(null, false, 0), true, 30)
  expect(postureDueAt(mending)).toEqual(at(90))
  const well = kept(mending, true, 90)
  expect(well.unfit).toBeNull()
  expect(kept(well, false, 91).unfit?.cutAt).toEqual(at(151))
})

test('a shorter grace holds for who is not fit already, a longer one as well', () => {
  const unfit = kept(null, false, 0)
  const shorter = aRule({ ...minute, when: 'device.firewall', graceMs: 20_000 })
  const longer = aRule({ ...minute, when: 'device.firewall', graceMs: 600_000 })
  expect(judged(unfit, false, 30, shorter).ends).toBe(true)
  expect(kept(unfit, false, 10, shorter).unfit?.cutAt).toEqual(at(20))
  expect(kept(unfit, false, 30, longer).unfit?.cutAt).toEqual(at(600))
})

test('only what is to be seen or done otherwise is written', () => {
  const fit = kept(null, true, 0)
  expect(isOtherPosture(fit, kept(fit, true, 10), at(10))).toBe(false)
  const unfit = kept(fit, false, 20)
  expect(isOtherPosture(fit, unfit, at(20))).toBe(true)
  expect(isOtherPosture(unfit, kept(unfit, false, 30), at(30))).toBe(false)
  expect(isOtherPosture(fit, kept(fit, true, 3_600), at(3_600))).toBe(true)
})

test('mended for as long as its grace before Curfew was away, what is wrong after has a grace of its own', () => {
  const mending = kept(kept(null, false, 0), true, 30)
  expect(postureDueAt(mending)).toEqual(at(90))
  // Nobody looked at 90 s; what is heard first after that is a new fault.
  expect(judged(mending, false, 600)).toMatchObject({ ends: false })
})
