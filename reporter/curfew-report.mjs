#!/usr/bin/env node
/*
 * curfew-report: tells Curfew, again and again, how it stands with this machine. One file, for Node 20 and later, without
 * anything to install. What it cannot find out it reports as unknown, never as fine.
 */
import { execFile } from 'node:child_process'
import { Buffer } from 'node:buffer'
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, hostname, release } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, URL } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * What a command said; null: it is not there, or took too long.
 * @typedef {{ code: number, out: string, err: string } | null} Answer
 * @typedef {Record<string, Answer>} Answers
 * @typedef {{ command: string, args: readonly string[] } | { file: string }} Asked
 * @typedef {boolean | null} Flag null: unknown
 * @typedef {{
 *   os: string, osVersion: string | null, osFamily: string | null, kernelVersion: string | null,
 *   diskEncrypted: Flag, firewall: Flag, screenLock: Flag, autoUpdate: Flag
 * }} Attributes
 * @typedef {{ hostname: string | null, serial: string | null, uuid: string | null, attributes: Attributes }} Body
 * @typedef {{ release: string, hostname: string, hasSession: boolean, desktop: string }} Here
 */

/** The screen counts as locking by itself if it does within a quarter of an hour. */
const longestUnlockedSeconds = 900

/** What a command wrote, if it went well. @param {Answer | undefined} answer */
const outOf = (answer) => (answer != null && answer.code === 0 ? answer.out : null)

/** @param {string | null | undefined} text @returns {string | null} */
const textOrNull = (text) => {
  const plain = text?.trim() ?? ''
  return plain === '' || plain.length > 200 ? null : plain
}

/** Names that makers leave standing where a number should be. */
const noSerial =
  /^(?:system serial number|to be filled by o\.?e\.?m\.?|default string|none|not specified|0+|x+)$/i

/** @param {string | null | undefined} text */
export const serialIn = (text) => {
  const found = textOrNull(text)
  return found === null || noSerial.test(found) ? null : found
}

