import { createHmac, randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Connector, ConnectorKind, Target } from '../../domain/connector.ts'
import { httpClient } from '../http/client.ts'
import { parsedJson, refusedBy } from '../http/failure.ts'
import { placeAt } from '../http/settings.ts'
import { webhookSettings, type WebhookSettings } from './settings.ts'
import { stableJson } from './stable-json.ts'

const targetBytes = 4_096
const answerBytes = 1_000_000
const system = 'The webhook'

const targetSchema = z
  .record(z.string(), z.json())
  .refine(
    (target) => Buffer.byteLength(stableJson(target)) <= targetBytes,
    `must be at most ${targetBytes} bytes`,
  )

/** How a receiver may say more than its status does. */
const complaintSchema = z.object({
  error: z.string().optional(),
  retryable: z.boolean().optional(),
  happened: z.boolean().optional(),
})
const hasAnswer = z.object({ holds: z.boolean() })
const listAnswer = z.object({ principals: z.array(z.string()), next: z.string().nullish() })

interface Message {
  readonly action: 'give' | 'take' | 'has' | 'list' | 'check'
  readonly principal?: string
  readonly target?: Target
  readonly until?: Date
  readonly after?: string
}

/**
 * Any system that can receive a signed HTTP POST. The contract for receivers: docs/connectors/webhook.md.
 * Signed as Standard Webhooks say, by Node's own HMAC: that of their library is JavaScript, and cost 100 ms when a
 * thousand calls were to leave at the same instant. The tests verify with the library.
 * `webhook-id` of give and take is the idempotency key, the same for each retry.
 * An answer that cannot be read is a retryable failure, never "no" or "nobody".
 */
export const webhook: ConnectorKind<WebhookSettings> = {
  kind: 'webhook',
  settings: webhookSettings,
  target: targetSchema,
  canonical: stableJson,
  connect: (settings, surroundings): Connector => {
    const url = new URL(settings.url)
    const path = url.pathname + url.search
    const key = Buffer.from(settings.secret.slice('whsec_'.length), 'base64')
    const sign = (signed: string) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    const secrets = [
      settings.secret,
      settings.secret.slice('whsec_'.length),
      ...Object.values(settings.headers),
    ]
    const http = httpClient(url.origin, { system, secrets, mostBytes: answerBytes, surroundings })

    /** A 2xx answer. Retries within a call go under the same id. */
    async function ask(doing: string, message: Message, signal: AbortSignal, id: string = randomUUID()) {
      const body = JSON.stringify(message)
      const headers = () => {
        const timestamp = String(Math.floor(surroundings.now().getTime() / 1000))
        return {
          ...settings.headers,
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': sign(`${id}.${timestamp}.${body}`),
          'idempotency-key': id,
        }
      }
      const answer = await http.send({ doing, method: 'POST', path, headers, body, signal })
      if (answer.status >= 200 && answer.status < 300) return answer
      const { error, retryable, happened } = complaintSchema.safeParse(parsedJson(answer.text)).data ?? {}
      const why = error === undefined ? undefined : http.clean(error)
      throw refusedBy({ system, doing, credentials: 'signature or headers' }, answer.status, {
        why,
        retryable,
        happened,
      })
    }

    return {
      async give({ principal, target, until, idempotencyKey, signal }) {
        await ask(
          `give to ${principal}`,
          { action: 'give', principal, target, until },
          signal,
          idempotencyKey,
        )
      },

      async take({ principal, target, idempotencyKey, signal }) {
        await ask(`take from ${principal}`, { action: 'take', principal, target }, signal, idempotencyKey)
      },

      async has({ principal, target, signal }) {
        const doing = `say what ${principal} holds`
        const answer = await ask(doing, { action: 'has', principal, target }, signal)
        return http.read(hasAnswer, answer, doing).holds
      },

      async list({ target, after, signal }) {
        const doing = 'list who holds the target'
        const message = { action: 'list', target, ...(after === null ? {} : { after }) } as const
        const { principals, next } = http.read(listAnswer, await ask(doing, message, signal), doing)
        return { principals, next: next ?? null }
      },

      async check({ signal }) {
        await ask('be checked', { action: 'check' }, signal)
        return []
      },

      canonical: stableJson,
      where: placeAt('webhook', url),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => http.close(),
    }
  },
}
