import { ada, at, riley } from '../../support/builders.ts'
import { together } from '../../../src/domain/devices/together.ts'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import { aDevice, aRule, condition, heard, saidAt } from '../../support/known-devices.ts'

test('of a sender whose clock is a minute ahead, what it said before never takes the place of what it said after, in whatever order they come', () => {
  // Both come within one second of ours, at noon; the sender calls it a minute past.
  const passed = { at: at(60), attributes: { firewall: { value: true } } }
  const failed = { at: at(70), attributes: { firewall: { value: false } } }
  const inOrder = heard(heard(aDevice(), passed, at(0)), failed, at(1))
  const outOfOrder = heard(heard(aDevice(), failed, at(0)), passed, at(1))
  expect(inOrder.said['firewall']?.value).toBe(false)
  expect(outOfOrder.said['firewall']?.value).toBe(false)
})
