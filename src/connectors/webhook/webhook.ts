import { createHash, randomUUID } from 'node:crypto'
import { ConnectorError, type Connector, type ConnectorKind } from '../../domain/connector.ts'
import { webhookHeaders, webhookSignature } from '../../domain/standard-webhooks.ts'
import { httpClient } from '../http/client.ts'
import { refusedBy } from '../http/failure.ts'
import { placeAt } from '../http/settings.ts'
import { complaintOf, mostAnswerBytes, receiver, receiverTarget, type Tell } from '../receiver/receiver.ts'
import { stableJson } from '../receiver/stable-json.ts'
import { readSecret } from '../secret.ts'
import { isStrongSecret, strongSecret, webhookSettings, type WebhookSettings } from './settings.ts'

const system = 'The webhook'

/**
 * Any system that can receive a signed HTTP POST. The contract for receivers: docs/connectors/webhook.md.
 * Signed as Standard Webhooks say, by Node's own HMAC: that of their library is JavaScript, and cost 100 ms when a
 * thousand calls were to leave at the same instant. The tests verify with the library.
 * `webhook-id` of give and take is the idempotency key, the same for each retry.
 */
export const webhook: ConnectorKind<WebhookSettings> = {
  kind: 'webhook',
  settings: webhookSettings,
  target: receiverTarget,
  canonical: stableJson,
  connect: (settings, surroundings): Connector => {
    const url = new URL(settings.url)
    const path = url.pathname + url.search
    const secrets = Object.values(settings.headers)
    let read: { secret: string; key: Buffer } | null = null
    /** Of the secret of now: one in a file is read anew at each call. */
    const keyNow = async (signal: AbortSignal): Promise<Buffer> => {
      const now = await readSecret(settings.secret, surroundings, signal)
      if (read?.secret === now) return read.key
      if (!isStrongSecret(now))
        throw new ConnectorError(`${system}'s secret is not ${strongSecret}`, {
          retryable: true,
          happened: 'no',
        })
      const bare = now.slice('whsec_'.length)
      secrets.push(now, bare)
      surroundings.hide(bare)
      read = { secret: now, key: Buffer.from(bare, 'base64') }
      return read.key
    }
    const http = httpClient(url.origin, { system, secrets, mostBytes: mostAnswerBytes, surroundings })

    /** Told by a 2xx answer. Retries within a call go under the same id. */
    const tell: Tell = async (doing, message, { signal, idempotencyKey }) => {
      const id = idempotencyKey ?? randomUUID()
      const body = JSON.stringify(message)
      const key = await keyNow(signal)
      const headers = () => {
        const timestamp = String(Math.floor(surroundings.now().getTime() / 1000))
        return {
          ...settings.headers,
          'content-type': 'application/json',
          [webhookHeaders.id]: id,
          [webhookHeaders.timestamp]: timestamp,
          [webhookHeaders.signature]: webhookSignature(key, { id, timestamp, body }),
          'idempotency-key': id,
        }
      }
      const { status, text } = await http.send({ doing, method: 'POST', path, headers, body, signal })
      if (status >= 200 && status < 300) return text
      const { error, retryable, happened } = complaintOf(text)
      const why = error === undefined ? undefined : http.clean(error)
      throw refusedBy({ system, doing, credentials: 'signature or headers' }, status, {
        why,
        retryable,
        happened,
      })
    }

    return {
      ...receiver(system, tell),
      where: placeOf(url),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => http.close(),
    }
  },
}

/** Two tenants may be told apart by the query alone, which may hold a secret: its hash is part of the place. */
function placeOf(url: URL): string {
  const place = placeAt('webhook', url)
  if (url.search === '') return place
  return `${place} query:${createHash('sha256').update(url.search).digest('hex').slice(0, 16)}`
}
