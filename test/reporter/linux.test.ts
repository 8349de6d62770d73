import {
  firewalldState,
  gnomeScreenLock,
  iptablesRefuses,
  kdeScreenLock,
  linuxAutoUpdate,
  nftRefuses,
  osRelease,
  rootEncrypted,
  serialIn,
  ufwStatus,
} from '../../reporter/curfew-report.mjs'
import { reported, said } from './bodies.ts'

const ubuntu = `PRETTY_NAME="Ubuntu 24.04.1 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.1 LTS (Noble Numbat)"
ID=ubuntu
ID_LIKE=debian
`

interface Block {
  readonly name: string
  readonly type: string
  readonly fstype?: string | null
  readonly uuid?: string | null
  readonly children?: readonly Block[]
}
const mounted = (source: string, fstype = 'ext4', uuid: string | null = 'root-uuid'): string =>
  JSON.stringify({ filesystems: [{ source, fstype, uuid }] })
const blocks = (...blockdevices: readonly Block[]): string => JSON.stringify({ blockdevices })

const root: Block = { name: 'vgubuntu-root', type: 'lvm', fstype: 'ext4', uuid: 'root-uuid' }
const crypt: Block = {
  name: 'dm_crypt-0',
  type: 'crypt',
  fstype: 'LVM2_member',
  uuid: 'pv',
  children: [root],
}
const boot: Block = { name: 'nvme0n1p2', type: 'part', fstype: 'ext4', uuid: 'boot-uuid' }
const luks: Block = {
  name: 'nvme0n1p3',
  type: 'part',
  fstype: 'crypto_LUKS',
  uuid: 'luks',
  children: [crypt],
}
const disk = (...children: readonly Block[]): Block => ({ name: 'nvme0n1', type: 'disk', children })
const encrypted = { root: mounted('/dev/mapper/vgubuntu-root'), blocks: blocks(disk(boot, luks)) }

test('a Linux laptop in order is reported as that, also by who is not root', () => {
  const body = reported('linux', {
    release: ubuntu,
    ...encrypted,
    ufw: said('', { code: 1, err: 'ERROR: You need to be root to run this script\n' }),
    ufwConfig: '# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n',
    ufwUnit: 'active\n',
    lockEnabled: 'true\n',
    lockDelay: 'uint32 0\n',
    idleDelay: 'uint32 300\n',
    apt: 'APT "";\nAPT::Periodic "";\nAPT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n',
  })
  expect(body).toEqual({
    hostname: 'riley-laptop',
    serial: null,
    uuid: null,
    attributes: {
      os: 'linux',
      osVersion: '24.04',
      osFamily: 'debian',
      kernelVersion: '6.8.0-45-generic',
      diskEncrypted: true,
      firewall: true,
      screenLock: true,
      autoUpdate: true,
    },
  })
})

test('a Linux of which nothing can be read passes nothing', () => {
  expect(reported('linux', {}).attributes).toMatchObject({
    osVersion: null,
    osFamily: null,
    diskEncrypted: null,
    firewall: null,
    screenLock: null,
    autoUpdate: null,
  })
})

test.each([
  [ubuntu, '24.04', 'debian'],
  ['NAME="Fedora Linux"\nVERSION_ID=41\nID=fedora\n', '41', 'fedora'],
  ['NAME="Rocky Linux"\nVERSION_ID="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', '9.4', 'rhel'],
  ["NAME='openSUSE Leap'\nVERSION_ID='15.6'\nID='opensuse-leap'\nID_LIKE='suse opensuse'\n", '15.6', 'suse'],
  ['NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n', null, 'arch'],
  [null, null, null],
])('os-release %#', (text, version, family) => expect(osRelease(text)).toEqual({ version, family }))

