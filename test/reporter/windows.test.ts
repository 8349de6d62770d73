import {
  manageBde,
  netshFirewall,
  powershellFacts,
  registryValue,
  windowsAutoUpdate,
} from '../../reporter/curfew-report.mjs'
import { reported, said } from './bodies.ts'

const crlf = (text: string): string => text.replaceAll('\n', '\r\n')
const key = (path: string, ...values: string[]): string =>
  crlf(`\n${path}\n${values.map((value) => `    ${value}\n`).join('')}\n`)

const version = key(
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion',
  'SystemRoot    REG_SZ    C:\\Windows',
  'CurrentBuild    REG_SZ    22631',
  'CurrentBuildNumber    REG_SZ    22631',
  'CurrentMajorVersionNumber    REG_DWORD    0xa',
  'CurrentMinorVersionNumber    REG_DWORD    0x0',
  'DisplayVersion    REG_SZ    23H2',
  'ProductName    REG_SZ    Windows 10 Pro',
  'UBR    REG_DWORD    0x10dd',
)
const desktop = key(
  'HKEY_CURRENT_USER\\Control Panel\\Desktop',
  'DragFullWindows    REG_SZ    1',
  'ScreenSaveActive    REG_SZ    1',
  'ScreenSaverIsSecure    REG_SZ    1',
  'ScreenSaveTimeOut    REG_SZ    600',
  'SCRNSAVE.EXE    REG_SZ    C:\\Windows\\system32\\scrnsave.scr',
)
const system = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'
const updates = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU'

const profiles = (...enabled: number[]) =>
  ['Domain', 'Private', 'Public'].map((name, n) => ({ name, enabled: enabled[n] }))
const asked = (more: object = {}): string =>
  crlf(
    `\uFEFF${JSON.stringify({
      volume: { protection: 1, status: 1 },
      shell: 1,
      firewall: profiles(1, 1, 1),
      serial: 'PF2ABCDE',
      uuid: '4C4C4544-0042-3510-8052-B4C04F564433',
      ...more,
    })}\n`,
  )

const manage = (protection: string, conversion: string): string =>
  crlf(`BitLocker Drive Encryption: Configuration Tool version 10.0.22621
Copyright (C) 2013 Microsoft Corporation. All rights reserved.

Volume C: [Windows]
[OS Volume]

    Size:                 475.83 GB
    BitLocker Version:    2.0
    Conversion Status:    ${conversion}
    Percentage Encrypted: 100.0%
    Encryption Method:    XTS-AES 128
    Protection Status:    ${protection}
    Lock Status:          Unlocked
    Identification Field: Unknown
    Key Protectors:
        TPM
        Numerical Password

`)

test('a Windows in order is reported as that, and with its build as vendors write it', () => {
  const autoUpdate = key(updates, 'NoAutoUpdate    REG_DWORD    0x0', 'AUOptions    REG_DWORD    0x4')
  expect(
    reported(
      'win32',
      { powershell: asked(), version, desktop, updates: autoUpdate },
      { release: '10.0.22631' },
    ),
  ).toEqual({
    hostname: 'riley-laptop',
    serial: 'PF2ABCDE',
    uuid: '4C4C4544-0042-3510-8052-B4C04F564433',
    attributes: {
      os: 'windows',
      osVersion: '10.0.22631.4317',
      osFamily: 'windows',
      kernelVersion: '10.0.22631',
      diskEncrypted: true,
      firewall: true,
      screenLock: true,
      autoUpdate: true,
    },
  })
})

test('where nothing may be asked nothing passes', () => {
  expect(reported('win32', {}).attributes).toMatchObject({
    diskEncrypted: null,
    firewall: null,
    screenLock: null,
    autoUpdate: null,
  })
  expect(reported('win32', { powershell: '' }).attributes.diskEncrypted).toBeNull()
  expect(reported('win32', { powershell: '{}' }).attributes.firewall).toBeNull()
})

test('without an administrator’s right the disk is what Explorer shows: 1 is on, and nothing else is', () => {
  const shown = (shell: unknown) => {
    const powershell = asked({ volume: undefined, shell })
    return reported('win32', { powershell }).attributes.diskEncrypted
  }
  expect(shown(1)).toBe(true)
  // Off, being encrypted, being decrypted, suspended, locked, waiting to be switched on.
  for (const other of [0, 2, 3, 4, 5, 6, 8]) expect(shown(other)).toBe(false)
  for (const none of [null, '1', true]) expect(shown(none)).toBeNull()
})

test('what an administrator is told goes before what Explorer shows', () => {
  for (const volume of [
    { protection: 0, status: 1 },
    { protection: 1, status: 2 },
    { protection: 2, status: 1 },
  ])
    expect(reported('win32', { powershell: asked({ volume }) }).attributes.diskEncrypted).toBe(false)
})

