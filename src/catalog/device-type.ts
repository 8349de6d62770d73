import type { Environment } from '@marcbachmann/cel-js'
import { attributeKinds, isAttributeName, type Device } from '../domain/devices/device.ts'
import { Version } from '../domain/devices/version.ts'

const comparisons: Readonly<Record<string, (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
  '==': (difference) => difference === 0,
}

/** A device as CEL sees it; what nobody knows is not there. */
class SeenDevice {
  readonly name: string

  constructor(name: string, fields: Record<string, unknown>) {
    this.name = name
    Object.assign(this, fields)
  }
}

const celTypes = { text: 'string', version: 'Version', flag: 'bool' } as const
const ofAttributes = Object.fromEntries(
  Object.entries(attributeKinds).map(([name, kind]) => [name, celTypes[kind]]),
)
/** What it is called, and by what people recognise it: no attribute, and as old as the device itself. */
const itself = { name: 'string', serial: 'string', uuid: 'string', source: 'string' } as const

/** With a device to read, and versions to compare. */
export function withDevice(environment: Environment): Environment {
  environment
    .registerType('Version', { ctor: Version, fields: {} })
    .registerFunction('version(string): Version', (written: string) => {
      const read = Version.parse(written)
      if (read === null) throw new Error(`${written} is no version`)
      return read
    })
    .registerType('Device', {
      ctor: SeenDevice,
      fields: {
        ...itself,
        ...ofAttributes,
        lastSeenAt: 'google.protobuf.Timestamp',
        policies: 'map<string, string>',
        attributes: 'map<string, dyn>',
      },
    })
    .registerVariable('device', 'Device')
  for (const [sign, holds] of Object.entries(comparisons))
    environment.registerOperator(`Version ${sign} Version`, (one: Version, other: Version) =>
      holds(one.compare(other)),
    )
  return environment
}

/** Only what is known of it. */
export function seenDevice(device: Device): object {
  const known = seen.get(device) ?? new SeenDevice(device.name, fieldsOf(device))
  seen.set(device, known)
  return known
}

/** A rule reads it in each of its parts. */
const seen = new WeakMap<Device, SeenDevice>()

function fieldsOf(device: Device): Record<string, unknown> {
  const { serial, uuid, source, lastSeenAt, said, policies } = device
  const fields: Record<string, unknown> = { source, lastSeenAt }
  if (serial !== null) fields['serial'] = serial
  if (uuid !== null) fields['uuid'] = uuid
  // Maps, as others choose the names: CEL reads the type of an object off its `constructor`.
  const others = new Map<string, unknown>()
  for (const [called, { value }] of Object.entries(said)) {
    if (value === null) continue
    if (!isAttributeName(called)) others.set(called, typeof value === 'number' ? numberOf(value) : value)
    else if (attributeKinds[called] !== 'version') fields[called] = value
    else {
      const version = Version.parse(String(value))
      if (version !== null) fields[called] = version
    }
  }
  const results = Object.entries(policies).filter(([, { result }]) => result !== 'unknown')
  if (others.size > 0) fields['attributes'] = others
  if (results.length > 0)
    fields['policies'] = new Map(results.map(([called, { result }]) => [called, result]))
  return fields
}

const numberOf = (value: number): bigint | number => (Number.isSafeInteger(value) ? BigInt(value) : value)