test('the disk is encrypted where all that the root lies on is', () => {
  const at = (source: string, ...all: readonly Block[]) =>
    rootEncrypted(mounted(source), blocks(...all), null)
  const plain: Block = { name: 'sda2', type: 'part', fstype: 'ext4', uuid: 'root-uuid' }
  const onLuks: Block = { ...luks, children: [{ ...root, name: 'luks-1', type: 'crypt' }] }
  expect(at('/dev/mapper/vgubuntu-root', disk(boot, luks))).toBe(true)
  expect(at('/dev/mapper/luks-1', disk(onLuks))).toBe(true)
  expect(at('/dev/sda2', disk(plain))).toBe(false)
  // Something else on the disk is encrypted, and the root is not.
  expect(at('/dev/sda2', disk(plain, { ...luks, children: [{ ...root, uuid: 'data', name: 'data' }] }))).toBe(
    false,
  )
  // A mirror, one half of which is in the clear; a file system over two disks.
  const mirror: Block = { ...root, name: 'md0', type: 'raid1' }
  const half = (...children: readonly Block[]): Block => ({ ...luks, children })
  const inCrypt: Block = { name: 'c', type: 'crypt', children: [mirror] }
  expect(at('/dev/md0', disk(half(inCrypt)), disk(half(inCrypt)))).toBe(true)
  expect(at('/dev/md0', disk(half(inCrypt)), disk({ ...plain, uuid: 'r', children: [mirror] }))).toBe(false)
  expect(at('/dev/mapper/luks-1[/@]', disk(onLuks), disk({ ...plain, name: 'sdb1' }))).toBe(false)
  expect(at('/dev/mapper/luks-1[/@]', disk(onLuks))).toBe(true)
})

test('a root that cannot be found on a disk is not known to be encrypted', () => {
  expect(rootEncrypted(mounted('overlay', 'overlay', null), encrypted.blocks, null)).toBeNull()
  expect(rootEncrypted(mounted('/dev/vda', 'ext4', null), blocks(), null)).toBeNull()
  // An udev that says nothing: by its name.
  expect(rootEncrypted(mounted('/dev/vda', 'ext4', null), blocks({ name: 'vda', type: 'disk' }), null)).toBe(
    false,
  )
  expect(rootEncrypted(null, encrypted.blocks, null)).toBeNull()
  expect(rootEncrypted(encrypted.root, null, null)).toBeNull()
  for (const odd of ['', '{', '[]', '{"filesystems":[]}', '{"filesystems":7}', 'null'])
    expect(rootEncrypted(odd, odd, odd)).toBeNull()
})

test('of ZFS it is what the dataset of the root says', () => {
  const list = 'rpool\toff\nrpool/ROOT\taes-256-gcm\nrpool/ROOT/ubuntu\taes-256-gcm\nrpool/plain\toff\n'
  const zfs = (dataset: string, datasets: string | null = list) =>
    rootEncrypted(mounted(dataset, 'zfs', null), null, datasets)
  expect(zfs('rpool/ROOT/ubuntu')).toBe(true)
  expect(zfs('rpool/plain')).toBe(false)
  expect(zfs('rpool/ROO')).toBeNull()
  expect(zfs('rpool/ROOT/ubuntu', null)).toBeNull()
  expect(zfs('rpool', 'rpool\t-\n')).toBeNull()
})

const nft = (chain: string, { family = 'inet', flags = '' } = {}): string =>
  `table ${family} filter {\n${flags}\tset allowed {\n\t\ttype inet_service\n\t\telements = { 22,\n\t\t\t     443 }\n\t}\n\n\tchain input {\n${chain}\t}\n\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n`
const hook = (policy: string): string => `\t\ttype filter hook input priority filter; policy ${policy};\n`

test.each([
  ['refuses by its policy', nft(`${hook('drop')}\t\tct state established,related accept\n`), true],
  [
    'refuses at its end',
    nft(`${hook('accept')}\t\ttcp dport { 22, 443 } accept\n\t\treject with icmpx admin-prohibited\n`),
    true,
  ],
  [
    'counts what it refuses',
    nft(`${hook('accept')}\t\tcounter packets 12 bytes 720 drop comment "rest"\n`),
    true,
  ],
  ['lets all in', nft(hook('accept')), false],
  ['refuses some (fail2ban)', nft(`${hook('accept')}\t\tip saddr @banned reject\n`), false],
  ['refuses what is odd alone', nft(`${hook('accept')}\t\tct state invalid drop\n`), false],
  ['is of IPv6 alone', nft(hook('drop'), { family: 'ip6' }), false],
  ['is switched off', nft(hook('drop'), { flags: '\tflags dormant\n' }), false],
  ['refuses what is passed on alone', nft('\t\tdrop\n'), false],
  ['has no rules', '', false],
  ['may not be asked', null, null],
])('a ruleset of nft that %s', (_, out, expected) => expect(nftRefuses(out)).toBe(expected))

test.each([
  ['-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n', true],
  [
    '-P INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n',
    true,
  ],
  ['-P INPUT ACCEPT\n-A INPUT -s 192.0.2.1/32 -j DROP\n', false],
  ['-P INPUT ACCEPT\n', false],
  ['', null],
  [null, null],
])('iptables %#', (out, expected) => expect(iptablesRefuses(out)).toBe(expected))

