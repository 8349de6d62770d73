import { z } from 'zod'
import type { Entitlement, Resource } from '../domain/catalog.ts'
import type { ProofRules } from '../domain/confirmation.ts'
import type { ConnectorKind, Target } from '../domain/connector.ts'
import type { DeviceRules } from '../domain/devices/rules.ts'
import { attempt } from './attempt.ts'
import { parseAt, type Report } from './explain.ts'
import * as field from './fields.ts'
import { inherit, type Level } from './inherit.ts'
import type { Path } from './problem.ts'
import { entitlementSchema, resourceSchema, type WrittenResource } from './schema.ts'
import { durationOfSession, sessionOf } from './session.ts'
import { problemIn, type Source } from './source.ts'
import { didYouMean } from './spelling.ts'
import type { ReadSystem } from './system.ts'
import { complaintsOf, verdictOf } from './verdict.ts'

export interface ResourceReader {
  /** The file's own; null when it is broken: then what is missing is not complained of. */
  readonly defaults: Level | null
  readonly systems: ReadonlyMap<string, ReadSystem>
  /** What counts as proof of who somebody is, unless a session says otherwise. */
  readonly proof: ProofRules
  /** Somebody may sign in at an identity provider to confirm. */
  readonly hasOpenId: boolean
  readonly devices: DeviceRules
  readonly report: Report
}

/** One entry of `resources`, with everything wrong in it and in its entitlements reported at once; null if anything is. */
export function readResource(
  source: Source,
  id: string,
  value: unknown,
  reader: ResourceReader,
): Resource | null {
  const { systems, report } = reader
  const path = ['resources', id]
  const own = parseAt(source, path, { schema: resourceSchema, value, report })
  const { system, entitlements: entries } = loosely.parse(value)
  const written = Object.entries(entries)
  if (system !== '' && !systems.has(system)) {
    const meant = didYouMean(system, [...systems.keys()])
    report(problemIn(source, [...path, 'system'], `"${system}" is not a system${meant}`))
  }
  if (own && written.length === 0)
    report(problemIn(source, [...path, 'entitlements'], 'has no entitlement: nothing to ask for'))

  const kind = systems.get(system)?.kind ?? null
  const resource = own && { ...own, id, owner: own.owner ?? null }
  const entitlements = written.flatMap(
    ([name, entitlement]) =>
      readEntitlement(source, { resource, path, kind, id: name }, entitlement, reader) ?? [],
  )
  if (!resource || entitlements.length < written.length) return null
  const { name, owner } = resource
  return { id, name, owner, system, entitlements: new Map(entitlements.map((read) => [read.id, read])) }
}

/** Enough to go on looking for what is wrong. */
const loosely = z
  .object({ system: z.string().catch(''), entitlements: z.record(z.string(), z.unknown()).catch({}) })
  .catch({ system: '', entitlements: {} })

const justTarget = z.object({ target: z.unknown() }).nullable().catch(null)

export function idFault(schema: z.ZodType, id: string): string | null {
  return schema.safeParse(id).error?.issues[0]?.message ?? null
}

interface Around {
  readonly id: string
  /** Of the resource. */
  readonly path: Path
  readonly kind: ConnectorKind | null
  /** Null when something about it was reported. */
  readonly resource: (Omit<WrittenResource, 'owner'> & Pick<Resource, 'id' | 'owner'>) | null
}

function readEntitlement(
  source: Source,
  { id, path, kind, resource }: Around,
  value: unknown,
  { defaults, systems, proof, hasOpenId, devices, report }: ResourceReader,
): Entitlement | null {
  const at = [...path, 'entitlements', id]
  const fault = idFault(field.id, id)
  if (fault !== null) report(problemIn(source, at, fault, 'key'))
  const own = parseAt(source, at, { schema: entitlementSchema, value, report })
  const written = justTarget.parse(value)
  const target = written && kind && readTarget(source, [...at, 'target'], kind, written.target, report)
  if (!own || !resource || !defaults) return null
  const rules = inherit(source, [{ path: at, rules: own }, { path, rules: resource }, defaults], {
    report,
    needsNobody: own.mode !== 'approval',
  })
  const device = own.device === undefined ? null : (devices.fit.get(own.device) ?? null)
  if (own.device !== undefined && device === null) {
    const meant = didYouMean(own.device, [...devices.fit.keys()])
    report(problemIn(source, [...at, 'device'], `"${own.device}" is no rule of devices.fit${meant}`))
  }
  if (systems.get(resource.system)?.system?.principal.isOfDevice === true) {
    const no = (key: string, words: string): void =>
      report(problemIn(source, [...at, key], `${words}: on this system somebody must say on which device`))
    if (own.mode === 'standing') no('mode', 'cannot be held by rule')
    if (rules?.breakGlass) no('breakGlass', 'cannot be taken in an emergency')
    if (rules?.onBehalf) no('onBehalf', 'cannot be asked for somebody else')
  }
  const session = sessionOf(source, at, own, { proof, hasOpenId, report })
  if (own.confirm === 'mfa' && own.mode !== 'approval')
    report(problemIn(source, [...at, 'confirm'], `is for what is asked for: ${unasked[own.mode]}`))
  if (!rules || !target || (own.mode === 'session' && session === null)) return null
  return {
    id,
    name: own.name,
    resource: { id: resource.id, name: resource.name, owner: resource.owner },
    system: resource.system,
    ...target,
    mode: own.mode,
    session,
    device,
    ...rules,
    ...(session === null ? {} : { duration: durationOfSession(session) }),
  }
}

const unasked = {
  session: 'whoever begins a session confirms who they are anyway',
  standing: 'nobody asks for what is held by rule',
}

const text = z.string()

function readTarget(source: Source, path: Path, kind: ConnectorKind, value: unknown, report: Report) {
  const instead = `does not suit the ${kind.kind} connector`
  const verdict = verdictOf(kind.target, value)
  if (verdict?.good !== true) {
    complaintsOf(source, path, { verdict, schema: kind.target, value, instead }).forEach((one) => report(one))
    return null
  }
  const target: Target = verdict.data
  const canonical = text.safeParse(attempt(() => kind.canonical(target)))
  if (canonical.success) return { target, canonical: canonical.data }
  report(problemIn(source, path, `${instead}: its \`canonical\` writes it as no text`))
  return null
}
