/** What runs on a device, by the names that all sources use; null where that is not plain. */
export interface System {
  readonly os: string | null
  readonly osFamily: string | null
  readonly osVersion: string | null
}

/** As osquery calls them, and as people do. */
const known: Readonly<Record<string, Pick<System, 'os' | 'osFamily'>>> = {
  darwin: { os: 'macos', osFamily: 'macos' },
  windows: { os: 'windows', osFamily: 'windows' },
  ios: { os: 'ios', osFamily: 'ios' },
  ipados: { os: 'ipados', osFamily: 'ios' },
  android: { os: 'android', osFamily: 'android' },
  chrome: { os: 'chromeos', osFamily: 'chromeos' },
}

/** Of distributions Fleet gives each its name: any other name is one. */
const notLinux = /^(?:freebsd|openbsd|netbsd|dragonfly|solaris|sunos|aix)$/

export const isLinux = ({ platform }: { platform: string }): boolean => systemFamily(platform) === 'linux'

function systemFamily(platform: string): string | null {
  const name = platform.trim().toLowerCase()
  if (name === '' || notLinux.test(name)) return null
  return Object.hasOwn(known, name) ? (known[name]?.osFamily ?? null) : 'linux'
}

/** `macOS 15.1`, `Ubuntu 22.04.3 LTS`, `Windows 11 Pro 23H2 10.0.22631.4317`, each with its `platform`. */
export function systemOf({ platform, os_version }: { platform: string; os_version: string }): System {
  const name = platform.trim().toLowerCase()
  const osFamily = systemFamily(platform)
  const os = Object.hasOwn(known, name) ? (known[name]?.os ?? null) : name === '' ? null : name
  return {
    os,
    osFamily,
    osVersion: osFamily === 'windows' ? windowsVersion(os_version) : version(os_version),
  }
}

/** From its first number with a dot on, else from its first number; what follows a number may say that it is a beta. */
function version(written: string): string | null {
  const found = /(?:^|\s)(\d+\.\d.*)$/.exec(written) ?? /(?:^|\s)(\d+(?:\s.*)?)$/.exec(written)
  return found?.[1]?.trim().slice(0, 100) ?? null
}

/** The `11` of "Windows 11" is a name: compared with `10.0.22631` it would be newer than any. */
const windowsVersion = (written: string): string | null =>
  /(?:^|\s)(\d+\.\d+\.\d+(?:\.\d+)?)(?:\s|$)/.exec(written)?.[1] ?? null
