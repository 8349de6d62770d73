import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { compileDeviceCondition } from '../../src/catalog/device-condition.ts'
import { fleetHost } from '../../src/devices/fleet/host.ts'
import { nudgedHosts } from '../../src/devices/fleet/nudge.ts'
import { reportOf } from '../../src/devices/fleet/report.ts'
import { deviceReport, withReport } from '../../src/domain/devices/report.ts'
import { fleetSettings } from '../../src/domain/devices/source-kinds.ts'
import { aHost, aPolicy, never, type StandinHost } from '../standin/fleet/hosts.ts'

/*
 * What Curfew understands of a host of Fleet's.
 */

const now = new Date('2026-11-27T10:30:00Z')

function reported(otherwise: object = {}, { saysAll = false } = {}) {
  const report = reportOf(fleetHost.parse({ ...aHost(7), ...otherwise }), { saysAll })
  return report === null ? null : deviceReport.parse(report)
}

const attributes = (otherwise: object, options?: { saysAll: boolean }) => {
  const all = Object.entries(reported(otherwise, options)?.attributes ?? {})
  return Object.fromEntries(all.map(([name, { value }]) => [name, value]))
}

const owner = (device_mapping: StandinHost['device_mapping']) => reported({ device_mapping })?.owner

test('a host becomes a device with its name, what people recognise it by, whose it is and what it runs', () => {
  const report = reported()
  expect(report).toMatchObject({
    sourceId: '7',
    name: "Riley's MacBook 7",
    serial: 'C02TESTS7',
    uuid: '5FBE4F1A-0000-0000-0000-000000000007',
    owner: { email: 'riley@acme.example', isProven: true },
  })
  expect(attributes({})).toEqual({
    os: 'macos',
    osFamily: 'macos',
    osVersion: '15.1',
    diskEncrypted: true,
    managed: true,
    enrollment: 'On (automatic)',
    team: null,
  })
})

test('each value is as old as Fleet’s copy of it, and the device was there when it was seen last', () => {
  const report = reported()
  expect(report?.attributes['osVersion']?.at).toEqual(new Date('2026-11-27T10:00:00Z'))
  expect(report?.policies['Firewall on']?.at).toEqual(new Date('2026-11-27T10:05:00Z'))
  expect(report?.at).toEqual(new Date('2026-11-27T10:10:00Z'))
  const silentAgent = reported({ seen_time: '2026-01-05T08:00:00Z' })
  expect(silentAgent?.at).toEqual(new Date('2026-11-27T10:05:00Z'))
})

test.each([
  ['darwin', 'macOS 15.1', 'macos', 'macos', '15.1'],
  ['darwin', 'macOS 13.3.1 (a)', 'macos', 'macos', '13.3.1 (a)'],
  ['darwin', 'Mac OS X 10.15.7', 'macos', 'macos', '10.15.7'],
  ['windows', 'Windows 11 Pro 23H2 10.0.22631.4317', 'windows', 'windows', '10.0.22631.4317'],
  ['windows', 'Windows Server 2022 Datacenter 21H2 10.0.20348.2655', 'windows', 'windows', '10.0.20348.2655'],
  ['ubuntu', 'Ubuntu 22.04.3 LTS', 'ubuntu', 'linux', '22.04.3 LTS'],
  ['centos', 'CentOS Linux 7', 'centos', 'linux', '7'],
  ['arch', 'Arch Linux rolling', 'arch', 'linux', null],
  ['ios', 'iOS 17.5.1', 'ios', 'ios', '17.5.1'],
  ['ipados', 'iPadOS 17.5.1', 'ipados', 'ios', '17.5.1'],
  ['android', 'Android 14', 'android', 'android', '14'],
  ['chrome', 'ChromeOS 117.0.5938.2', 'chromeos', 'chromeos', '117.0.5938.2'],
  ['freebsd', 'FreeBSD 14.1', 'freebsd', null, '14.1'],
  ['', '', null, null, null],
])('of platform "%s", "%s" is read as it is meant', (platform, os_version, os, osFamily, osVersion) => {
  expect(attributes({ platform, os_version })).toMatchObject({ os, osFamily, osVersion })
})

