import { z } from 'zod'
import type { PrincipalRule, System } from '../domain/catalog.ts'
import { closeQuietly, connected } from '../domain/connected.ts'
import { unused, type ConnectorKind } from '../domain/connector.ts'
import { waysTo } from '../domain/place.ts'
import { attempt } from './attempt.ts'
import { parseAt, type Report } from './explain.ts'
import * as field from './fields.ts'
import { secretFingerprintOf } from './fingerprint.ts'
import { compilePrincipal, isPrincipal, principalMap } from './principal.ts'
import type { Path } from './problem.ts'
import { systemSchema } from './schema.ts'
import { readSettings, type SettingsReader } from './settings.ts'
import { problemIn, type Source } from './source.ts'
import { didYouMean } from './spelling.ts'
import { reveals } from './variables.ts'
import { verdictOf } from './verdict.ts'

export interface SystemReader extends SettingsReader {
  readonly kinds: ReadonlyMap<string, ConnectorKind>
  /** Told of a system that is written well, and cannot be connected. */
  readonly reportUnconnected: Report
}

/** What a system is made of, once it was found good: plain data, which may hold secrets. */
export interface PlainSystem {
  readonly id: string
  readonly connector: string
  readonly timeoutMs: number
  readonly handOver: 'modal' | 'page'
  /** With the variables filled in, and not yet parsed by the connector's schema. */
  readonly settings: unknown
  readonly principal: PlainPrincipal
}

/** A CEL expression, or people and their names. */
type PlainPrincipal = string | ReadonlyMap<string, string>

export interface ReadSystem {
  /** Null when something about it was reported. */
  readonly system: System | null
  /** The same as plain data. */
  readonly plain: PlainSystem | null
  /** What leads to it, as far as it can be said: two that share one would undo each other. Never shown. */
  readonly ways: readonly string[]
  /** Null when there is no such connector. */
  readonly kind: ConnectorKind | null
}

/** One entry of `systems`: the catalog's own keys, then the rest as the connector's settings. */
export function readSystem(source: Source, id: string, value: unknown, reader: SystemReader): ReadSystem {
  const { kinds, report } = reader
  const path = ['systems', id]
  const own = parseAt(source, path, { schema: systemSchema, value, report })
  const { connector, principal: principalKey, rest } = loosely.parse(value)
  const principal = readPrincipal(source, [...path, 'principal'], principalKey, id, report)
  const kind = kinds.get(connector) ?? null
  if (!kind && connector !== '') {
    const names = [...kinds.keys()]
    const meant = didYouMean(connector, names) || `; there are ${names.join(', ')}`
    report(problemIn(source, [...path, 'connector'], `"${connector}" is not a connector${meant}`))
  }
  const settings = kind && readSettings(source, path, kind, rest, reader)
  if (!own || !settings || !principal) return { system: null, plain: null, ways: [], kind }
  const plain = {
    id,
    connector,
    timeoutMs: own.timeout,
    handOver: own.handOver ?? 'modal',
    settings: settings.filled,
    principal: principal.plain,
  }
  const { ways, makesSecrets, fault } = aboutOf(kind, settings, own.timeout)
  if (fault !== null) {
    const reason = reveals(fault, settings.secrets) ? 'the reason is not shown' : fault
    reader.reportUnconnected(problemIn(source, path, `cannot be connected: ${reason}`, 'key'))
  }
  if (own.handOver !== undefined && !makesSecrets)
    report(problemIn(source, [...path, 'handOver'], 'this connector makes no secrets: leave it out'))
  if (own.handOver === 'page' && !reader.env['PUBLIC_URL']?.trim())
    reader.reportMissing(
      problemIn(source, [...path, 'handOver'], 'needs PUBLIC_URL, the address at which people reach Curfew'),
    )
  return { system: systemOf(plain, settings.parsed, principal.rule), plain, ways, kind }
}

/** Asked of a connector that is never called. Without its variables: how it is written. */
function aboutOf(
  kind: ConnectorKind,
  { parsed, filled }: NonNullable<ReturnType<typeof readSettings>>,
  timeoutMs: number,
): { ways: string[]; makesSecrets: boolean; fault: string | null } {
  if (parsed === undefined)
    return { ways: [`${kind.kind} ${JSON.stringify(filled)}`], makesSecrets: true, fault: null }
  try {
    const connector = connected(kind, parsed, unused(timeoutMs))
    const { where, handOver } = connector
    closeQuietly(connector)
    return { ways: waysTo(where), makesSecrets: handOver !== undefined, fault: null }
  } catch (error) {
    return { ways: [], makesSecrets: true, fault: why(error) }
  }
}

/** What was thrown may be anything; one line of it is enough. */
const why = (error: unknown): string =>
  attempt(() => String(error instanceof Error ? error.message : error).split('\n')[0]) ||
  'it does not say why'

/** Of what was found good before, in another thread perhaps. */
export function makeSystem(plain: PlainSystem, kinds: ReadonlyMap<string, ConnectorKind>): System {
  const { id, connector, settings, principal } = plain
  const kind = kinds.get(connector)
  const verdict = kind && verdictOf(kind.settings, settings)
  const rule = typeof principal === 'string' ? compilePrincipal(principal, id) : principalMap(principal, id)
  if (verdict?.good !== true || 'offset' in rule)
    throw new Error(`${id} is judged differently in another thread`)
  return systemOf(plain, verdict.data, rule)
}

const systemOf = (
  { id, connector, timeoutMs, handOver, settings: filled }: PlainSystem,
  settings: unknown,
  principal: PrincipalRule,
): System => ({
  id,
  connector,
  settings,
  settingsFingerprint: secretFingerprintOf([connector, timeoutMs, filled]),
  timeoutMs,
  handOver,
  principal,
})

/** Enough to go on looking for what is wrong. */
const loosely = z
  .looseObject({
    connector: z.string().catch(''),
    principal: z.unknown().optional(),
    timeout: z.unknown().optional(),
    handOver: z.unknown().optional(),
  })
  .transform(({ connector, principal, timeout: _timeout, handOver: _handOver, ...rest }) => ({
    connector,
    principal,
    rest,
  }))
  .catch({ connector: '', principal: undefined, rest: {} })

function readPrincipal(
  source: Source,
  path: Path,
  value: unknown,
  id: string,
  report: Report,
): { rule: PrincipalRule; plain: PlainPrincipal } | null {
  if (value === undefined) return null
  if (typeof value === 'string') {
    const rule = compilePrincipal(value, id)
    if (!('offset' in rule)) return { rule, plain: value }
    report({ ...problemIn(source, path, rule.message), ...source.inside(path, rule.offset) })
    return null
  }
  const names = parseAt(source, path, { schema: principalNames, value, report })
  if (!names) return null
  const plain = new Map(Object.entries(names))
  return { rule: principalMap(plain, id), plain }
}

const principalNames = z
  .record(field.person, z.string().refine(isPrincipal, 'must be 1 to 200 visible characters'), {
    error: 'must be a CEL expression, or a map of people to their names there',
  })
  .refine((names) => Object.keys(names).length > 0, 'names nobody')
