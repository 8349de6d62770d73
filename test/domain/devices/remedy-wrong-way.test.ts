import { fitness } from '../../../src/domain/devices/fitness.ts'
import { lacksInWords } from '../../../src/domain/devices/lack-words.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

test('whoever has a system that is too new is not told to install its updates', () => {
  const rule = aRule({ when: 'device.osVersion < version("16")' })
  const device = aDevice({ said: saidAt(0, { os: 'macos', osVersion: '16.1' }) })
  const found = fitness(rule, [device], { now: at(1), onDevice: null })
  expect(found.isFit ? '' : lacksInWords(found.lacks, at(1))).not.toContain('Install the updates')
})
