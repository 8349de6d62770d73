import { z } from 'zod'

/** Where devices can come from, and how each is set up in the catalog. */
export const deviceSourceKinds = ['fleet', 'webhook', 'report'] as const
export type DeviceSourceKind = (typeof deviceSourceKinds)[number]

export const reportSettings = z.strictObject({})
export const fleetSettings = z.strictObject({
  /** Of its server: `https://fleet.acme.example`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Of a user that may only use the API. */
  token: z.string().min(1),
})
export const webhookSettings = z.strictObject({
  secret: z.string().min(16, 'must be at least 16 characters'),
})

export const settingsOfKind = {
  fleet: fleetSettings,
  webhook: webhookSettings,
  report: reportSettings,
} as const satisfies Record<DeviceSourceKind, z.ZodType>
