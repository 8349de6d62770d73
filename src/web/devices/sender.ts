import { createHmac } from 'node:crypto'
import { isSameSecret } from '../../same-secret.ts'
import { z } from 'zod'
import { instantOf } from '../../domain/devices/instant.ts'
import { keysIn, secretsIn, type WebhookSettings } from '../../domain/devices/webhook-settings.ts'
import { webhookHeaders, webhookSignature } from '../../domain/standard-webhooks.ts'

/** A request as far as it says who sent it. */
export interface Shown {
  readonly header: (name: string) => string | undefined
  /** The body as it was sent: that is what is signed. */
  readonly body: Buffer
  readonly now: Date
}

export interface Sender {
  /** What the sender calls this delivery, the same each time it is sent; null where nobody says. */
  readonly deliveryId: string | null
  readonly isTrusted: boolean
  /** It is in the form of the source's mapping, where it has one. */
  readonly isMapped: boolean
}

const toleranceMs = 5 * 60_000
const mostSignatures = 20
const longestId = 300

/** Who sent it, by the source's settings; null: nobody that is known. Which of its parts was wrong is not told apart. */
export function senderOf(settings: WebhookSettings, shown: Shown): Sender | null {
  switch (settings.signature) {
    case 'standard': {
      const deliveryId = signedStandard(settings, shown)
      return deliveryId === null ? null : { deliveryId, isTrusted: true, isMapped: true }
    }
    case 'kolide': {
      const deliveryId = signedKolide(settings, shown)
      return deliveryId === null ? null : { deliveryId, isTrusted: true, isMapped: true }
    }
    case 'basic': {
      if (shown.header(webhookHeaders.signature) === undefined)
        return knowsPassword(settings, shown) ? { deliveryId: null, isTrusted: false, isMapped: true } : null
      const deliveryId = signedStandard(settings, shown)
      // A script beside the vendor, which cannot sign: it speaks Curfew's own form.
      return deliveryId === null ? null : { deliveryId, isTrusted: true, isMapped: false }
    }
  }
}

/** Standard Webhooks: the time is signed too, so that what somebody kept is refused minutes later. */
function signedStandard(settings: WebhookSettings, { header, body, now }: Shown): string | null {
  const id = header(webhookHeaders.id) ?? ''
  const timestamp = header(webhookHeaders.timestamp) ?? ''
  if (id === '' || id.length > longestId || !/^\d{1,12}$/.test(timestamp)) return null
  if (!isRecent(new Date(Number(timestamp) * 1_000), now)) return null
  const signatures = (header(webhookHeaders.signature) ?? '').split(' ').slice(0, mostSignatures)
  const isGood = secretsIn(settings)
    .flatMap(keysIn)
    .map((key) => webhookSignature(key, { id, timestamp, body }))
    .some((good) => signatures.some((one) => isSameSecret(one, good)))
  return isGood ? id : null
}

const envelope = z.looseObject({ id: z.string().min(1).max(longestId), timestamp: z.string() })

/** No time is signed beside the body: the one in it must do. */
function signedKolide(settings: WebhookSettings, { header, body, now }: Shown): string | null {
  const shown = header('authorization') ?? ''
  const isGood = secretsIn(settings).some((secret) =>
    isSameSecret(shown, createHmac('sha256', secret).update(body).digest('hex')),
  )
  if (!isGood) return null
  const parsed = envelope.safeParse(jsonIn(body))
  if (!parsed.success) return null
  const at = instantOf(parsed.data.timestamp)
  return at !== null && isRecent(at, now) ? parsed.data.id : null
}

function knowsPassword({ user, password }: WebhookSettings, { header }: Shown): boolean {
  if (user === undefined || password === undefined) return false
  const [, shown] = /^Basic +([A-Za-z0-9+/=]{1,2000})$/i.exec(header('authorization') ?? '') ?? []
  return shown !== undefined && isSameSecret(Buffer.from(shown, 'base64').toString(), `${user}:${password}`)
}

const isRecent = (at: Date, now: Date): boolean => Math.abs(now.getTime() - at.getTime()) <= toleranceMs

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}
