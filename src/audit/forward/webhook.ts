import { createHash } from 'node:crypto'
import { Agent, EnvHttpProxyAgent, fetch, type Dispatcher } from 'undici'
import type { Proxies } from '../../domain/connector.ts'
import type { Receiver } from '../../domain/ports/forwarding.ts'
import { webhookHeaders, webhookSignature } from '../../domain/standard-webhooks.ts'
import type { Format } from '../formats.ts'
import { saidOf } from './words.ts'

const patienceMs = 10_000
/** Receivers of logs take a megabyte at least. */
const mostBytes = 500_000

export interface WebhookTo {
  readonly url: string
  /** `whsec_…`; null: nobody can know that it is ours. */
  readonly secret: string | null
  /** Certificates that are trusted, and no others; null: the usual ones. */
  readonly ca: string | null
  readonly proxies: Proxies | null
  readonly now: () => Date
}

/**
 * By POST, taken once it was answered with 2xx: an array where each is JSON, which whoever checks a Standard Webhook parses
 * as such, and else lines. What is sent again goes under the same id, if it is the same.
 */
export function webhookReceiver({ url, secret, ca, proxies, now }: WebhookTo, format: Format): Receiver {
  const dispatcher = dispatcherBy(ca, proxies)
  const key = secret === null ? null : Buffer.from(secret.slice('whsec_'.length), 'base64')
  const post = async (lines: readonly string[]): Promise<void> => {
    const isJson = lines.every((line) => line.startsWith('{'))
    const body = isJson ? `[${lines.join(',\n')}]` : format.head + lines.map((line) => `${line}\n`).join('')
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': isJson ? 'application/json' : 'text/plain; charset=utf-8',
        ...signed(body, key, now()),
      },
      body,
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
      dispatcher,
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`what was forwarded was answered with ${answer.status}`)
  }
  return {
    take: async (those) => {
      for (const lines of inBatches(those.map((one) => saidOf(one, format).text))) await post(lines)
    },
  }
}

function dispatcherBy(ca: string | null, proxies: Proxies | null): Dispatcher {
  const trusted = { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) }
  const patience = { headersTimeout: patienceMs, bodyTimeout: patienceMs }
  if (proxies === null) return new Agent({ ...patience, connect: trusted })
  const { http, https, except } = proxies
  const by = { httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: except }
  return new EnvHttpProxyAgent({ ...patience, ...by, connect: trusted, requestTls: trusted })
}

function signed(body: string, key: Buffer | null, now: Date): Record<string, string> {
  const id = `record_${createHash('sha256').update(body).digest('hex').slice(0, 32)}`
  const timestamp = String(Math.floor(now.getTime() / 1_000))
  return {
    [webhookHeaders.id]: id,
    [webhookHeaders.timestamp]: timestamp,
    ...(key === null ? {} : { [webhookHeaders.signature]: webhookSignature(key, { id, timestamp, body }) }),
  }
}

/** In their order; one line is never parted. */
function inBatches(lines: readonly string[]): string[][] {
  const batches: string[][] = []
  let bytes = Infinity
  for (const line of lines) {
    bytes += Buffer.byteLength(line)
    const batch = batches.at(-1)
    if (batch !== undefined && bytes <= mostBytes) batch.push(line)
    else {
      batches.push([line])
      bytes = Buffer.byteLength(line)
    }
  }
  return batches
}