/** @param {string | null} text @returns {unknown} */
function jsonIn(text) {
  try {
    return JSON.parse((text ?? '').replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
}

/** @param {unknown} value @returns {Record<string, unknown>} */
const fieldsOf = (value) =>
  typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : {}

/** @param {unknown} value @returns {unknown[]} */
const listOf = (value) => (Array.isArray(value) ? /** @type {unknown[]} */ (value) : [])

/** @param {unknown} value @returns {string | null} */
const textIn = (value) => (typeof value === 'string' ? value : null)

// macOS

/** `fdesetup status`: on, and all of it is encrypted by now. @param {string | null} out @returns {Flag} */
export function fileVault(out) {
  if (out === null) return null
  if (/^(?:Encryption|Decryption) in progress/m.test(out)) return false
  if (/^FileVault is On\.$/m.test(out)) return true
  return /^FileVault is (?:Off|On, but )/m.test(out) ? false : null
}

/** `socketfilterfw --getglobalstate`; 2: it blocks all that comes in. @param {string | null} out @returns {Flag} */
export function applicationFirewall(out) {
  const state = /\(State = (\d)\)/.exec(out ?? '')?.[1]
  if (state === undefined) return null
  return state === '1' || state === '2' ? true : state === '0' ? false : null
}

/** `sysadminctl -screenLock status`, which it says on stderr. @param {string} said @returns {Flag} */
export function macScreenLock(said) {
  if (/screenLock is off/.test(said)) return false
  if (/screenLock delay is immediate/.test(said)) return true
  const delay = /screenLock delay is (-?\d+(?:\.\d+)?) seconds/.exec(said)?.[1]
  if (delay === undefined) return null
  // Below 0: never.
  return Number(delay) >= 0 && Number(delay) <= longestUnlockedSeconds
}

/** `defaults read … AutomaticallyInstallMacOSUpdates`. @param {string | null} out @returns {Flag} */
export function macAutoUpdate(out) {
  const value = out?.trim()
  return value === '1' ? true : value === '0' ? false : null
}

/** One value of `ioreg`. @param {string | null} out @param {string} name */
export const ioregValue = (out, name) => new RegExp(`"${name}" = "([^"]*)"`).exec(out ?? '')?.[1] ?? null

/** @type {Record<string, Asked>} */
const macAsks = {
  version: { command: '/usr/bin/sw_vers', args: ['-productVersion'] },
  fileVault: { command: '/usr/bin/fdesetup', args: ['status'] },
  firewall: { command: '/usr/libexec/ApplicationFirewall/socketfilterfw', args: ['--getglobalstate'] },
  screenLock: { command: '/usr/sbin/sysadminctl', args: ['-screenLock', 'status'] },
  autoUpdate: {
    command: '/usr/bin/defaults',
    args: ['read', '/Library/Preferences/com.apple.SoftwareUpdate', 'AutomaticallyInstallMacOSUpdates'],
  },
  platform: { command: '/usr/sbin/ioreg', args: ['-rd1', '-c', 'IOPlatformExpertDevice'] },
}

/** @param {Answers} answers @param {Here} here @returns {Body} */
function macBody(answers, here) {
  const platform = outOf(answers['platform'])
  const lock = answers['screenLock']
  return {
    hostname: textOrNull(here.hostname),
    serial: serialIn(ioregValue(platform, 'IOPlatformSerialNumber')),
    uuid: textOrNull(ioregValue(platform, 'IOPlatformUUID')),
    attributes: {
      os: 'macos',
      osVersion: textOrNull(outOf(answers['version'])),
      osFamily: 'darwin',
      kernelVersion: textOrNull(here.release),
      diskEncrypted: fileVault(outOf(answers['fileVault'])),
      firewall: applicationFirewall(outOf(answers['firewall'])),
      screenLock: macScreenLock(`${lock?.out ?? ''}\n${lock?.err ?? ''}`),
      autoUpdate: macAutoUpdate(outOf(answers['autoUpdate'])),
    },
  }
}

// Windows

/** Of what `reg query` wrote: the value of this name. @param {string | null} out @param {string} name */
export function registryValue(out, name) {
  for (const line of (out ?? '').split(/\r?\n/)) {
    const [, called, type, value = ''] = /^ {2,}(\S.*?) {2,}(REG_[A-Z_]+)(?: {2,}(.*))?$/.exec(line) ?? []
    if (called?.toLowerCase() !== name.toLowerCase()) continue
    return type === 'REG_DWORD' || type === 'REG_QWORD' ? String(Number(value)) : value.trim()
  }
  return null
}

/** `manage-bde -status C:`, where it is in English: what is not recognised is unknown. @param {string | null} out @returns {Flag} */
export function manageBde(out) {
  const text = out ?? ''
  const [, isProtected] = /^ *Protection Status: +Protection (On|Off)/m.exec(text) ?? []
  const [, conversion] = /^ *Conversion Status: +(.*?)\s*$/m.exec(text) ?? []
  if (isProtected === undefined || conversion === undefined) return null
  return isProtected === 'On' && /^(?:Fully Encrypted|Used Space Only Encrypted)$/.test(conversion)
}

/** `netsh advfirewall show allprofiles state`, in English: all three are on. @param {string | null} out @returns {Flag} */
export function netshFirewall(out) {
  const states = [...(out ?? '').matchAll(/^State +(ON|OFF)\s*$/gm)].map(([, state]) => state)
  return states.length === 3 ? states.every((state) => state === 'ON') : null
}

/** What `powershellScript` found: of each part nothing, where its command is missing or not allowed. @param {string | null} out */
export function powershellFacts(out) {
  const found = fieldsOf(jsonIn(out))
  const volume = fieldsOf(found['volume'])
  const profiles = listOf(found['firewall']).map(fieldsOf)
  const isOn = profiles.map(({ enabled }) => enabled)
  return {
    /** By `Get-BitLockerVolume`, which only an administrator may ask. @type {Flag} */
    volume:
      typeof volume['protection'] === 'number' && typeof volume['status'] === 'number'
        ? volume['protection'] === 1 && volume['status'] === 1
        : null,
    /** By what Explorer shows, which everybody may ask: 1 is on, and all others are not. @type {Flag} */
    shell: typeof found['shell'] === 'number' ? found['shell'] === 1 : null,
    /** @type {Flag} */
    firewall:
      isOn.length >= 3 && isOn.every((value) => value === 0 || value === 1)
        ? isOn.every((value) => value === 1)
        : null,
    serial: serialIn(textIn(found['serial'])),
    uuid: textOrNull(textIn(found['uuid'])),
  }
}

/** By the machine's limit of idleness, or a screen saver that asks for the password. @param {Answers} answers @returns {Flag} */
function windowsScreenLock(answers) {
  const limit = Number(registryValue(outOf(answers['system']), 'InactivityTimeoutSecs') ?? 0)
  if (limit > 0 && limit <= longestUnlockedSeconds) return true
  const own = outOf(answers['desktop'])
  if (own === null) return null
  const policy = outOf(answers['desktopPolicy'])
  /** @param {string} name */
  const value = (name) => registryValue(policy, name) ?? registryValue(own, name)
  const seconds = Number(value('ScreenSaveTimeOut') ?? 0)
  const isActive = value('ScreenSaveActive') === '1' && value('ScreenSaverIsSecure') === '1'
  return isActive && seconds > 0 && seconds <= longestUnlockedSeconds
}

/** By a policy alone: what Windows does without one is not written anywhere. @param {string | null} out @returns {Flag} */
export function windowsAutoUpdate(out) {
  if (registryValue(out, 'NoAutoUpdate') === '1') return false
  const options = registryValue(out, 'AUOptions')
  return options === null ? null : options === '4'
}

/** @param {string | null} out @param {string} fallback */
export function windowsVersion(out, fallback) {
  const build = registryValue(out, 'CurrentBuild')
  const major = registryValue(out, 'CurrentMajorVersionNumber')
  if (build === null || major === null) return textOrNull(fallback)
  const minor = registryValue(out, 'CurrentMinorVersionNumber') ?? '0'
  const revision = registryValue(out, 'UBR')
  return `${major}.${minor}.${build}${revision === null ? '' : `.${revision}`}`
}

const system32 = `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32`
const reg = `${system32}\\reg.exe`
const powershellScript = [
  '$found = @{}',
  'try { $v = Get-BitLockerVolume -MountPoint $env:SystemDrive -ErrorAction Stop; $found.volume = @{ protection = [int]$v.ProtectionStatus; status = [int]$v.VolumeStatus } } catch {}',
  "try { $found.shell = (New-Object -ComObject Shell.Application).NameSpace($env:SystemDrive).Self.ExtendedProperty('System.Volume.BitLockerProtection') } catch {}",
  'try { $found.firewall = @(Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop | ForEach-Object { @{ name = $_.Name; enabled = [int]$_.Enabled } }) } catch {}',
  'try { $found.serial = (Get-CimInstance Win32_BIOS -ErrorAction Stop).SerialNumber } catch {}',
  'try { $found.uuid = (Get-CimInstance Win32_ComputerSystemProduct -ErrorAction Stop).UUID } catch {}',
  '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
  'ConvertTo-Json -Compress -Depth 4 $found',
].join('\n')

/** @type {Record<string, Asked>} */
const windowsAsks = {
  powershell: {
    command: `${system32}\\WindowsPowerShell\\v1.0\\powershell.exe`,
    args: ['-NoProfile', '-NonInteractive', '-Command', powershellScript],
  },
  manageBde: {
    command: `${system32}\\manage-bde.exe`,
    args: ['-status', process.env['SystemDrive'] ?? 'C:'],
  },
  netsh: { command: `${system32}\\netsh.exe`, args: ['advfirewall', 'show', 'allprofiles', 'state'] },
  version: { command: reg, args: ['query', 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'] },
  desktop: { command: reg, args: ['query', 'HKCU\\Control Panel\\Desktop'] },
  desktopPolicy: {
    command: reg,
    args: ['query', 'HKCU\\Software\\Policies\\Microsoft\\Windows\\Control Panel\\Desktop'],
  },
  system: {
    command: reg,
    args: ['query', 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System'],
  },
  updates: {
    command: reg,
    args: ['query', 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU'],
  },
}

/** @param {Answers} answers @param {Here} here @returns {Body} */
function windowsBody(answers, here) {
  const facts = powershellFacts(outOf(answers['powershell']))
  return {
    hostname: textOrNull(here.hostname),
    serial: facts.serial,
    uuid: facts.uuid,
    attributes: {
      os: 'windows',
      osVersion: windowsVersion(outOf(answers['version']), here.release),
      osFamily: 'windows',
      kernelVersion: textOrNull(here.release),
      diskEncrypted: facts.volume ?? facts.shell ?? manageBde(outOf(answers['manageBde'])),
      firewall: facts.firewall ?? netshFirewall(outOf(answers['netsh'])),
      screenLock: windowsScreenLock(answers),
      autoUpdate: windowsAutoUpdate(outOf(answers['updates'])),
    },
  }
}

// Linux

/** `/etc/os-release`. @param {string | null} text */
export function osRelease(text) {
  /** @param {string} name */
  const value = (name) => {
    const written = new RegExp(`^${name}=(.*)$`, 'm').exec(text ?? '')?.[1]?.trim()
    return textOrNull(written?.replace(/^(["'])(.*)\1$/, '$2'))
  }
  const family = value('ID_LIKE')?.split(/\s+/)[0] ?? value('ID')
  return { version: value('VERSION_ID'), family: family ?? null }
}

/**
 * Whether all that the root file system lies on is encrypted: on every way down from it there is a `crypt`; of ZFS, the
 * dataset itself.
 * @param {string | null} mounted `findmnt --json`
 * @param {string | null} blocks `lsblk --json`
 * @param {string | null} datasets `zfs get -H -o name,value encryption`
 * @returns {Flag}
 */
export function rootEncrypted(mounted, blocks, datasets) {
  const root = fieldsOf(listOf(fieldsOf(jsonIn(mounted))['filesystems'])[0])
  const source = textIn(root['source'])?.replace(/\[.*\]$/, '') ?? null
  if (source === null) return null
  if (root['fstype'] === 'zfs') {
    const line = (datasets ?? '').split('\n').find((one) => one.split('\t')[0] === source)
    const value = line?.split('\t')[1]?.trim()
    if (value === undefined || value === '' || value === '-') return null
    return value !== 'off'
  }
  const uuid = textIn(root['uuid'])
  const name = source.startsWith('/dev/') ? source.slice(source.lastIndexOf('/') + 1) : null
  /** @type {boolean[]} */
  const ways = []
  /** @param {unknown} written @param {boolean} isBelowCrypt */
  const walk = (written, isBelowCrypt) => {
    const node = fieldsOf(written)
    const isCrypt = isBelowCrypt || node['type'] === 'crypt'
    if ((uuid !== null && node['uuid'] === uuid) || (name !== null && node['name'] === name))
      ways.push(isCrypt)
    for (const child of listOf(node['children'])) walk(child, isCrypt)
  }
  for (const device of listOf(fieldsOf(jsonIn(blocks))['blockdevices'])) walk(device, false)
  return ways.length === 0 ? null : ways.every(Boolean)
}

/** `ufw status`, which only root may ask. @param {string | null} out @returns {Flag} */
export function ufwStatus(out) {
  const [, state] = /^Status: (active|inactive)$/m.exec(out ?? '') ?? []
  return state === undefined ? null : state === 'active'
}

/** What everybody may read of it. @param {string | null} config @param {Answer | undefined} unit @returns {Flag} */
export function ufwConfigured(config, unit) {
  if (config === null || unit == null) return null
  return /^ENABLED=["']?yes["']?\s*$/m.test(config) && unit.out.trim() === 'active'
}

/** `firewall-cmd --state`. @param {Answer | undefined} answer @returns {Flag} */
export function firewalldState(answer) {
  const said = `${answer?.out ?? ''}${answer?.err ?? ''}`.trim()
  return said === 'running' ? true : said === 'not running' ? false : null
}

const refusesAll = /^(?:counter(?: packets \d+ bytes \d+)? )?(?:drop|reject(?: with [a-z0-9 -]+)?)$/

/**
 * `nft list ruleset`, which only root may ask: some chain of IPv4 that sees what comes in refuses what no rule lets in.
 * @param {string | null} out @returns {Flag}
 */
export function nftRefuses(out) {
  if (out === null) return null
  let isOfIpv4 = false
  let isInput = false
  let last = ''
  for (const line of out.split('\n').map((one) => one.trim())) {
    const [, family] = /^table (\S+) \S+ \{/.exec(line) ?? []
    if (family !== undefined) isOfIpv4 = family === 'ip' || family === 'inet'
    if (/^flags .*\bdormant\b/.test(line)) isOfIpv4 = false
    if (line.startsWith('chain ')) {
      isInput = false
      last = ''
    }
    if (/\bhook input\b/.test(line)) {
      isInput = isOfIpv4
      if (isInput && /\bpolicy drop\b/.test(line)) return true
      continue
    }
    if (line === '}') {
      if (isInput && refusesAll.test(last)) return true
      isInput = false
    }
    last = line.replace(/ comment "[^"]*"$/, '')
  }
  return false
}

/** `iptables -S INPUT`, which only root may ask. @param {string | null} out @returns {Flag} */
export function iptablesRefuses(out) {
  if (out === null || !/^-P INPUT /m.test(out)) return null
  const lines = out.trim().split('\n')
  return lines[0] === '-P INPUT DROP' || /^-A INPUT -j (?:DROP|REJECT)\b/.test(lines.at(-1) ?? '')
}

/** One of them is on; off only where all of them say so. @param {readonly Flag[]} flags @returns {Flag} */
function anyOf(flags) {
  if (flags.includes(true)) return true
  return flags.length > 0 && flags.every((flag) => flag === false) ? false : null
}

/** Of GNOME: `gsettings get`. @param {Record<'enabled' | 'idle' | 'delay', string | null>} said @returns {Flag} */
export function gnomeScreenLock({ enabled, idle, delay }) {
  const isEnabled = enabled?.trim()
  if (isEnabled !== 'true' && isEnabled !== 'false') return null
  /** @param {string | null} text */
  const seconds = (text) => Number(/^(?:uint32 )?(\d+)$/.exec(text?.trim() ?? '')?.[1] ?? NaN)
  const [idleSeconds, delaySeconds] = [seconds(idle), seconds(delay)]
  if (Number.isNaN(idleSeconds + delaySeconds)) return null
  // 0: never.
  return isEnabled === 'true' && idleSeconds > 0 && idleSeconds + delaySeconds <= longestUnlockedSeconds
}

/** Of KDE: `kreadconfig`, with what it does where nothing is set. @param {string | null} autolock @param {string | null} minutes @returns {Flag} */
export function kdeScreenLock(autolock, minutes) {
  const isOn = autolock?.trim()
  const timeout = Number(/^\d+$/.exec(minutes?.trim() ?? '')?.[0] ?? NaN)
  if ((isOn !== 'true' && isOn !== 'false') || Number.isNaN(timeout)) return null
  return isOn === 'true' && timeout > 0 && timeout * 60 <= longestUnlockedSeconds
}

/** `apt-config dump APT::Periodic`, and the timer of dnf. @param {string | null} apt @param {Answer | undefined} dnf @returns {Flag} */
export function linuxAutoUpdate(apt, dnf) {
  const every = /^APT::Periodic::Unattended-Upgrade "(.*)";$/m.exec(apt ?? '')?.[1]
  if (every !== undefined) return /^(?:[1-9]\d*[smhd]?|always)$/.test(every)
  const timer = dnf?.out.trim()
  if (timer === 'enabled') return true
  return timer === 'disabled' || timer === 'masked' ? false : null
}

const gnome = 'org.gnome.desktop'
/** @param {string} key @param {string} fallback @returns {Asked} */
const kde = (key, fallback) => ({
  command: 'kreadconfig5',
  args: ['--file', 'kscreenlockerrc', '--group', 'Daemon', '--key', key, '--default', fallback],
})
/** @type {Record<string, Asked>} */
const linuxAsks = {
  release: { file: '/etc/os-release' },
  releaseElsewhere: { file: '/usr/lib/os-release' },
  serial: { file: '/sys/class/dmi/id/product_serial' },
  uuid: { file: '/sys/class/dmi/id/product_uuid' },
  root: { command: 'findmnt', args: ['--json', '--output', 'SOURCE,FSTYPE,UUID', '--mountpoint', '/'] },
  blocks: { command: 'lsblk', args: ['--json', '--output', 'NAME,TYPE,FSTYPE,UUID'] },
  datasets: { command: 'zfs', args: ['get', '-H', '-o', 'name,value', 'encryption'] },
  ufw: { command: 'ufw', args: ['status'] },
  ufwConfig: { file: '/etc/ufw/ufw.conf' },
  ufwUnit: { command: 'systemctl', args: ['is-active', 'ufw'] },
  firewalld: { command: 'firewall-cmd', args: ['--state'] },
  nft: { command: 'nft', args: ['list', 'ruleset'] },
  iptables: { command: 'iptables', args: ['-S', 'INPUT'] },
  lockEnabled: { command: 'gsettings', args: ['get', `${gnome}.screensaver`, 'lock-enabled'] },
  lockDelay: { command: 'gsettings', args: ['get', `${gnome}.screensaver`, 'lock-delay'] },
  idleDelay: { command: 'gsettings', args: ['get', `${gnome}.session`, 'idle-delay'] },
  kdeLock: kde('Autolock', 'true'),
  kdeTimeout: kde('Timeout', '5'),
  kde6Lock: { ...kde('Autolock', 'true'), command: 'kreadconfig6' },
  kde6Timeout: { ...kde('Timeout', '5'), command: 'kreadconfig6' },
  apt: { command: 'apt-config', args: ['dump', 'APT::Periodic'] },
  dnf: { command: 'systemctl', args: ['is-enabled', 'dnf-automatic-install.timer'] },
}

/** Without a session of one's own, and for root, these settings are defaults that lock nothing. @param {Answers} answers @param {Here} here @returns {Flag} */
function linuxScreenLock(answers, { hasSession, desktop }) {
  if (!hasSession) return null
  if (/\bKDE\b/i.test(desktop))
    return kdeScreenLock(
      outOf(answers['kde6Lock']) ?? outOf(answers['kdeLock']),
      outOf(answers['kde6Timeout']) ?? outOf(answers['kdeTimeout']),
    )
  if (!/\b(?:GNOME|Unity|Budgie)\b/i.test(desktop)) return null
  return gnomeScreenLock({
    enabled: outOf(answers['lockEnabled']),
    idle: outOf(answers['idleDelay']),
    delay: outOf(answers['lockDelay']),
  })
}

/** @param {Answers} answers @param {Here} here @returns {Body} */
function linuxBody(answers, here) {
  const { version, family } = osRelease(outOf(answers['release']) ?? outOf(answers['releaseElsewhere']))
  const firewalls = [
    ufwStatus(outOf(answers['ufw'])) ?? ufwConfigured(outOf(answers['ufwConfig']), answers['ufwUnit']),
    firewalldState(answers['firewalld']),
    nftRefuses(outOf(answers['nft'])),
    iptablesRefuses(outOf(answers['iptables'])),
  ]
  return {
    hostname: textOrNull(here.hostname),
    serial: serialIn(outOf(answers['serial'])),
    uuid: textOrNull(outOf(answers['uuid'])),
    attributes: {
      os: 'linux',
      osVersion: version,
      osFamily: family,
      kernelVersion: textOrNull(here.release),
      diskEncrypted: rootEncrypted(
        outOf(answers['root']),
        outOf(answers['blocks']),
        outOf(answers['datasets']),
      ),
      firewall: anyOf(firewalls),
      screenLock: linuxScreenLock(answers, here),
      autoUpdate: linuxAutoUpdate(outOf(answers['apt']), answers['dnf']),
    },
  }
}

// What is asked, and what comes of it

const systems = {
  darwin: { asks: macAsks, bodyOf: macBody },
  win32: { asks: windowsAsks, bodyOf: windowsBody },
  linux: { asks: linuxAsks, bodyOf: linuxBody },
}

/** What is reported, from what was answered. @param {keyof typeof systems} platform @param {Answers} answers @param {Here} here */
export const bodyFrom = (platform, answers, here) => systems[platform].bodyOf(answers, here)

/** What is asked there, by name. @param {keyof typeof systems} platform */
export const asksOf = (platform) => systems[platform].asks

/** In English where a command can be; from where the system keeps its commands, whatever `PATH` says. */
const commandEnv =
  process.platform === 'win32'
    ? process.env
    : { ...process.env, LC_ALL: 'C', LANG: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

/** @param {Asked} asked @param {number} timeoutMs @returns {Promise<Answer>} */
export async function ask(asked, timeoutMs = 15_000) {
  if ('file' in asked) {
    const out = await readFile(asked.file, 'utf8').catch(() => null)
    return out === null ? null : { code: 0, out, err: '' }
  }
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: /** @type {const} */ ('SIGKILL'),
      maxBuffer: 4_000_000,
      env: commandEnv,
      windowsHide: true,
    }
    const child = execFile(asked.command, [...asked.args], options, (error, out, err) => {
      if (error === null) resolve({ code: 0, out, err })
      else resolve(typeof error.code === 'number' ? { code: error.code, out, err } : null)
    })
    // None of them is to wait for somebody to type.
    child.stdin?.end()
  })
}

/** @returns {Promise<Body>} */
async function lookAtThisMachine() {
  const { platform } = process
  if (platform !== 'darwin' && platform !== 'win32' && platform !== 'linux')
    throw new Trouble(`curfew-report knows nothing of ${platform}.`)
  const asked = Object.entries(asksOf(platform))
  const answers = await Promise.all(asked.map(async ([name, one]) => [name, await ask(one)]))
  return bodyFrom(platform, Object.fromEntries(answers), {
    release: release(),
    hostname: hostname(),
    hasSession: process.getuid?.() !== 0 && process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined,
    desktop: process.env['XDG_CURRENT_DESKTOP'] ?? '',
  })
}

// The key, and what is kept beside it

/** What whoever runs this can do something about. */
class Trouble extends Error {
  /** @param {string} words @param {{ isFinal?: boolean, isGone?: boolean, retryMs?: number }} [more] */
  constructor(words, { isFinal = true, isGone = false, retryMs } = {}) {
    super(words)
    /** Trying again does not help. */
    this.isFinal = isFinal
    /** The server has no such device, or none any more. */
    this.isGone = isGone
    this.retryMs = retryMs
  }
}

/**
 * `device`: null until the server answered.
 * @typedef {{ server: string, device: string | null, privateKey: string, counter: number }} Kept
 */

const usualFolder = () => {
  if (process.platform === 'win32')
    return join(process.env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'curfew-report')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'curfew-report')
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'curfew-report')
}

/** @param {string} folder */
const keptIn = (folder) => join(folder, 'device.json')

/** @param {string} folder @returns {Promise<Kept | null>} */
async function readKept(folder) {
  const file = keptIn(folder)
  const found = await stat(file).catch(() => null)
  if (found === null) return null
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw new Trouble(
      `Others can read ${file}: the key in it may be known. Remove the device, and enrol it anew.`,
    )
  const kept = fieldsOf(jsonIn(await readFile(file, 'utf8')))
  const { server, device, privateKey, counter } = kept
  if (typeof server !== 'string' || typeof privateKey !== 'string' || !Number.isSafeInteger(counter))
    throw new Trouble(`${file} cannot be read. Remove it, and enrol this machine anew.`)
  return { server, device: textIn(device), privateKey, counter: Number(counter) }
}

/** Whole or not at all, and for nobody else to read. @param {string} folder @param {Kept} kept */
async function writeKept(folder, kept) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const written = `${keptIn(folder)}.${process.pid}`
  await writeFile(written, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
  await chmod(written, 0o600)
  await rename(written, keptIn(folder))
}

/** The public half, as the server keeps it. @param {string} privateKey */
const publicOf = (privateKey) => String(createPrivateKey(privateKey).export({ format: 'jwk' }).x)

// The server

/** The code that is sent there is worth a device: not in the clear, but to this very machine. @param {string} written */
export function serverAt(written) {
  let url
  try {
    url = new URL(written)
  } catch {
    throw new Trouble(`${written} is no address, such as https://curfew.acme.example.`)
  }
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    throw new Trouble(`${written} is not https: what is sent there could be read on the way.`)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/**
 * What is signed is what it is for, and these very bytes.
 * @param {Pick<Kept, 'server' | 'privateKey'>} kept @param {'enrol' | 'report' | 'remove'} what @param {object} message
 */
async function post({ server, privateKey }, what, message) {
  const bytes = Buffer.from(JSON.stringify(message))
  const signed = Buffer.concat([Buffer.from(`curfew-report/1 POST /devices/${what}\n`), bytes])
  const signature = sign(null, signed, createPrivateKey(privateKey)).toString('base64url')
  try {
    const response = await globalThis.fetch(`${server}/devices/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'curfew-signature': signature },
      body: bytes,
      redirect: 'error',
      signal: globalThis.AbortSignal.timeout(30_000),
    })
    const answer = fieldsOf(jsonIn((await response.text()).slice(0, 10_000)))
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN)
    return { status: response.status, answer, retryMs: retryAfter > 0 ? retryAfter * 1_000 : undefined }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Trouble(
      `${server} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        isFinal: false,
      },
    )
  }
}

/** @param {Awaited<ReturnType<typeof post>>} answered @param {string} server */
function troubleOf({ status, answer, retryMs }, server) {
  switch (answer['error']) {
    case 'code':
      return new Trouble(
        'That code does not count: it was used, is too old, or was typed wrongly. Ask for a new one.',
      )
    case 'unknown':
      return new Trouble(`${server} does not know this machine. Enrol it anew.`, { isGone: true })
    case 'removed':
      return new Trouble(
        'This device was removed. To have it count again: curfew-report remove, and enrol it anew.',
        {
          isGone: true,
        },
      )
    case 'clock':
      return new Trouble(`The clock of this machine is ahead: there it is ${String(answer['at'])}.`, {
        isFinal: false,
      })
    case 'no-source':
      return new Trouble(`${server} does not listen to devices.`, { isFinal: false })
    case 'refused':
      return new Trouble(`${server} refused it: ${String(answer['words'])}.`, { isFinal: false })
    case 'too-many':
      return new Trouble(`Too many tries from this network.`, {
        isFinal: false,
        ...(retryMs ? { retryMs } : {}),
      })
    default:
      return new Trouble(`${server} answered ${status}.`, { isFinal: false, ...(retryMs ? { retryMs } : {}) })
  }
}

// What can be asked for

/** @param {string} folder @param {string} written @param {string | undefined} code */
async function enrol(folder, written, code) {
  const server = serverAt(written)
  const known = await readKept(folder)
  if (known !== null && known.device !== null)
    throw new Trouble(`This machine is enrolled at ${known.server}. First: curfew-report remove`)
  const typed = code ?? (await askFor('One-time code: '))
  // One that was not answered is asked for again with the same key: the answer may have been lost.
  const privateKey =
    known?.server === server
      ? known.privateKey
      : generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const kept = { server, device: null, privateKey, counter: 0 }
  await writeKept(folder, kept)
  const body = await lookAtThisMachine()
  const message = { code: typed, publicKey: publicOf(privateKey), at: new Date().toISOString(), body }
  const answered = await post(kept, 'enrol', message)
  const device = textIn(answered.answer['device'])
  if (answered.status !== 201 || device === null) throw troubleOf(answered, server)
  await writeKept(folder, { ...kept, device })
  say(`This machine is now a device of ${String(answered.answer['owner'])}.`)
  say('If that is not you, take it back at once: curfew-report remove')
  say('Let it report by itself: curfew-report run')
}

/** @param {string} prompt */
async function askFor(prompt) {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(prompt)
  } finally {
    lines.close()
  }
}

/**
 * The counter is kept before it is used: what is sent twice is refused. Where the server knows a higher one (this
 * machine was put back to an earlier state), it goes on from there.
 * @param {string} folder @param {'report' | 'remove'} what @param {object} more
 */
async function sendSigned(folder, what, more) {
  for (let tried = 0; ; tried += 1) {
    const kept = await enrolledIn(folder)
    const counter = kept.counter + 1
    await writeKept(folder, { ...kept, counter })
    const message = { device: kept.device, counter, at: new Date().toISOString(), ...more }
    const answered = await post(kept, what, message)
    // What stands before Curfew may answer so as well, with a page of its own.
    const isTaken =
      what === 'report' ? typeof answered.answer['at'] === 'string' : answered.answer['removed'] === true
    if (answered.status === 200 && isTaken) return answered.answer
    const last = answered.answer['last']
    if (answered.status !== 409 || typeof last !== 'number' || tried === 3)
      throw answered.status === 200
        ? new Trouble(`What answers at ${kept.server} is not Curfew.`, { isFinal: false })
        : troubleOf(answered, kept.server)
    await writeKept(folder, { ...kept, counter: Math.max(last, counter) })
  }
}

/** @param {string} folder */
async function enrolledIn(folder) {
  const kept = await readKept(folder)
  if (kept === null || kept.device === null)
    throw new Trouble('This machine is not enrolled. First: curfew-report enrol https://…')
  return kept
}

const farBehindMs = 10 * 60_000

/** @param {string} folder */
async function send(folder) {
  await enrolledIn(folder)
  const { behindMs, at } = await sendSigned(folder, 'report', { body: await lookAtThisMachine() })
  say('Reported.')
  if (typeof behindMs === 'number' && behindMs > farBehindMs)
    complain(
      `The clock of this machine is behind: there it is ${String(at)}. What it says counts as that old.`,
    )
}

/** Again and again; not all machines at one moment, and seldomer while it fails. @param {string} folder @param {number} everyMs */
async function run(folder, everyMs) {
  for (let failed = 0; ;) {
    let waitMs = everyMs
    try {
      await send(folder)
      failed = 0
    } catch (error) {
      if (!(error instanceof Trouble) || error.isFinal) throw error
      complain(error.message)
      waitMs = error.retryMs ?? Math.min(everyMs, 15_000 * 2 ** Math.min(failed, 10))
      failed += 1
    }
    await sleep(waitMs * (0.9 + Math.random() * 0.2))
  }
}

/** @param {string} folder @param {boolean} isForced */
async function remove(folder, isForced) {
  try {
    const kept = await readKept(folder)
    if (kept !== null && kept.device !== null) await sendSigned(folder, 'remove', {})
    if (kept !== null && kept.device === null && !isForced)
      throw new Trouble(
        `It is not known whether ${kept.server} enrolled this machine: its answer was lost. Enrol it once more, with the same code, and remove it then.`,
      )
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    const { isGone } = error
    if (!isGone && !isForced)
      throw new Trouble(
        `${error.message}\nThe key still counts there. To forget it here all the same: --force`,
      )
    if (!isGone) complain(`${error.message}\nThe key still counts there: have an admin revoke this device.`)
  }
  await rm(keptIn(folder), { force: true })
  say('This machine is no device any more.')
}

/** `15m`, `1h`, `90s`. @param {string} written */
export function durationMs(written) {
  const [, count, unit] = /^(\d{1,4})(s|m|h)$/.exec(written) ?? []
  const ms = Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit === 's' || unit === 'h' ? unit : 'm']
  if (!(ms >= 1_000) || ms > 86_400_000)
    throw new Trouble('--every is a time such as 15m or 1h, a day at most')
  return ms
}

/** @param {string} words */
const say = (words) => void process.stdout.write(`${words}\n`)
/** @param {string} words */
const complain = (words) => void process.stderr.write(`${words}\n`)

const usage = `curfew-report: tells Curfew how it stands with this machine

  curfew-report enrol <server> [--code CODE]   makes it a device of whom the one-time code is for
  curfew-report send                           reports once
  curfew-report run [--every 15m]              reports again and again
  curfew-report show                           prints what would be sent, and sends nothing
  curfew-report remove [--force]               it is a device no more

  --folder PATH   where its key is kept (${usualFolder()})`

/** @param {readonly string[]} args */
async function main(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      code: { type: 'string' },
      every: { type: 'string', default: '15m' },
      folder: { type: 'string', default: usualFolder() },
      force: { type: 'boolean', default: false },
    },
  })
  const [command, server, ...more] = positionals
  const { folder } = values
  const isPlain = server === undefined && more.length === 0
  if (command === 'enrol' && server !== undefined && more.length === 0)
    return enrol(folder, server, values.code)
  if (command === 'send' && isPlain) return send(folder)
  if (command === 'run' && isPlain) return run(folder, durationMs(values.every))
  if (command === 'show' && isPlain) return say(JSON.stringify(await lookAtThisMachine(), null, 2))
  if (command === 'remove' && isPlain) return remove(folder, values.force)
  complain(usage)
  process.exitCode = 2
}

const isStarted =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
if (isStarted)
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    const isUsage =
      error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
    if (!(error instanceof Trouble) && !isUsage) throw error
    complain(error.message)
    process.exitCode = isUsage ? 2 : 1
  }
