import { fitness } from '../../../src/domain/devices/fitness.ts'
import { lacksInWords } from '../../../src/domain/devices/lack-words.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

test('what to do is about what is missing: where a version is recent enough and its disk is not encrypted, that is said', () => {
  const rule = aRule({
    when: '(device.os == "macos" && device.osVersion >= version("14.5") && device.diskEncrypted) || (device.os == "windows" && device.osVersion >= version("10.0.22631") && device.diskEncrypted)',
  })
  const device = aDevice({ said: saidAt(0, { os: 'macos', osVersion: '15.1', diskEncrypted: false }) })
  const found = fitness(rule, [device], { now: at(1), onDevice: null })
  const words = found.isFit ? '' : lacksInWords(found.lacks, at(1))
  expect(words).toContain('Turn on FileVault')
  expect(words).not.toContain('Install the updates')
})
