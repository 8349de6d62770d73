import { z } from 'zod'
import type { Catalog, PeopleRules, Resource, System } from '../domain/catalog.ts'
import type { ConnectorKind } from '../domain/connector.ts'
import { readConfirm } from './confirm.ts'
import { parseAt, type Report } from './explain.ts'
import * as field from './fields.ts'
import { fingerprintOf } from './fingerprint.ts'
import { sortProblems, writePath, type Path, type Problem } from './problem.ts'
import { idFault, readResource } from './resource.ts'
import { readDevices } from './devices.ts'
import { asksWhenConfirmed } from './rules-of.ts'
import { defaultsSchema, fileSchema, peopleSchema } from './schema.ts'
import { problemIn, readSource, remembered, type Source, type SourceText } from './source.ts'
import { readSystem, type PlainSystem, type ReadSystem } from './system.ts'
import type { Variables } from './variables.ts'

export interface CatalogOptions {
  readonly env: Variables
  readonly kinds: ReadonlyMap<string, ConnectorKind>
  /** A variable that is not set: an `error` where Curfew runs, a `warning` where its files are only checked. */
  readonly missingVariables?: 'error' | 'warning'
  /** A system that cannot be connected: a `warning` where the others are to be looked after all the same. */
  readonly unconnected?: 'error' | 'warning'
}

/** Everything that is wrong, by place; or the catalog. With warnings about variables, a system's settings may be undefined. */
export type Reading =
  | {
      readonly ok: true
      readonly catalog: Catalog
      /** The catalog's systems as plain data. */
      readonly systems: readonly PlainSystem[]
      readonly warnings: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }

/** Reads the owner's files as one catalog. Each file's defaults are for its own resources only. Never throws. */
export function parseCatalog(
  texts: readonly SourceText[],
  options: CatalogOptions,
  read: typeof readSource = readSource,
): Reading {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const report: Report = (...found) => void problems.push(...found)
  const reportMissing: Report = (...found) =>
    void (options.missingVariables === 'warning' ? warnings : problems).push(...found)
  const reportUnconnected: Report = (...found) =>
    void (options.unconnected === 'warning' ? warnings : problems).push(...found)

  const sources = texts.flatMap((text) => {
    const source = read(text)
    if (!Array.isArray(source)) return [source]
    source.forEach((problem) => report(problem))
    return []
  })
  for (const source of sources) parseAt(source, [], { schema: fileSchema, value: source.content, report })

  const systems = new Map<string, ReadSystem>()
  const leadingTo = new Map<string, { source: Source; id: string }>()
  for (const { source, id, value } of entriesOf(sources, 'systems', field.id, report)) {
    const read = readSystem(source, id, value, { ...options, report, reportMissing, reportUnconnected })
    systems.set(id, read)
    const earlier = read.ways.map((way) => leadingTo.get(way)).find((other) => other !== undefined)
    if (earlier) report(sameServer(source, id, earlier))
    for (const way of read.ways) leadingTo.set(way, { source, id })
  }

  const managers = new Map<string, string>()
  for (const source of sources) {
    for (const [person, manager] of Object.entries(sectionsOf(source).managers)) {
      const known = managers.get(person)
      if (known !== undefined && known !== manager)
        report(problemIn(source, ['managers', person], `is managed by ${known} in another file`, 'key'))
      managers.set(person, manager)
    }
  }

  const people = peopleIn(sources, report)
  const confirming = saidIn(sources, 'confirm', report)
  const { proof, openId, hasOpenId } = readConfirm(confirming, confirming && sectionsOf(confirming).confirm, {
    ...options,
    report,
    reportMissing,
  })
  const aboutDevices = saidIn(sources, 'devices', report)
  const devices = readDevices(aboutDevices, aboutDevices && sectionsOf(aboutDevices).devices, {
    ...options,
    report,
    reportMissing,
  })
  const defaults = new Map(
    sources.map((source) => [
      source,
      parseAt(source, ['defaults'], {
        schema: defaultsSchema,
        value: sectionsOf(source).defaults ?? {},
        report,
      }),
    ]),
  )
  const entries = entriesOf(sources, 'resources', field.resourceId, report)
  const resources = entries.flatMap(({ source, id, value }) => {
    const rules = defaults.get(source)
    const level = rules ? { path: ['defaults'], rules } : null
    return (
      readResource(source, id, value, {
        defaults: level,
        systems,
        proof,
        hasOpenId,
        devices,
        report,
      }) ?? []
    )
  })
  const [first] = sources
  if (first && entries.length === 0 && problems.length === 0)
    report(problemIn(first, ['resources'], 'is missing: no file says what there is to ask for'))

  if (problems.length > 0)
    return { ok: false, problems: sortProblems(problems), warnings: sortProblems(warnings) }
  const catalog = {
    systems: byId([...systems.values()].flatMap(({ system }): System[] => (system ? [system] : []))),
    resources: byId<Resource>(resources),
    managers,
    people,
    devices,
    proof,
    openId,
    asksWhenConfirmed: resources.some(({ entitlements }) =>
      [...entitlements.values()].some(asksWhenConfirmed),
    ),
    fingerprint: fingerprintOf(texts),
    loadedAt: new Date(),
  }
  const plain = [...systems.values()].flatMap((read) => read.plain ?? [])
  return { ok: true, catalog, systems: plain, warnings: sortProblems(warnings) }
}

