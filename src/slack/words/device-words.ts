import type { Device } from '../../domain/devices/device.ts'
import { isAttributeName } from '../../domain/devices/device.ts'
import { plainWords } from './mrkdwn.ts'

const systems: ReadonlyMap<string, string> = new Map([
  ['macos', 'macOS'],
  ['windows', 'Windows'],
  ['linux', 'Linux'],
  ['ios', 'iOS'],
  ['android', 'Android'],
  ['chromeos', 'ChromeOS'],
])

/** "macOS 15.1, encrypted, firewall on, serial C02…": what is known of it, in a line. */
export function deviceLine({ said, serial }: Device): string {
  const value = (name: string) => (isAttributeName(name) ? (said[name]?.value ?? null) : null)
  const os = value('os')
  const system = os === null ? null : (systems.get(String(os)) ?? plainWords(String(os), 40))
  const version = value('osVersion')
  const flags = (name: string, on: string, off: string): string[] => {
    const one = value(name)
    return one === true ? [on] : one === false ? [off] : []
  }
  const parts = [
    ...(system === null ? [] : [version === null ? system : `${system} ${plainWords(String(version), 40)}`]),
    ...flags('diskEncrypted', 'encrypted', '*not encrypted*'),
    ...flags('firewall', 'firewall on', '*firewall off*'),
    ...flags('managed', 'managed', 'not managed'),
    ...(serial === null ? [] : [`serial ${plainWords(serial, 40)}`]),
  ]
  return parts.length === 0 ? 'nothing more is known of it' : parts.join(', ')
}

export const deviceName = ({ name }: Pick<Device, 'name'>): string => plainWords(name, 60)
