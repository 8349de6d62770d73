import type { z } from 'zod'
import { mostNames, type deviceReport } from '../../domain/devices/report.ts'
import type { FleetHost, HostPolicy } from './host.ts'
import { ownerOf } from './owner.ts'
import { isLinux, systemOf } from './system.ts'

/** As it is handed on, to be parsed once more by whoever hears it. */
export type Report = z.input<typeof deviceReport>
type Policies = NonNullable<Report['policies']>

/**
 * What Fleet says of a host. Each value is as old as Fleet's own copy of it: what osquery told is of `detail_updated_at`,
 * policies are of `policy_updated_at`, and the host itself was last heard of at the latest of these and `seen_time`.
 * Null: nothing is known of it yet: it was only assigned to Fleet, and is nobody's device so far.
 *
 * `saysAll` is of an answer about one host: what is missing in it is not known. In a list it may be that this server's
 * lists do not say it: then nothing is said, and what was known before ages.
 */
export function reportOf(host: FleetHost, { saysAll }: { saysAll: boolean }): Report | null {
  const at = host.detail_updated_at
  if (at === null) return null
  const { os, osFamily, osVersion } = systemOf(host)
  const enrolment = host.mdm?.enrollment_status ?? ''
  const isDiskSaid = saysAll || isLinux(host) || host.disk_encryption_enabled !== undefined
  return {
    sourceId: String(host.id),
    name: cut(host.display_name || host.computer_name || host.hostname, 200),
    serial: cut(host.hardware_serial, 200),
    uuid: cut(host.uuid, 200),
    owner: ownerOf(host.device_mapping),
    at: latest([at, host.policy_updated_at, host.seen_time]),
    attributes: {
      os: { value: os, at },
      osFamily: { value: osFamily, at },
      osVersion: { value: osVersion, at },
      ...(isDiskSaid ? { diskEncrypted: { value: host.disk_encryption_enabled ?? null, at } } : {}),
      managed: { value: enrolment === '' ? null : /^on\b/i.test(enrolment), at },
      enrollment: { value: cut(enrolment, 200), at },
      team: { value: cut(host.team_name, 200), at },
    },
    policies: policiesOf(host.policies ?? [], { at: host.policy_updated_at, else: at }),
    // One that was deleted there passes and fails no more.
    hasAllPolicies: host.policies != null && host.policies.length <= mostNames,
  }
}

/** That it was there, and nothing else: what is known of it is as old as it was. */
export const seen = ({ sourceId, at }: Report): Report => ({ sourceId, at })

const worstFirst = ['fail', 'unknown', 'pass'] as const
const rank = (result: (typeof worstFirst)[number]): number => worstFirst.indexOf(result)

/** By name: of two with one name, such as of two teams, the worse. Where they are too many, the worst are kept. */
function policiesOf(all: readonly HostPolicy[], instants: { at: Date | null; else: Date }): Policies {
  const byName = new Map<string, { result: (typeof worstFirst)[number]; remedy: string | null }>()
  for (const { name, response, resolution } of all) {
    // One that never ran passed nothing, whatever is said of it.
    const result = instants.at !== null && (response === 'pass' || response === 'fail') ? response : 'unknown'
    const key = cut(name, 200)
    const before = byName.get(key)
    if (before === undefined || rank(result) < rank(before.result))
      byName.set(key, { result, remedy: cut(resolution, 1_000) || null })
  }
  const kept = [...byName].sort(([, one], [, other]) => rank(one.result) - rank(other.result))
  const at = instants.at ?? instants.else
  return Object.fromEntries(kept.slice(0, mostNames).map(([name, said]) => [name, { ...said, at }]))
}

const cut = (text: string, most: number): string => text.trim().slice(0, most).trim()

const latest = (instants: readonly (Date | null)[]): Date =>
  new Date(Math.max(...instants.map((at) => at?.getTime() ?? 0)))
