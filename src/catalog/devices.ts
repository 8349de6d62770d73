import { z } from 'zod'
import { noDevices, type DeviceRules, type DeviceSource, type FitRule } from '../domain/devices/rules.ts'
import { settingsOfKind } from '../domain/devices/source-kinds.ts'
import { mappedWebhookSettings } from './device-mapping.ts'
import { parseAt } from './explain.ts'
import * as field from './fields.ts'
import { secretFingerprintOf } from './fingerprint.ts'
import { idFault } from './resource.ts'
import { deviceSourceSchema, devicesSchema } from './schema.ts'
import { readSettings, type SettingsReader } from './settings.ts'
import { problemIn, type Source } from './source.ts'

const loosely = z.object({ sources: z.record(z.string(), z.unknown()).catch({}) }).catch({ sources: {} })

/** The section `devices`: where devices come from, who says that they count, and which are fit. */
export function readDevices(source: Source | null, written: unknown, reader: SettingsReader): DeviceRules {
  if (source === null) return noDevices
  const { report } = reader
  const said = parseAt(source, ['devices'], { schema: devicesSchema, value: written, report })
  const sources = Object.entries(loosely.parse(written).sources).flatMap(
    ([id, value]) => readDeviceSource(source, id, value, reader) ?? [],
  )
  const [, second] = sources.filter(({ kind }) => kind === 'report')
  if (second)
    report(
      problemIn(source, ['devices', 'sources', second.id], 'is a second one: devices report to one', 'key'),
    )
  if (said === null) return noDevices
  const needsApproval = said.approval === 'required'
  const fit = Object.entries(said.fit).map(([id, rule]): FitRule => {
    const fault = idFault(field.id, id)
    if (fault !== null) report(problemIn(source, ['devices', 'fit', id], fault, 'key'))
    return {
      id,
      when: rule.when,
      needsApproval,
      sources: new Set(sources.map((one) => one.id)),
      maxAgeMs: rule.maxAge,
      graceMs: rule.grace,
      which: rule.which,
      seenWithinMs: rule.seenWithin,
      resumes: rule.resume,
    }
  })
  if (fit.length > 0 && sources.length === 0)
    report(problemIn(source, ['devices', 'sources'], 'is missing: no device would ever be known'))
  if (said.approve && !needsApproval)
    report(problemIn(source, ['devices', 'approve'], 'is for approval: required', 'key'))
  return {
    needsApproval,
    approve: said.approve ?? null,
    channel: said.channel ?? null,
    admins: said.admins,
    sources: new Map(sources.map((one) => [one.id, one])),
    fit: new Map(fit.map((rule) => [rule.id, rule])),
    outage: said.outage,
  }
}

const judgedOf = { ...settingsOfKind, webhook: mappedWebhookSettings }

const taken = ['enrol', 'report', 'remove']

/** Null where something was reported; settings are undefined while a variable is missing. */
function readDeviceSource(
  source: Source,
  id: string,
  value: unknown,
  reader: SettingsReader,
): DeviceSource | null {
  const path = ['devices', 'sources', id]
  const fault = idFault(field.id, id)
  if (fault !== null) reader.report(problemIn(source, path, fault, 'key'))
  if (taken.includes(id))
    reader.report(
      problemIn(source, path, `cannot be called so: /devices/${id} is a page of Curfew's own`, 'key'),
    )
  const own = parseAt(source, path, { schema: deviceSourceSchema, value, report: reader.report })
  if (own === null) return null
  const { kind, ...rest } = own
  const settings = readSettings(source, path, { settings: judgedOf[kind] }, rest, reader)
  if (settings === null) return null
  return {
    id,
    kind,
    settings: settings.parsed,
    settingsFingerprint: secretFingerprintOf([kind, settings.filled]),
  }
}
