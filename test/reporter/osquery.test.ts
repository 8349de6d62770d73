import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { bodyFrom } from '../../reporter/curfew-report.mjs'

const pack = z.object({
  queries: z.record(
    z.string(),
    z.strictObject({
      query: z.string(),
      interval: z.number(),
      snapshot: z.literal(true),
      platform: z.enum(['darwin', 'windows', 'linux']),
      description: z.string(),
    }),
  ),
})

/** By osquery's own specs (5.x), those of their columns that are asked for. */
const everywhere = {
  system_info: ['hostname', 'uuid', 'hardware_serial'],
  os_version: ['version', 'major', 'minor', 'build', 'platform', 'platform_like'],
  kernel_info: ['version'],
}
const tables: Record<string, Readonly<Record<string, readonly string[]>>> = {
  darwin: {
    ...everywhere,
    disk_encryption: ['filevault_status', 'user_uuid'],
    alf: ['global_state'],
    screenlock: ['enabled', 'grace_period'],
    plist: ['value', 'path', 'key'],
  },
  windows: {
    ...everywhere,
    bitlocker_info: ['protection_status', 'conversion_status', 'drive_letter'],
    windows_security_center: ['firewall', 'autoupdate'],
    registry: ['data', 'key', 'name'],
  },
  linux: {
    ...everywhere,
    disk_encryption: ['encrypted', 'name'],
    mounts: ['device_alias', 'path'],
    iptables: ['policy', 'filter_name', 'chain'],
  },
}
const words = new Set(
  'SELECT AS FROM CROSS JOIN ON WHERE AND IS NOT NULL COUNT MIN MAX BETWEEN CAST INTEGER COALESCE NULLIF'.split(
    ' ',
  ),
)

test('the pack for osquery asks each system for all that a rule reads, of tables and columns that are there', async () => {
  const file = await readFile(new URL('../../reporter/osquery/curfew.conf', import.meta.url), 'utf8')
  const { queries } = pack.parse(JSON.parse(file))
  expect(Object.values(queries).map(({ platform }) => platform)).toEqual(['darwin', 'windows', 'linux'])
  const { attributes } = bodyFrom('linux', {}, { release: '', hostname: '', hasSession: false, desktop: '' })
  const names = ['hostname', 'serial', 'uuid', ...Object.keys(attributes)]
  for (const { query, platform } of Object.values(queries)) {
    const known = tables[platform] ?? {}
    const asked = [...query.matchAll(/\b(?:FROM|JOIN) (\w+)/g)].map(([, table]) => table ?? '')
    expect(asked.filter((table) => !Object.hasOwn(known, table))).toEqual([])
    const given = [...query.matchAll(/ AS "?(\w+)"?(?=,| FROM system_info)/g)].map(([, name]) => name)
    expect(given).toEqual(names)
    // What is no text of its own, no word of SQL, no table and no name that is given, is a column.
    const plain = query.replaceAll(/'[^']*'|"[^"]*"/g, ' ')
    const columns = [...plain.matchAll(/[A-Za-z_]+/g)]
      .map(([word]) => word)
      .filter((word) => !words.has(word) && !asked.includes(word) && !names.includes(word))
      .filter((word) => !['s', 'o', 'd', 'm'].includes(word))
    const there = new Set(asked.flatMap((table) => known[table] ?? []))
    expect(columns.filter((column) => !there.has(column))).toEqual([])
  }
})
