import { z } from 'zod'

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const
const lagPattern = /^(\d{1,6})(ms|s|m)$/
const secretPattern = /^whsec_([A-Za-z0-9+/]+={0,2})$/
const ownHeaders =
  /^(webhook-.*|idempotency-key|content-.*|host|connection|transfer-encoding|expect|upgrade)$/i

/** A short time, written `500ms`, `5s` or `2m`; in milliseconds once parsed. */
const lagSchema = z.string().transform((text, context) => {
  const [, amount, unit] = lagPattern.exec(text) ?? []
  if (unit === 'ms' || unit === 's' || unit === 'm') return Number(amount) * unitMs[unit]
  context.addIssue({ code: 'custom', message: 'must be a time such as 500ms, 5s or 2m' })
  return z.NEVER
})

export const webhookSettings = z.strictObject({
  url: z
    .string()
    .refine(isSafeUrl, 'must be https (http only for this very machine) and hold no user or password'),
  secret: z.string().refine(isStrongSecret, 'must be whsec_ followed by 24 to 64 random bytes in base64'),
  /** Sent along with each call: what a gateway in front of the receiver wants to see. */
  headers: z
    .record(
      z
        .string()
        .regex(/^[\w-]+$/)
        .refine((name) => !ownHeaders.test(name), 'is set by Curfew itself'),
      z.string().regex(/^[\t\x20-\x7e]*$/, 'must be printable ASCII'),
    )
    .default({}),
  lag: lagSchema.refine((ms) => ms <= 60_000, 'must be at most 1m').default(0),
  /** How long after we gave up a call it may still take effect there. */
  late: lagSchema.refine((ms) => ms <= 600_000, 'must be at most 10m').default(0),
})

export type WebhookSettings = z.infer<typeof webhookSettings>

function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)

function isStrongSecret(secret: string): boolean {
  const bytes = Buffer.from(secretPattern.exec(secret)?.[1] ?? '', 'base64').length
  return bytes >= 24 && bytes <= 64
}
