import { readFileSync } from 'node:fs'
import { fitness } from '../../../src/domain/devices/fitness.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule } from '../../support/known-devices.ts'

test('the rule that the page of webhooks writes for Kolide lets in whose check never failed, of which Kolide says nothing', () => {
  const page = readFileSync('docs/devices/webhook.md', 'utf8')
  const [, when = ''] = /what must not fail, `([^`]+)`/.exec(page) ?? []
  expect(when).toContain('device.policies["Firewall"]')
  // It enrolled, and nothing was ever wrong with it.
  const device = aDevice({ source: 'kolide', said: { managed: { value: true, at: at(0) } } })
  expect(fitness(aRule({ when }), [device], { now: at(1), onDevice: null })).toMatchObject({ isFit: true })
})
