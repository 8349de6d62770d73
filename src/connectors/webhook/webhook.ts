import { createHmac, randomUUID } from 'node:crypto'
import { EnvHttpProxyAgent, Pool } from 'undici'
import { z } from 'zod'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Proxies,
  type Target,
} from '../../domain/connector.ts'
import { lostOnTheWay, parsedJson, refusedBy, wasStale } from './failure.ts'
import { webhookSettings, type WebhookSettings } from './settings.ts'
import { stableJson } from './stable-json.ts'

const targetBytes = 4_096
const answerBytes = 1_000_000
const connections = 64

const targetSchema = z
  .record(z.string(), z.json())
  .refine(
    (target) => Buffer.byteLength(stableJson(target)) <= targetBytes,
    `must be at most ${targetBytes} bytes`,
  )

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
 * Any system that can receive a signed HTTP POST. The contract for receivers: docs/webhook-connector.md.
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
  connect: (settings, { timeoutMs, now, proxies }): Connector => {
    const url = new URL(settings.url)
    const path = url.pathname + url.search
    const key = Buffer.from(settings.secret.slice('whsec_'.length), 'base64')
    const sign = (signed: string) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    const secrets = [
      settings.secret,
      settings.secret.slice('whsec_'.length),
      ...Object.values(settings.headers),
    ]
    const clean = (text: string) =>
      secrets.reduce((cleaned, secret) => (secret ? cleaned.replaceAll(secret, '…') : cleaned), text)
    const pool = poolTo(url.origin, timeoutMs, proxies)

    async function attempt(doing: string, id: string, body: string, signal: AbortSignal): Promise<string> {
      if (signal.aborted) {
        throw new ConnectorError(`No time was left to ${doing}`, { retryable: true, happened: 'no' })
      }
      const timestamp = String(Math.floor(now().getTime() / 1000))
      const headers = {
        ...settings.headers,
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': sign(`${id}.${timestamp}.${body}`),
        'idempotency-key': id,
      }
      const answer = await pool.request({ origin: url.origin, method: 'POST', path, headers, body, signal })
      const text = await answer.body.text()
      if (answer.statusCode >= 200 && answer.statusCode < 300) return text
      throw refusedBy(answer.statusCode, text, doing, clean)
    }

    /** The body of a 2xx answer. Sent once more, under the same id, when a connection kept warm turns out closed. */
    async function ask(doing: string, message: Message, signal: AbortSignal, id: string = randomUUID()) {
      const body = JSON.stringify(message)
      try {
        return await attempt(doing, id, body, signal)
      } catch (error) {
        if (!wasStale(error)) throw lostOnTheWay(error, doing, signal)
      }
      try {
        return await attempt(doing, id, body, signal)
      } catch (error) {
        const { message: text, retryable } = lostOnTheWay(error, doing, signal)
        // The first attempt may have arrived, whatever became of this one.
        throw new ConnectorError(text, { retryable, happened: 'unknown', cause: error })
      }
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
        return read(hasAnswer, await ask(doing, { action: 'has', principal, target }, signal), doing).holds
      },

      async list({ target, after, signal }) {
        const doing = 'list who holds the target'
        const message = { action: 'list', target, ...(after === null ? {} : { after }) } as const
        const { principals, next } = read(listAnswer, await ask(doing, message, signal), doing)
        return { principals, next: next ?? null }
      },

      async check({ signal }) {
        await ask('be checked', { action: 'check' }, signal)
        return []
      },

      canonical: stableJson,
      where: placeOf(new URL(settings.url)),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      async close() {
        await pool.destroy()
      },
    }
  },
}

function poolTo(origin: string, timeoutMs: number, proxies: Proxies | null): Pool | EnvHttpProxyAgent {
  const options = {
    connections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
    keepAliveTimeout: 60_000,
    maxResponseSize: answerBytes,
  }
  if (proxies === null) return new Pool(origin, options)
  const { http, https, except } = proxies
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
  })
}
/** Without a dot or slash at the end, which lead nowhere else. */
const placeOf = ({ protocol, host, pathname }: URL) =>
  `webhook ${protocol}//${host.replace(/\.(?=:|$)/, '')}${pathname.replace(/\/+$/, '')}`

function read<T>(schema: z.ZodType<T>, text: string, doing: string): T {
  const answer = schema.safeParse(parsedJson(text))
  if (answer.success) return answer.data
  throw new ConnectorError(`The webhook could not ${doing}: its answer cannot be read`, { retryable: true })
}
