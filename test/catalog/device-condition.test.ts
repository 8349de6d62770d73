import { compileDeviceCondition } from '../../src/catalog/device-condition.ts'
import { at } from '../support/builders.ts'
import { aDevice, condition, saidAt } from '../support/known-devices.ts'

const policies = (...results: (readonly [name: string, result: 'pass' | 'fail' | 'unknown'])[]) =>
  Object.fromEntries(results.map(([name, result]) => [name, { result, at: at(0), remedy: null }]))

const known = aDevice({
  serial: 'C02FAKE',
  said: saidAt(0, {
    os: 'macos',
    osVersion: '15.1',
    firewall: true,
    diskEncrypted: false,
    screenLock: null,
    edr: 'on',
    score: 7,
    load: 0.5,
    constructor: 'mine',
  }),
  policies: policies(['disk', 'pass'], ['edr', 'fail'], ['lock', 'unknown'], ['toString', 'pass']),
})

const ask = (source: string, device = known) => condition(source).evaluate(device)

test.each([
  ['device.firewall', 'yes'],
  ['!device.firewall', 'no'],
  ['device.os == "macos"', 'yes'],
  ['device.serial == "C02FAKE"', 'yes'],
  ['device.osVersion >= version("15")', 'yes'],
  ['device.osVersion != version("15.1.0")', 'no'],
  ['device.osVersion in [version("15.1.0")]', 'yes'],
  ['device.osVersion < version("15.1")', 'no'],
  ['device.attributes["edr"] == "on"', 'yes'],
  ['device.attributes.edr == "on"', 'yes'],
  ['device.attributes["score"] > 3', 'yes'],
  ['device.attributes["load"] < 1.0', 'yes'],
  ['device.attributes["constructor"] == "mine"', 'yes'],
  ['device.policies["disk"] == "pass"', 'yes'],
  ['device.policies["edr"] == "pass"', 'no'],
  ['device.policies["toString"] == "pass"', 'yes'],
  ['cel.bind(d, device, d.firewall)', 'yes'],
  ['[device][0].firewall', 'yes'],
  ['device.name.startsWith("riley")', 'yes'],
])('%s: %s', (source, answer) => {
  expect(ask(source)).toBe(answer)
})

test.each([
  'device.managed',
  '!device.managed',
  'device.managed || device.firewall',
  'device.firewall || device.managed',
  'device.managed ? true : true',
  'has(device.managed) || true',
  '!has(device.managed)',
  'device.screenLock || true',
  'device.policies["lock"] == "pass" || true',
  'device.policies["nosuch"] != "fail"',
  '!("lock" in device.policies)',
  'device.policies.all(name, device.policies[name] != "fail" || true)',
  'device.policies.exists(name, name == "disk")',
  'device.attributes["nosuch"] == "on" || true',
  'device.attributes["valueOf"] == "on" || true',
  '!has(device.attributes.nosuch)',
  'cel.bind(d, device, d.managed || true)',
  '[device].all(d, d.managed || true)',
])('what nobody knows makes it unknown, even where the rest would decide: %s', (source) => {
  expect(ask(source)).toBe('unknown')
})

test.each([
  'device.attributes["score"] / 0 == 1',
  'device.attributes["edr"] > 3',
  'device.attributes["score"] == "on" || device.attributes["edr"] + 1 > 0',
])('a rule that CEL cannot answer is unknown, and throws nothing: %s', (source) => {
  expect(['unknown', 'no']).toContain(ask(source))
})

test.each([
  ['true', 'must read the device'],
  ['device["firewall"]', 'name what you read of it'],
  ['dyn(device)["firewall"] == true', 'name what you read of it'],
  ['[[device.policies]][0][0].x == "a"', 'name what you read of it'],
  ['device.nosuch', 'No such key'],
  ['device.firewall == "on"', 'no such overload'],
  ['device.osVersion > version("soon")', 'holds no version'],
  ['device.osVersion > "15"', 'no such overload'],
  ['device.attributes["os"] == "macos"', 'write device.os'],
  ['device.attributes.firewall == "on"', 'write device.firewall'],
  ['device.os', 'must answer with bool'],
  ['device.firewall &&', ''],
])('%s is refused at load', (source, message) => {
  const compiled = compileDeviceCondition(source)
  expect('offset' in compiled && compiled.message).toContain(message)
})

test.each([
  ['device.attributes.edr == "on"', [{ kind: 'other', name: 'edr' }]],
  ['device.attributes["edr"] == "on"', [{ kind: 'other', name: 'edr' }]],
  ['device.policies.disk == "pass"', [{ kind: 'policy', name: 'disk' }]],
  ['has(device.policies.disk)', [{ kind: 'policy', name: 'disk' }]],
  ['device.policies["a" + "b"] == "pass"', [{ kind: 'every-policy' }]],
  ['cel.bind(p, device.policies, p.disk == "pass")', [{ kind: 'every-policy' }]],
])('%s depends on what it names, and on nothing else', (source, reads) => {
  expect(condition(source).reads).toEqual(reads)
})

test('its parts are what must all be true', () => {
  const { parts } = condition(
    '(device.firewall || device.managed) && (device.os == "macos" && !device.autoUpdate)',
  )
  expect(parts.map(({ source }) => source)).toEqual([
    'device.firewall || device.managed',
    'device.os == "macos"',
    '!device.autoUpdate',
  ])
})
