import { z } from 'zod'

/*
 * What is read of a host, by the names that Fleet's API has for it. Source: Fleet's REST API, "List hosts", and its server's
 * `fleet.Host`: lists may be null or left out, texts may be empty, and an instant that never was is the year 2000 or 1.
 */

const neverBeforeMs = Date.UTC(2001, 0)

const instant = z
  .string()
  .transform((text) => {
    const atMs = Date.parse(text)
    return atMs >= neverBeforeMs ? new Date(atMs) : null
  })
  .nullable()
  .catch(null)

const text = z.string().catch('')

const policy = z.object({
  name: z.string().trim().min(1),
  /** Empty: it did not run yet. */
  response: text,
  resolution: text,
})
export type HostPolicy = z.output<typeof policy>

const mapping = z.object({ email: z.string(), source: z.string() })
export type DeviceMapping = z.output<typeof mapping>

/** What cannot be read of a list spoils itself alone; null: there is no list. */
const eachOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(z.unknown())
    .transform((all) =>
      all.flatMap((one) => {
        const read = item.safeParse(one)
        return read.success ? [read.data] : []
      }),
    )
    .nullable()
    .catch(null)

export const fleetHost = z.object({
  id: z.number().int().positive(),
  detail_updated_at: instant,
  policy_updated_at: instant,
  seen_time: instant,
  hostname: text,
  computer_name: text,
  display_name: text,
  uuid: text,
  hardware_serial: text,
  platform: text,
  os_version: text,
  team_name: text,
  /** Undefined: nothing is said of it. A list of hosts says it only since the servers of September 2026. */
  disk_encryption_enabled: z.boolean().nullish().catch(null),
  mdm: z.object({ enrollment_status: text }).nullable().catch(null),
  policies: eachOf(policy),
  device_mapping: eachOf(mapping),
})
export type FleetHost = z.output<typeof fleetHost>
