import { z } from 'zod'
import { safeUrl } from '../../domain/safe-url.ts'
import { extraHeaders, transportHeaders } from '../http/settings.ts'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

export const strongSecret = 'whsec_ followed by 24 to 64 random bytes in base64'

const secretPattern = /^whsec_([A-Za-z0-9+/]+={0,2})$/

export const webhookSettings = z.strictObject({
  url: safeUrl,
  secret: secret.refine((one) => typeof one !== 'string' || isStrongSecret(one), `must be ${strongSecret}`),
  /** Sent along with each call: what a gateway in front of the receiver wants to see. */
  headers: extraHeaders(new RegExp(`^(webhook-.*|idempotency-key|${transportHeaders})$`, 'i')),
  lag,
  late: late.default(0),
})

export type WebhookSettings = z.infer<typeof webhookSettings>

export function isStrongSecret(secret: string): boolean {
  const bytes = Buffer.from(secretPattern.exec(secret)?.[1] ?? '', 'base64').length
  return bytes >= 24 && bytes <= 64
}