test('"Windows 11" without a build is no version: it would be newer than every build', () => {
  expect(attributes({ platform: 'windows', os_version: 'Windows 11 Enterprise 22H2' })).toMatchObject({
    osVersion: null,
  })
})

test.each([
  ['On (automatic)', true],
  ['On (manual)', true],
  ['Pending', false],
  ['Off', false],
  ['', null],
  [null, null],
])('MDM "%s" is managed: %s', (enrollment_status, managed) => {
  expect(attributes({ mdm: { enrollment_status } })).toMatchObject({ managed })
})

test('what is missing, null or of another form is not known, and spoils nothing else', () => {
  expect(attributes({ mdm: null, disk_encryption_enabled: 'yes', os_version: 5, team_name: null })).toEqual({
    os: 'macos',
    osFamily: 'macos',
    osVersion: null,
    diskEncrypted: null,
    managed: null,
    enrollment: null,
    team: null,
  })
  const bare = reportOf(fleetHost.parse({ id: 7, detail_updated_at: '2026-11-27T10:00:00Z' }), {
    saysAll: true,
  })
  expect(deviceReport.parse(bare)).toMatchObject({ sourceId: '7', name: null, serial: null, policies: {} })
  expect(reported({ policies: 'none', device_mapping: {} })).toMatchObject({ policies: {} })
})

test('a list that says nothing of disk encryption takes nothing back; that one host has none, it does', () => {
  expect(attributes({ disk_encryption_enabled: undefined })).not.toHaveProperty('diskEncrypted')
  expect(attributes({ disk_encryption_enabled: undefined }, { saysAll: true })).toHaveProperty(
    'diskEncrypted',
    null,
  )
  // Of Linux it is left out where the disk is not encrypted.
  expect(attributes({ platform: 'ubuntu', disk_encryption_enabled: undefined })).toHaveProperty(
    'diskEncrypted',
    null,
  )
})

test('a policy passes only where it ran and passed', () => {
  const policies = [
    aPolicy('A', 'pass'),
    aPolicy('B', 'fail', 'Do this.'),
    aPolicy('C', ''),
    { name: 'D' },
    5,
  ]
  expect(reported({ policies })?.policies).toMatchObject({
    A: { result: 'pass' },
    B: { result: 'fail', remedy: 'Do this.' },
    C: { result: 'unknown' },
    D: { result: 'unknown' },
  })
  expect(reported({ policies, policy_updated_at: never })?.policies['A']).toMatchObject({
    result: 'unknown',
    at: new Date('2026-11-27T10:00:00Z'),
  })
})

test('of two policies with one name the worse counts, in whichever order they come', () => {
  const two = [aPolicy('Updates', 'pass'), aPolicy('Updates', 'fail', 'Update.')]
  for (const policies of [two, two.toReversed()])
    expect(reported({ policies })?.policies).toMatchObject({ Updates: { result: 'fail', remedy: 'Update.' } })
})

test('more policies than are kept of a device are no reason to hear nothing of it: the failing ones are told', () => {
  const many = Array.from({ length: 300 }, (_, i) => aPolicy(`Policy ${i}`, 'pass'))
  const policies = [...many, aPolicy('Last', 'fail'), aPolicy('x'.repeat(300), 'fail', 'y'.repeat(5_000))]
  const report = reported({ policies, hostname: 'z'.repeat(900), display_name: '', computer_name: '' })
  if (report === null) throw new Error('nothing was reported')
  expect(report.policies['Last']).toMatchObject({ result: 'fail' })
  expect(withReport(null, 'fleet', report, now)).toMatchObject({ isChanged: true })
})

test('an address from the identity provider proves whose it is, however it is written', () => {
  expect(owner([{ email: ' Riley@Acme.example ', source: 'mdm_idp_accounts' }])).toEqual({
    email: 'riley@acme.example',
    isProven: true,
  })
  expect(owner([{ email: 'riley@acme.example', source: 'idp' }])).toMatchObject({ isProven: true })
})

