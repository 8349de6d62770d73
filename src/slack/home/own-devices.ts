import type { KnownBlock } from '@slack/types'
import { everyEntitlement, type Catalog } from '../../domain/catalog.ts'
import { isUsable, type Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { lacksInWords } from '../../domain/devices/lack-words.ts'
import type { FitRule } from '../../domain/devices/rules.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { revokeButton } from '../looking-after/devices.ts'
import { buttonRow, section } from '../words/blocks.ts'
import { deviceLine, deviceName } from '../words/device-words.ts'
import { plainWords } from '../words/mrkdwn.ts'

/** What somebody works on, on their Home tab and where an admin looks them up: fit, or what is missing. */

export interface OwnDevices {
  readonly devices: readonly Device[]
  readonly rules: readonly FitRule[]
  readonly now: Date
}

/** Null where nothing asks for a device. */
export function ownDevicesOf(catalog: Catalog, facts: PersonFacts, now: Date): OwnDevices | null {
  const rules = new Map(
    everyEntitlement(catalog).flatMap(({ device }) => (device ? [[device.id, device]] : [])),
  )
  if (rules.size === 0 || facts.devices === undefined) return null
  return { devices: facts.devices, rules: [...rules.values()], now }
}

export const ownDeviceRows = (own: OwnDevices | null): (() => KnownBlock[])[] =>
  (own?.devices ?? []).map((device) => () => [section(own === null ? '' : deviceWords(device, own))])

/** The same with a button to take it back. */
export const keptDeviceRows = (own: OwnDevices): KnownBlock[] =>
  own.devices
    .slice(0, mostListed)
    .flatMap((device) => [
      section(deviceWords(device, own)),
      ...buttonRow(device.approval === 'approved' ? [revokeButton(device)] : []),
    ])

const mostListed = 20

function deviceWords(device: Device, { rules, now }: OwnDevices): string {
  return `*${deviceName(device)}*: ${deviceLine(device)}\n${standingOf(device, rules, now)}`
}

function standingOf(device: Device, rules: readonly FitRule[], now: Date): string {
  if (device.isInQuestion) return 'It counts for nobody: an admin is to say first whose it is.'
  if (device.approval === 'rejected' || device.approval === 'revoked')
    return `It does not count: an admin ${device.approval} it.`
  const judged = rules.map((rule) => {
    if (!isUsable(device, rule)) return 'An admin is to say first that it counts.'
    const found = fitness({ ...rule, which: 'any' }, [device], { now, onDevice: device.id })
    return found.isFit
      ? `:large_green_circle: Fit for ${plainWords(rule.id, 40)}.`
      : `:red_circle: ${plainWords(lacksInWords(found.lacks, now), 500)}.`
  })
  return [...new Set(judged)].join('\n')
}
