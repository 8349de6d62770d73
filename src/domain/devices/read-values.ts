import { isAttributeName, type Device, type SaidValue } from './device.ts'
import type { Reading } from './rules.ts'

/** What the rule read there. */
export interface ReadValue {
  readonly reading: Reading
  /** Null: nobody says. */
  readonly value: SaidValue
  readonly at: Date | null
  /** Older than the rule lets it count. */
  readonly isStale: boolean
  readonly remedy: string | null
}

/** By what is known of it, however old. */
export function valuesOf(device: Device, reading: Reading): Omit<ReadValue, 'isStale'>[] {
  const nothing = { reading, value: null, at: null, remedy: null }
  switch (reading.kind) {
    case 'attribute':
    case 'other': {
      const said = Object.hasOwn(device.said, reading.name) ? device.said[reading.name] : undefined
      return [said === undefined ? nothing : { reading, ...said, remedy: null }]
    }
    case 'mark': {
      const value = device[reading.name]
      return [value === null ? nothing : { reading, value, at: device.lastSeenAt, remedy: null }]
    }
    case 'policy': {
      const said = Object.hasOwn(device.policies, reading.name) ? device.policies[reading.name] : undefined
      if (said === undefined) return [nothing]
      return [{ reading, value: resultOf(said.result), at: said.at, remedy: said.remedy }]
    }
    case 'every-policy': {
      const all = Object.entries(device.policies)
      if (all.length === 0) return [nothing]
      return all.map(([name, { result, at, remedy, isNamedByAnybody }]) => ({
        reading: {
          kind: 'policy',
          name: isNamedByAnybody ? 'a policy that only an unsigned message names' : name,
        },
        value: resultOf(result),
        at,
        remedy,
      }))
    }
    case 'every-other': {
      const all = Object.entries(device.said).filter(([name]) => !isAttributeName(name))
      if (all.length === 0) return [nothing]
      return all.map(([name, { value, at }]) => ({
        reading: { kind: 'other', name },
        value,
        at,
        remedy: null,
      }))
    }
  }
}

/** Not run yet: nobody knows. */
const resultOf = (result: 'pass' | 'fail' | 'unknown'): string | null =>
  result === 'unknown' ? null : result
