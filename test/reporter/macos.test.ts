import {
  applicationFirewall,
  fileVault,
  macAutoUpdate,
  macScreenLock,
} from '../../reporter/curfew-report.mjs'
import { reported, said } from './bodies.ts'

const ioreg = `+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000227, registered, matched, active, busy 0 (14 ms), retain 38>
    {
      "IOPolledInterface" = "AppleARMWatchdogTimerHibernateHandler is not serializable"
      "IOPlatformSerialNumber" = "C02XG0FDH7JY"
      "IOBusyInterest" = "IOCommand is not serializable"
      "target-type" = <4a333134730000000000000000000000>
      "IOPlatformUUID" = "4C4C4544-0042-3510-8052-B4C04F564433"
      "model-number" = <4d4b475033000000>
    }

`

test('a Mac in order is reported as that', () => {
  const body = reported(
    'darwin',
    {
      version: '15.1\n',
      fileVault: 'FileVault is On.\n',
      firewall: 'Firewall is enabled. (State = 1) \n',
      screenLock: said('', {
        err: '2026-11-27 09:12:44.101 sysadminctl[4711:90210] screenLock delay is immediate\n',
      }),
      autoUpdate: '1\n',
      platform: ioreg,
    },
    { release: '24.1.0' },
  )
  expect(body).toEqual({
    hostname: 'riley-laptop',
    serial: 'C02XG0FDH7JY',
    uuid: '4C4C4544-0042-3510-8052-B4C04F564433',
    attributes: {
      os: 'macos',
      osVersion: '15.1',
      osFamily: 'darwin',
      kernelVersion: '24.1.0',
      diskEncrypted: true,
      firewall: true,
      screenLock: true,
      autoUpdate: true,
    },
  })
})

test('a Mac of which nothing can be read passes nothing', () => {
  expect(reported('darwin', {}).attributes).toMatchObject({
    osVersion: null,
    diskEncrypted: null,
    firewall: null,
    screenLock: null,
    autoUpdate: null,
  })
  // What failed said nothing, whatever it wrote.
  const failed = { fileVault: said('FileVault is On.\n', { code: 1 }) }
  expect(reported('darwin', failed).attributes.diskEncrypted).toBeNull()
})

test.each([
  ['FileVault is On.\n', true],
  ['FileVault is Off.\n', false],
  ["FileVault is Off.\nDeferred enablement appears to be active for user 'riley'.\n", false],
  ['FileVault is On.\nEncryption in progress: Percent completed = 42.36\n', false],
  ['FileVault is On.\nEncryption in progress: Pending\n', false],
  ['FileVault is Off.\nDecryption in progress: Percent completed = 80\n', false],
  ['Encryption in progress: Percent completed = 3\n', false],
  ['FileVault is On, but needs to be restarted to finish.\n', false],
  ['FileVault master keychain appears to be installed.\n', null],
  ['Error: Unable to determine FileVault status.\n', null],
  ['', null],
])('fdesetup: %j', (out, expected) => expect(fileVault(out)).toBe(expected))

test.each([
  ['Firewall is enabled. (State = 1)\n', true],
  ['Firewall is blocking all non-essential incoming connections. (State = 2)\n', true],
  ['Firewall is disabled. (State = 0)\n', false],
  ['Firewall is odd. (State = 7)\n', null],
  ['enabled', null],
  [null, null],
])('socketfilterfw: %j', (out, expected) => expect(applicationFirewall(out)).toBe(expected))

test.each([
  ['sysadminctl[78205:1456893] screenLock delay is immediate', true],
  ['sysadminctl[78205:1456893] screenLock delay is 5 seconds', true],
  ['sysadminctl[78205:1456893] screenLock delay is 900.000000 seconds', true],
  ['sysadminctl[78205:1456893] screenLock delay is 14400 seconds', false],
  ['sysadminctl[78205:1456893] screenLock delay is -1.000000 seconds', false],
  ['sysadminctl[78205:1456893] screenLock is off', false],
  ['sysadminctl: command not found', null],
])('sysadminctl: %j', (out, expected) => expect(macScreenLock(out)).toBe(expected))

test.each([
  ['1\n', true],
  ['0\n', false],
  ['', null],
  [null, null],
])('defaults: %j', (out, expected) => expect(macAutoUpdate(out)).toBe(expected))