test('the firewall is on where it is in all three profiles', () => {
  const facts = (firewall: unknown) => powershellFacts(asked({ firewall })).firewall
  expect(facts(profiles(1, 1, 1))).toBe(true)
  expect(facts(profiles(1, 1, 0))).toBe(false)
  // Not configured, not all of them, none.
  expect(facts(profiles(1, 2, 1))).toBeNull()
  expect(facts(profiles(1, 1, 1).slice(1))).toBeNull()
  expect(facts([])).toBeNull()
  expect(facts({ name: 'Public', enabled: 1 })).toBeNull()
})

test.each([
  [manage('Protection On', 'Fully Encrypted'), true],
  [manage('Protection On', 'Used Space Only Encrypted'), true],
  [manage('Protection Off', 'Fully Encrypted'), false],
  [manage('Protection Off', 'Fully Decrypted'), false],
  [manage('Protection On', 'Encryption in Progress'), false],
  [manage('Protection Off', 'Used Space Only Encrypted').replace('Protection Status', 'Schutzstatus'), null],
  ['ERROR: An attempt to access a required resource was denied.', null],
])('manage-bde %#', (out, expected) => expect(manageBde(out)).toBe(expected))

const netsh = (word: string, ...states: string[]): string =>
  crlf(
    ['Domain', 'Private', 'Public']
      .map(
        (name, n) =>
          `\n${name} Profile Settings: \n${'-'.repeat(70)}\n${word.padEnd(38)}${states[n] ?? ''}\n`,
      )
      .join('') + 'Ok.\n\n',
  )

test.each([
  [netsh('State', 'ON', 'ON', 'ON'), true],
  [netsh('State', 'ON', 'OFF', 'ON'), false],
  // Of another language, or not whole: not known.
  [netsh('Status', 'EIN', 'EIN', 'EIN'), null],
  [netsh('État', 'ACTIF', 'ACTIF', 'ACTIF'), null],
  [crlf('State                                 ON\n'), null],
  ['', null],
])('netsh %#', (out, expected) => expect(netshFirewall(out)).toBe(expected))

test('the screen locks by the machine’s limit, or a screen saver that asks; a policy goes before what people set', () => {
  const lock = (answers: Parameters<typeof reported>[1]) => reported('win32', answers).attributes.screenLock
  const set = (from: string, to: string) => desktop.replace(from, to)
  expect(lock({ desktop })).toBe(true)
  expect(lock({ desktop: set('IsSecure    REG_SZ    1', 'IsSecure    REG_SZ    0') })).toBe(false)
  expect(lock({ desktop: set('    600', '    3600') })).toBe(false)
  expect(lock({ desktop: set('Active    REG_SZ    1', 'Active    REG_SZ    0') })).toBe(false)
  expect(lock({ desktop: key('HKEY_CURRENT_USER\\Control Panel\\Desktop') })).toBe(false)
  const limit = (value: string) => key(system, `InactivityTimeoutSecs    REG_DWORD    ${value}`)
  expect(lock({ system: limit('0x384') })).toBe(true)
  expect(lock({ system: limit('0xe10'), desktop })).toBe(true)
  expect(lock({ system: limit('0x0') })).toBeNull()
  const policy = key('HKEY_CURRENT_USER\\Software\\Policies', 'ScreenSaverIsSecure    REG_SZ    0')
  expect(lock({ desktop, desktopPolicy: policy })).toBe(false)
  const refused = said('', {
    code: 1,
    err: 'ERROR: The system was unable to find the specified registry key.',
  })
  expect(lock({ desktop, desktopPolicy: refused })).toBe(true)
})

test('updates are by policy, or not known', () => {
  const policy = (...values: string[]) => windowsAutoUpdate(key(updates, ...values))
  expect(policy('AUOptions    REG_DWORD    0x4')).toBe(true)
  expect(policy('AUOptions    REG_DWORD    0x2')).toBe(false)
  expect(policy('NoAutoUpdate    REG_DWORD    0x1', 'AUOptions    REG_DWORD    0x4')).toBe(false)
  expect(policy()).toBeNull()
  expect(windowsAutoUpdate(null)).toBeNull()
})

test('values of the registry are read by their whole name, with blanks in it or in them', () => {
  const out = key(
    'HKEY_LOCAL_MACHINE\\X',
    'My UBR    REG_SZ    7',
    'UBR    REG_DWORD    0x10dd',
    'Empty    REG_SZ',
  )
  expect(registryValue(out, 'ubr')).toBe('4317')
  expect(registryValue(out, 'My UBR')).toBe('7')
  expect(registryValue(out, 'Empty')).toBe('')
  expect(registryValue(out, 'BR')).toBeNull()
})
