import type { Answer } from '../answer.ts'
import type { AttributeName, Device } from './device.ts'
import type { DeviceSourceKind } from './source-kinds.ts'

/** What a rule reads of a device. */
export type Reading =
  | { readonly kind: 'attribute'; readonly name: AttributeName }
  | { readonly kind: 'other'; readonly name: string }
  /** By what people recognise it. */
  | { readonly kind: 'mark'; readonly name: 'serial' | 'uuid' }
  | { readonly kind: 'policy'; readonly name: string }
  /** It goes through all there are. */
  | { readonly kind: 'every-policy' }
  | { readonly kind: 'every-other' }

/** A CEL expression over a device, type-checked at load. Anything that it reads and nobody knows makes it unknown. */
export interface DeviceCondition {
  readonly source: string
  readonly reads: readonly Reading[]
  /** What must all be true, each by itself; one where it is no "and". */
  readonly parts: readonly DevicePart[]
  evaluate(device: Device): Answer
}

export type DevicePart = Pick<DeviceCondition, 'source' | 'reads' | 'evaluate'>

/** Which devices are fit. */
export interface FitRule {
  readonly id: string
  readonly when: DeviceCondition
  /** Only what an admin, or a rule, approved counts. */
  readonly needsApproval: boolean
  /** By their names: devices of another source count no more. */
  readonly sources: ReadonlySet<string>
  /** What is older is as if nobody knew it: silence makes no event. */
  readonly maxAgeMs: number
  /** How long somebody keeps what they hold whose device is not fit any more. */
  readonly graceMs: number
  /** Of those of theirs that were seen within `seenWithinMs`: all must be fit, or one. */
  readonly which: 'every' | 'any'
  readonly seenWithinMs: number
  /** Once it is fit again they have again what was cut, until its agreed end. */
  readonly resumes: boolean
}

export interface DeviceRules {
  /** An admin, or `approve`, says first that a device counts. */
  readonly needsApproval: boolean
  /** Approves by itself whatever it is true of. */
  readonly approve: DeviceCondition | null
  /** Where it is asked about new devices; null: by DM to the admins. */
  readonly channel: string | null
  /** E-mails or Slack user ids; none: every admin of the catalog. */
  readonly admins: readonly string[]
  readonly sources: ReadonlyMap<string, DeviceSource>
  readonly fit: ReadonlyMap<string, FitRule>
  /** What many lose at once as a source is silent: taken all the same, or once an admin says so. */
  readonly outage: 'cut' | 'hold'
}

/** Where devices come from; settings are its kind's own, and may hold secrets: never logged. */
export interface DeviceSource {
  readonly id: string
  readonly kind: DeviceSourceKind
  readonly settings: unknown
  readonly settingsFingerprint: string
}

export const noDevices: DeviceRules = {
  needsApproval: true,
  approve: null,
  channel: null,
  admins: [],
  sources: new Map(),
  fit: new Map(),
  outage: 'cut',
}
