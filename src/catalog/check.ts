import type { FitRule } from '../domain/devices/rules.ts'
import type { Catalog, Entitlement } from '../domain/catalog.ts'
import { everyEntitlement } from '../domain/catalog.ts'
import { lacksToConfirm } from '../domain/confirming/asked-for.ts'
import type { ConnectorKind } from '../domain/connector.ts'
import { formatDuration } from '../domain/duration.ts'
import { nameApprovers } from '../domain/approvers.ts'
import { describeOnly } from '../domain/timing.ts'
import { loadCatalog } from './load.ts'
import { writeProblem } from './problem.ts'
import { rulesOf } from './rules-of.ts'
import { table } from './table.ts'
import type { Variables } from './variables.ts'

export interface Check {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  /** What the catalog says, as tables; empty if it is not good. */
  readonly summary: string
}

/** Judges the files without reaching any system. Variables that are not set are warnings, since CI has no secrets, unless `strictEnv`. */
export async function checkCatalog(
  path: string,
  env: Variables,
  kinds: ReadonlyMap<string, ConnectorKind>,
  { strictEnv = false }: { strictEnv?: boolean } = {},
): Promise<Check> {
  const reading = await loadCatalog(path, { env, kinds, missingVariables: strictEnv ? 'error' : 'warning' })
  const isSet = (variable: string) => (env[variable] ?? '').trim() !== ''
  const lacks = reading.ok ? lacksToConfirm(reading.catalog, isSet) : []
  return {
    ok: reading.ok && (!strictEnv || lacks.length === 0),
    problems: reading.ok ? (strictEnv ? lacks : []) : reading.problems.map(writeProblem),
    warnings: [...reading.warnings.map(writeProblem), ...(strictEnv ? [] : lacks)],
    summary: reading.ok ? summarize(reading.catalog) : '',
  }
}

/** Systems, resources and entitlements as tables for people to read. Holds no setting of any system. */
export function summarize(catalog: Catalog): string {
  const systems = [...catalog.systems.values()].map(({ id, connector, principal, timeoutMs }) => [
    id,
    connector,
    principal.source,
    formatDuration(timeoutMs),
  ])
  const resources = [...catalog.resources.values()].map(({ id, name, system, owner, entitlements }) => [
    id,
    name,
    system,
    owner ?? '',
    [...entitlements.keys()].join(', '),
  ])
  const entitlements = everyEntitlement(catalog).map((entitlement) => [
    `${entitlement.resource.id} ${entitlement.id}`,
    whoOf(entitlement),
    approvedBy(entitlement),
    howLong(entitlement),
    entitlement.channel,
  ])
  const written = everyEntitlement(catalog).flatMap((entitlement) =>
    rulesOf(entitlement).map((rule) => ({ ...rule, of: `${entitlement.resource.id} ${entitlement.id}` })),
  )
  const groups = written.flatMap(({ of, key, groups: named }) =>
    named.length === 0 ? [] : [[of, key, named.join(' ')]],
  )
  const fit = [...catalog.devices.fit.values()]
  const notes = written.flatMap(({ of, key, condition }) =>
    condition?.mentions.includes('zone') ? [`note: ${of}: ${key} ${ZONE}`] : [],
  )
  return [
    table(['SYSTEM', 'CONNECTOR', 'PRINCIPAL', 'TIMEOUT'], systems),
    table(['RESOURCE', 'NAME', 'SYSTEM', 'OWNER', 'ENTITLEMENTS'], resources),
    table(['ENTITLEMENT', 'WHO', 'APPROVED BY', 'HOW LONG', 'CHANNEL'], entitlements),
    ...(fit.length === 0 ? [] : [table(['FIT', 'WHEN', 'HOW OLD', 'ELSE'], fit.map(fitRow))]),
    ...(groups.length === 0 ? [] : [table(['ENTITLEMENT', 'RULE', 'GROUPS THAT MUST EXIST'], groups)]),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ].join('\n\n')
}

const ZONE =
  'mentions zone, which people set themselves in Slack: it keeps nobody out; write the zone, such as now.getHours("Europe/Berlin")'

const whoOf = ({ who, external, device }: Entitlement) =>
  `${oneLine(who.source)}${external ? ', other workspaces too' : ''}${device === null ? '' : `; on ${device.id}`}`

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const fitRow = ({ id, when, which, maxAgeMs, graceMs, resumes }: FitRule): string[] => [
  id,
  `${which} of theirs: ${oneLine(when.source)}`,
  `heard of within ${formatDuration(maxAgeMs)}`,
  [
    graceMs === 0 ? 'cut at once' : `cut after ${formatDuration(graceMs)}`,
    ...(resumes ? ['goes on once it is fit again'] : []),
  ].join(', '),
]

function approvedBy({ mode, session, review, auto, asksProof }: Entitlement): string {
  if (mode === 'standing') return 'nobody: held by rule'
  if (mode === 'session') return `whoever confirms it is they: ${session?.proof.methods.join(', ') ?? ''}`
  const stages = review.stages.map(
    ({ approvers, needs, asksProof: proves }) =>
      `${needs} of ${nameApprovers(approvers).join(' ')}${proves ? ' (confirming it is they)' : ''}`,
  )
  const rules = auto.map(({ because }) => `or by itself: ${because}`)
  const asked = asksProof ? ['asked for by confirming'] : []
  return [stages.join(', then '), ...rules, ...asked].join('; ')
}

function howLong({ mode, session, duration, startsWithinMs, windows, breakGlass }: Entitlement): string {
  if (mode === 'standing') return 'as long as they match'
  if (session !== null)
    return `${formatDuration(session.lengthMs)}, renewed in its last ${formatDuration(session.renewMs)}, up to ${formatDuration(session.maxMs)}`
  return [
    `${formatDuration(duration.defaultMs)}, up to ${formatDuration(duration.maxMs)}`,
    startsWithinMs === null ? null : `${formatDuration(startsWithinMs)} ahead`,
    windows?.untilMs == null ? null : `every week for ${formatDuration(windows.untilMs)}`,
    windows?.only.length ? `only ${describeOnly(windows.only)}` : null,
    breakGlass === null
      ? null
      : `break-glass ${formatDuration(breakGlass.maxMs)}${glassProof[breakGlass.proof]}`,
  ]
    .filter((part) => part !== null)
    .join('; ')
}

const glassProof = {
  none: '',
  always: ' (confirming)',
  'unless-down': ' (confirming, unless the sign-in is down)',
}
