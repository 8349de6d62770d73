import { fitness } from '../../../src/domain/devices/fitness.ts'
import { agoWords, lacksInWords } from '../../../src/domain/devices/lack-words.ts'
import { at } from '../../support/builders.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'

function words(when: string, device: Parameters<typeof aDevice>[0], seconds = 0): string {
  const found = fitness(aRule({ when }), [aDevice(device)], { now: at(seconds), onDevice: null })
  return found.isFit ? 'fit' : lacksInWords(found.lacks, at(seconds))
}

const mac = { os: 'macos', firewall: false, diskEncrypted: false }

test.each([
  [
    'device.firewall',
    { said: saidAt(0, mac) },
    'riley-laptop: firewall off, just now; the rule is device.firewall. Turn on the firewall',
  ],
  ['device.diskEncrypted', { said: saidAt(0, mac) }, 'Turn on FileVault'],
  ['device.managed', { said: saidAt(0, mac) }, 'management is not known'],
  ['device.policies["disk"] == "pass"', {}, 'disk is not known'],
])('%s', (when, device, said) => {
  expect(words(when, device)).toContain(said)
})

test.each(['constructor', 'toString', 'hasOwnProperty'])('a policy called %s is called so', (name) => {
  const policies = { [name]: { result: 'fail' as const, at: at(0), remedy: null } }
  expect(words(`device.policies["${name}"] == "pass"`, { policies })).toContain(
    `riley-laptop: ${name} fail, just now`,
  )
})

test('what its source says is to be done is said', () => {
  const policies = { disk: { result: 'fail' as const, at: at(0), remedy: 'Press the button.' } }
  expect(words('device.policies["disk"] == "pass"', { policies })).toMatch(/\. Press the button$/)
})

test('a switch that must be off is not asked to be turned on', () => {
  const off = words('!device.attributes["remoteLogin"] == true && device.managed', {
    said: saidAt(0, { managed: true, remoteLogin: true }),
  })
  expect(off).not.toContain('Turn on')
  expect(words('!device.firewall', { said: saidAt(0, { firewall: true }) })).not.toContain('Turn on')
})

test('silence is told with how long it has been', () => {
  expect(words('device.firewall', { said: saidAt(0, mac) }, 600)).toBe(
    'riley-laptop was last heard of 10 min ago; for at most 1 min that counts. Switch riley-laptop on and connect it, so that mdm hears of it',
  )
})

test.each([
  [4, 'just now'],
  [29, '29 s ago'],
  [-600, 'just now'],
  [90, '2 min ago'],
  [7_200, '2 h ago'],
  [3 * 86_400, '3 days ago'],
])('%d seconds', (seconds, said) => {
  expect(agoWords(at(0), at(seconds))).toBe(said)
})

test('a device whose source is listened to no more is not said to be approved, as if that were the reason', () => {
  const said = words('device.firewall', { source: 'renamed', said: saidAt(0, { firewall: true }) })
  expect(said).toContain('riley-laptop (nobody says anything of it any more)')
})