test('ufw and firewalld are on where they say so', () => {
  const status =
    'Status: active\n\nTo                         Action      From\n--                         ------      ----\n'
  expect(ufwStatus(status)).toBe(true)
  expect(ufwStatus('Status: inactive\n')).toBe(false)
  // Of another language: not known.
  expect(ufwStatus('Status: Aktiv\n')).toBeNull()
  expect(firewalldState(said('running\n'))).toBe(true)
  expect(firewalldState(said('', { code: 252, err: 'not running\n' }))).toBe(false)
  expect(firewalldState(said('', { code: 253, err: 'Authorization failed.\n' }))).toBeNull()
  const ufw = (config: string, unit: string) =>
    reported('linux', { ufwConfig: config, ufwUnit: said(unit, { code: unit === 'active\n' ? 0 : 3 }) })
  expect(ufw('ENABLED=yes\n', 'inactive\n').attributes.firewall).not.toBe(true)
  expect(ufw('#ENABLED=yes\nENABLED=no\n', 'active\n').attributes.firewall).not.toBe(true)
})

test('a firewall is off only where all of them are known to be; one that is on is enough', () => {
  const off = { ufw: 'Status: inactive\n', firewalld: said('', { code: 252, err: 'not running\n' }), nft: '' }
  const firewall = (answers: Parameters<typeof reported>[1]) => reported('linux', answers).attributes.firewall
  expect(firewall({ ...off, iptables: '-P INPUT ACCEPT\n' })).toBe(false)
  expect(firewall(off)).toBeNull()
  expect(firewall({ ...off, iptables: '-P INPUT DROP\n' })).toBe(true)
})

test.each([
  ['true', 'uint32 300', 'uint32 0', true],
  ['true', 'uint32 600', 'uint32 300', true],
  ['true', 'uint32 600', 'uint32 301', false],
  ['true', 'uint32 0', 'uint32 0', false],
  ['false', 'uint32 300', 'uint32 0', false],
  ['true', null, 'uint32 0', null],
  ['No such schema “org.gnome.desktop.screensaver”', 'uint32 300', 'uint32 0', null],
  [null, null, null, null],
])('gsettings %#', (enabled, idle, delay, expected) =>
  expect(gnomeScreenLock({ enabled, idle, delay })).toBe(expected),
)

test.each([
  ['true\n', '5\n', true],
  ['true\n', '60\n', false],
  ['false\n', '5\n', false],
  ['true\n', '0\n', false],
  ['\n', '5\n', null],
  [null, null, null],
])('kreadconfig %#', (lock, minutes, expected) => expect(kdeScreenLock(lock, minutes)).toBe(expected))

test('settings of a desktop that is not there lock nothing', () => {
  const answers = { lockEnabled: 'true\n', lockDelay: 'uint32 0\n', idleDelay: 'uint32 300\n' }
  const lock = (about: object) => reported('linux', answers, about).attributes.screenLock
  expect(lock({})).toBe(true)
  // root, or a service that nobody is signed in to: gsettings answers by what it was built with.
  expect(lock({ hasSession: false })).toBeNull()
  expect(lock({ desktop: 'KDE' })).toBeNull()
  expect(lock({ desktop: 'sway' })).toBeNull()
  expect(lock({ desktop: '' })).toBeNull()
})

test('updates come by themselves where apt or dnf installs them', () => {
  const apt = (every: string) => linuxAutoUpdate(`APT::Periodic::Unattended-Upgrade "${every}";\n`, null)
  expect(['1', '7', '1d', 'always'].map(apt)).toEqual([true, true, true, true])
  expect(['0', '', 'no'].map(apt)).toEqual([false, false, false])
  expect(linuxAutoUpdate('APT::Periodic "";\n', null)).toBeNull()
  expect(linuxAutoUpdate(null, said('enabled\n'))).toBe(true)
  expect(linuxAutoUpdate(null, said('disabled\n', { code: 1 }))).toBe(false)
  expect(linuxAutoUpdate(null, said('', { code: 1, err: 'Failed to get unit file state' }))).toBeNull()
})

test('a number that a thousand machines share is none', () => {
  for (const shared of [
    'System Serial Number',
    'To Be Filled By O.E.M.',
    'Default string',
    '0',
    '0000000',
    'None',
    '',
  ])
    expect(serialIn(shared)).toBeNull()
  expect(serialIn(' PF2ABCDE\n')).toBe('PF2ABCDE')
})