test('what a device or a browser says of its owner is a claim: Mallory’s agent cannot make it Ada’s', () => {
  const ada = 'ada@acme.example'
  for (const source of ['custom', 'custom_installer', 'google_chrome_profiles', 'another'])
    expect(owner([{ email: ada, source }])).toEqual({ email: ada, isProven: false })
  expect(
    owner([
      { email: ada, source: 'custom' },
      { email: 'mallory@acme.example', source: 'mdm_idp_accounts' },
    ]),
  ).toEqual({ email: 'mallory@acme.example', isProven: true })
})

test('two different proven addresses prove nothing, and of several claims none is taken', () => {
  const from = (source: string) => [
    { email: 'riley@acme.example', source },
    { email: 'ada@acme.example', source },
  ]
  expect(owner(from('mdm_idp_accounts'))).toBeUndefined()
  expect(
    owner([...from('mdm_idp_accounts'), { email: 'mallory@acme.example', source: 'custom' }]),
  ).toBeUndefined()
  expect(owner(from('google_chrome_profiles'))).toBeUndefined()
  expect(owner(null)).toBeUndefined()
  expect(owner([])).toBeNull()
  expect(owner([{ email: 'no address', source: 'mdm_idp_accounts' }])).toBeUndefined()
})

test('a laptop that was only assigned to Fleet and never began is nobody’s device yet', () => {
  expect(reported({ detail_updated_at: never, policy_updated_at: never })).toBeNull()
  expect(reported({ detail_updated_at: '0001-01-01T00:00:00Z' })).toBeNull()
})

test('the example of the documentation is taken, and lets in Riley’s MacBook while all is well', async () => {
  const page = await readFile(new URL('../../docs/devices/fleet.md', import.meta.url), 'utf8')
  const written: unknown = parse(/```yaml\n([^`]+)```/.exec(page)?.[1] ?? '')
  const { kind, ...settings } = example.parse(written).devices.sources.fleet
  expect(kind).toBe('fleet')
  expect(fleetSettings.safeParse({ ...settings, token: 'token' }).success).toBe(true)
  const rule = compileDeviceCondition(example.parse(written).devices.fit['managed-laptop'].when)
  const isFit = (otherwise: object) => {
    const report = reported(otherwise)
    const merged = report === null ? null : withReport(null, 'fleet', report, now)
    if (merged === null || 'not' in merged || 'offset' in rule) throw new Error('it was not taken')
    return rule.evaluate(merged.device)
  }
  expect(isFit({})).toBe('yes')
  expect(isFit({ policies: [aPolicy('Firewall on', 'fail')] })).toBe('no')
  expect(isFit({ policies: [aPolicy('Firewall on', '')] })).not.toBe('yes')
  expect(isFit({ policies: null })).toBe('unknown')
  expect(isFit({ mdm: { enrollment_status: 'Pending' } })).toBe('no')
  expect(isFit({ disk_encryption_enabled: undefined })).toBe('unknown')
})

const example = z.object({
  devices: z.object({
    sources: z.object({ fleet: z.looseObject({ kind: z.string() }) }),
    fit: z.object({ 'managed-laptop': z.object({ when: z.string() }) }),
  }),
})

describe('the webhook', () => {
  test('names the hosts that are to be looked at, each once', () => {
    const body = {
      timestamp: '2026-11-27T10:00:00Z',
      policy: { id: 1, name: 'Firewall on', critical: false },
      hosts: [
        { id: 3, hostname: 'a', display_name: 'a', url: 'https://fleet.acme.example/hosts/3' },
        { id: 4, hostname: 'b' },
        { id: 3, hostname: 'a' },
      ],
    }
    expect(nudgedHosts(body)).toEqual(['3', '4'])
  })

  test('makes nothing of what is not its form', () => {
    for (const body of [null, undefined, 5, 'x', [], {}, { hosts: {} }, { hosts: null }])
      expect(nudgedHosts(body)).toEqual([])
    const hosts = [
      { id: 'x' },
      { id: -1 },
      { id: 1.5 },
      null,
      { id: '../users' },
      { id: '12' },
      { id: 1e300 },
    ]
    expect(nudgedHosts({ hosts })).toEqual(['12'])
    const many = Array.from({ length: 10_001 }, (_, i) => ({ id: i + 1 }))
    expect(nudgedHosts({ hosts: many })).toEqual([])
    expect(nudgedHosts({ hosts: many.slice(1) })).toHaveLength(10_000)
  })
})
