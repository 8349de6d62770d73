import { z } from 'zod'
import { areCertificates } from '../certificates.ts'
import { parseDuration } from '../duration.ts'
import { safeUrl } from '../safe-url.ts'
import { webhookSettings } from './webhook-settings.ts'

/** Where devices can come from, and how each is set up in the catalog. */
export const deviceSourceKinds = ['fleet', 'webhook', 'report'] as const
export type DeviceSourceKind = (typeof deviceSourceKinds)[number]

export const reportSettings = z.strictObject({})
const fleetEvery = { leastMs: 30_000, mostMs: 24 * 3_600_000 }

export const fleetSettings = z.strictObject({
  /** Of its server, with the path where it has one: `https://fleet.acme.example`. */
  url: safeUrl.refine((text) => !/[?#]/.test(text), 'must have nothing after its path'),
  /** Of a user that may only use the API. */
  token: z.string().regex(/^[\x21-\x7e]+$/, 'must be a token: printable ASCII without spaces'),
  /** How long after one look the next begins. Kept as it is written: settings are parsed more than once. */
  every: z
    .string({ error: 'must be a length of time with its unit, such as 5m' })
    .refine((written) => {
      const ms = parseDuration(written)
      return ms !== null && ms >= fleetEvery.leastMs && ms <= fleetEvery.mostMs
    }, 'must be a length of time between 30s and 1d, such as 5m')
    .default('5m'),
  /** The last part of the address to which its webhook is sent. Whoever knows it can have hosts looked at, no more. */
  webhookSecret: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 letters, digits, - and _')
    .optional(),
  /** Certificates in PEM that are trusted beside the usual ones. */
  ca: z.string().refine(areCertificates, 'must be certificates in PEM').optional(),
})
export type FleetSettings = z.output<typeof fleetSettings>

export const settingsOfKind = {
  fleet: fleetSettings,
  webhook: webhookSettings,
  report: reportSettings,
} as const satisfies Record<DeviceSourceKind, z.ZodType>
