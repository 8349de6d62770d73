import { compileDeviceCondition } from '../catalog/device-condition.ts'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import { findEntitlement, type Catalog } from '../domain/catalog.ts'
import type { Device } from '../domain/devices/device.ts'
import { fitness } from '../domain/devices/fitness.ts'
import { lacksInWords } from '../domain/devices/lack-words.ts'
import type { FitRule } from '../domain/devices/rules.ts'
import { byOwner, machineIdOf, together } from '../domain/devices/together.ts'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import type { DeviceStore } from '../domain/ports/devices.ts'
import type { GrantStore, HeldRow } from '../domain/ports/grants.ts'
import { named, onOneLine } from './words.ts'

/** `curfew devices simulate`: who would lose what by another rule about devices, before it is in force. */

export interface AskedOfDevices {
  readonly catalog: Catalog
  readonly devices: DeviceStore
  readonly grants: GrantStore
  readonly now: Date
}

const readAtOnce = 1_000

export function ruleOf(
  catalog: Catalog,
  written: string,
  { 'max-age': maxAge, which, rule }: { 'max-age'?: string; which?: string; rule?: string },
): FitRule {
  const [first] = catalog.devices.fit.values()
  const named = catalog.devices.fit.get(written)
  const base = named ?? (rule === undefined ? first : catalog.devices.fit.get(rule))
  if (rule !== undefined && !catalog.devices.fit.has(rule))
    throw new ConfigError(`"${onOneLine(rule)}" is no rule of devices.fit`)
  if (which !== undefined && which !== 'every' && which !== 'any')
    throw new ConfigError('--which is "every" or "any"')
  const maxAgeMs = maxAge === undefined ? (base?.maxAgeMs ?? 3_600_000) : parseDuration(maxAge)
  if (maxAgeMs === null) throw new ConfigError('--max-age is a length of time such as 1h')
  const when = named === undefined ? compileDeviceCondition(written) : named.when
  if ('offset' in when)
    throw new ConfigError(
      `The rule ${when.message}: ${onOneLine(written.slice(when.offset, when.offset + 60))}`,
    )
  return {
    id: named?.id ?? 'simulated',
    when,
    maxAgeMs,
    needsApproval: catalog.devices.needsApproval,
    sources: new Set(catalog.devices.sources.keys()),
    graceMs: 0,
    which: which ?? base?.which ?? 'every',
    seenWithinMs: base?.seenWithinMs ?? 30 * 24 * 3_600_000,
    resumes: false,
  }
}

interface Lost {
  readonly person: string
  readonly entitlement: string
  readonly grantId: string
  readonly lacks: string
}

/** Of what is held now on devices. What has lost its fitness by the rule in force is not counted as lost by this one. */
export async function wouldLose(
  { catalog, grants, devices: store, now }: AskedOfDevices,
  rule: FitRule,
  only: string | null,
): Promise<{ held: number; lost: Lost[] }> {
  const held = (await grants.held()).filter((row) => {
    const asked = findEntitlement(catalog, row.resource.id, row.entitlement.id)?.device
    const isOnDevice = asked != null || row.device !== null
    return row.status === 'active' && isOnDevice && (only === null || asked?.id === only)
  })
  const lost: Lost[] = []
  for (let at = 0; at < held.length; at += readAtOnce) {
    const some = held.slice(at, at + readAtOnce)
    const theirs = byOwner(await store.ofPeople([...new Set(some.map(({ subject }) => subject.id))]))
    lost.push(...some.flatMap((row) => lossOf(row, rule, theirs.get(row.subject.id) ?? [], now)))
  }
  return { held: held.length, lost }
}

function lossOf(row: HeldRow, rule: FitRule, theirs: readonly Device[], now: Date): Lost[] {
  const onDevice = machineIdOf(theirs, row.device?.id ?? null)
  const found = fitness(rule, together(theirs), { now, onDevice })
  if (found.isFit) return []
  return [
    {
      person: named(row.subject),
      entitlement: `${row.resource.id}/${row.entitlement.id}`,
      grantId: row.id,
      lacks: lacksInWords(found.lacks, now),
    },
  ]
}

export function lossesAsText({ held, lost }: { held: number; lost: readonly Lost[] }, rule: FitRule): string {
  const people = new Set(lost.map(({ person }) => person)).size
  const title = `By ${onOneLine(rule.when.source)}, heard of within ${formatDuration(rule.maxAgeMs)}: ${people} ${people === 1 ? 'person' : 'people'} would lose ${lost.length} of ${held} that are held on devices now.`
  if (lost.length === 0) return title
  return [
    title,
    '',
    table(
      ['WHO', 'LOSES', 'AS'],
      lost.map(({ person, entitlement, lacks }) => [onOneLine(person), entitlement, onOneLine(lacks)]),
    ),
  ].join('\n')
}
