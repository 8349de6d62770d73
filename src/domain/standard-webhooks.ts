import { createHmac } from 'node:crypto'

/** The headers that Standard Webhooks name. */
export const webhookHeaders = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const

/** `v1,…`: what is signed is the id, the time in seconds since 1970, and the body as it is sent. */
export const webhookSignature = (
  key: Buffer,
  { id, timestamp, body }: { id: string; timestamp: string; body: string | Buffer },
): string => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
