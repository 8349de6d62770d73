import { compileDeviceCondition } from '../../src/catalog/device-condition.ts'
import type { Device } from '../../src/domain/devices/device.ts'
import {
  deviceReport,
  withReport,
  type DeviceReport,
  type Merged,
  type NotMerged,
} from '../../src/domain/devices/report.ts'
import type { OwnDevices } from '../../src/slack/home/own-devices.ts'
import type { DeviceCondition, FitRule } from '../../src/domain/devices/rules.ts'
import { at, riley } from './builders.ts'

/** Riley's, approved, just heard of. */
export const aDevice = (about: Partial<Device> = {}): Device => ({
  id: 'mdm/laptop-1',
  revision: 1,
  source: 'mdm',
  sourceId: 'laptop-1',
  name: 'riley-laptop',
  serial: null,
  uuid: null,
  owner: riley,
  isOwnerProven: true,
  claimed: riley.email,
  claimant: null,
  isInQuestion: false,
  approval: 'approved',
  decided: null,
  joinedTo: null,
  firstSeenAt: at(0),
  lastSeenAt: at(0),
  said: {},
  policies: {},
  ...about,
})

export const saidAt = (seconds: number, values: Readonly<Record<string, Device['said'][string]['value']>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, at: at(seconds) }]))

/** As it comes from a source: read at our border first. */
export const aReport = (about: object = {}): DeviceReport =>
  deviceReport.parse({ sourceId: 'laptop-1', at: at(0), ...about })

export const merge = (known: Device | null, about: object, now: Date): Merged | NotMerged =>
  withReport(known, 'mdm', aReport(about), now)

/** What is known after it; a report that is refused fails the test. */
export function heard(known: Device | null, about: object, now: Date): Device {
  const merged = merge(known, about, now)
  if ('not' in merged) throw new Error(merged.not)
  return merged.device
}

export function condition(source: string): DeviceCondition {
  const compiled = compileDeviceCondition(source)
  if ('offset' in compiled) throw new Error(compiled.message)
  return compiled
}

export const aRule = ({ when = 'device.firewall', ...about }: RuleAbout = {}): FitRule => ({
  id: 'laptop',
  when: condition(when),
  needsApproval: true,
  sources: new Set(['mdm', 'fleet', 'jamf', 'kolide', 'laptops', 'agents']),
  maxAgeMs: 60_000,
  graceMs: 0,
  which: 'every',
  seenWithinMs: 3_600_000,
  resumes: false,
  ...about,
})

type RuleAbout = Partial<Omit<FitRule, 'when'>> & { readonly when?: string }

/** As the Home tab and the look-up show them. */
export const shownDevices = (devices: readonly Device[], about: Partial<OwnDevices> = {}): OwnDevices => {
  const rule = aRule()
  return {
    mayAdd: false,
    devices,
    rules: [rule],
    needsApproval: true,
    sources: rule.sources,
    now: at(0),
    reporters: new Map(),
    ...about,
  }
}
