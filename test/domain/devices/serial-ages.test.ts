import { fitness } from '../../../src/domain/devices/fitness.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, heard } from '../../support/known-devices.ts'

test('a serial number that a later report leaves out ages as every value does, and at maxAge no rule passes by it', () => {
  const rule = aRule({ when: 'device.serial == "C02FAKE"', maxAgeMs: 60_000 })
  const said = heard(aDevice(), { serial: 'C02FAKE', at: at(0) }, at(0))
  const later = heard(said, { at: at(3_000) }, at(3_000))
  expect(fitness(rule, [later], { now: at(3_001), onDevice: null }).isFit).toBe(false)
})