/** Grants are counted for each system: the end of one would take what a running one of the other needs. */
function sameServer(source: Source, id: string, other: { source: Source; id: string }): Problem {
  const { file, line, column } = other.source.keyPosition(['systems', other.id])
  const message = `leads to the same place as the system "${other.id}" at ${file}:${line}:${column}: each would take back what the other gives; describe it once`
  return problemIn(source, ['systems', id], message, 'key')
}

const usualPeople = peopleSchema.parse({})

function peopleIn(sources: readonly Source[], report: Report): PeopleRules {
  const source = saidIn(sources, 'people', report)
  const value = source && sectionsOf(source).people
  const read = source && parseAt(source, ['people'], { schema: peopleSchema, value, report })
  const { scim, grace, channel, admins } = read ?? usualPeople
  return { isScimRequired: scim === 'required', graceMs: grace, channel: channel ?? null, admins }
}

/** The file that says it, as only one may; null where none does. */
function saidIn(
  sources: readonly Source[],
  section: 'people' | 'confirm' | 'devices',
  report: Report,
): Source | null {
  const [first, ...others] = sources.filter((source) => sectionsOf(source)[section] !== undefined)
  for (const source of others)
    report(problemIn(source, [section], `is said in ${first?.file ?? 'another file'} too`, 'key'))
  return first ?? null
}

const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.id, item]))

/** Sections of the wrong shape were reported with the file; here they count as empty. */
const sections = z
  .object({
    people: z.unknown().optional(),
    devices: z.unknown().optional(),
    confirm: z.unknown().optional(),
    defaults: z.unknown().optional(),
    managers: z.record(field.person, field.person).catch({}),
    systems: z.record(z.string(), z.unknown()).catch({}),
    resources: z.record(z.string(), z.unknown()).catch({}),
  })
  .catch({ defaults: {}, managers: {}, systems: {}, resources: {} })

const sectionsOf = remembered((source: Source) => sections.parse(source.content))

/** The entries of one section in all files: an id belongs to one of them. */
function entriesOf(
  sources: readonly Source[],
  section: 'systems' | 'resources',
  ids: z.ZodType,
  report: Report,
) {
  const first = new Map<string, Source>()
  return sources.flatMap((source) =>
    Object.entries(sectionsOf(source)[section]).flatMap(([id, value]) => {
      const path: Path = [section, id]
      const fault = idFault(ids, id)
      if (fault !== null) report(problemIn(source, path, fault, 'key'))
      const earlier = first.get(id)
      if (earlier) {
        const { file, line, column } = earlier.keyPosition(path)
        report(
          problemIn(
            source,
            path,
            `is also at ${file}:${line}:${column}; ${writePath([section])} share their ids`,
            'key',
          ),
        )
        return []
      }
      first.set(id, source)
      return [{ source, id, value }]
    }),
  )
}
