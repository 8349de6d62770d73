import { rootCertificates } from 'node:tls'
import { EnvHttpProxyAgent, Pool } from 'undici'
import type { z } from 'zod'
import { ConnectorError, type Proxies, type Surroundings } from '../../domain/connector.ts'
import { lostOnTheWay, parsedJson, wasStale } from './failure.ts'

const mostAnswerBytes = 4_000_000
const mostConnections = 64
const keepAliveMs = 60_000

export interface HttpRequest {
  /** What the call is for, as failures say it: "give … to ada". */
  readonly doing: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  /** Made anew for each sending. */
  readonly headers?: () => Readonly<Record<string, string>>
  readonly body?: string
  /** What a success says is thrown away as it comes, since it holds a secret: its text is empty. */
  readonly dropsSuccess?: true
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  header(name: string): string | null
  /** Each of those that came under one name. */
  headers(name: string): readonly string[]
}

/** Warm connections to one origin. */
export interface HttpClient {
  /**
   * The answer, whatever its status. Sent once more where a connection that was kept warm turns out to have been closed:
   * what is asked for must be the same when it is asked twice. Throws `ConnectorError`s alone, which hold no secret.
   */
  send(request: HttpRequest): Promise<HttpAnswer>
  /** Parses an answer's JSON; what cannot be read is a retryable failure, never "no" or "nobody". */
  read<T>(schema: z.ZodType<T>, answer: HttpAnswer, doing: string): T
  /** Takes every secret out of what a system said. */
  clean(text: string): string
  close(): Promise<void>
}

export function httpClient(
  origin: string,
  {
    system,
    secrets = [],
    ca,
    mostBytes = mostAnswerBytes,
    surroundings: { timeoutMs, proxies },
  }: {
    /** What failures begin with. */
    system: string
    secrets?: readonly string[]
    /** Certificates in PEM that are trusted beside the usual ones. */
    ca?: string | undefined
    mostBytes?: number
    surroundings: Pick<Surroundings, 'timeoutMs' | 'proxies'>
  },
): HttpClient {
  const pool = poolTo(origin, { timeoutMs, proxies, ca, mostBytes })

  async function attempt(request: HttpRequest): Promise<HttpAnswer> {
    const { doing, method, path, headers, body, dropsSuccess, signal } = request
    if (signal.aborted)
      throw new ConnectorError(`No time was left to ${doing}`, { retryable: true, happened: 'no' })
    const answer = await pool.request({
      origin,
      method,
      path,
      headers: headers?.() ?? {},
      body: body ?? null,
      signal,
    })
    const isDropped = dropsSuccess && answer.statusCode >= 200 && answer.statusCode < 300
    if (isDropped) await answer.body.dump({ limit: mostBytes, signal })
    return {
      status: answer.statusCode,
      text: isDropped ? '' : await answer.body.text(),
      header: (name) => [answer.headers[name]].flat()[0] ?? null,
      headers: (name) => [answer.headers[name] ?? []].flat(),
    }
  }

  return {
    async send(request) {
      const { doing, signal } = request
      try {
        return await attempt(request)
      } catch (error) {
        if (!wasStale(error)) throw lostOnTheWay({ system, doing }, error, signal)
      }
      try {
        return await attempt(request)
      } catch (error) {
        const { message, retryable, cause } = lostOnTheWay({ system, doing }, error, signal)
        // The first attempt may have arrived, whatever became of this one.
        throw new ConnectorError(message, { retryable, happened: 'unknown', cause })
      }
    },
    read(schema, { text }, doing) {
      const answer = schema.safeParse(parsedJson(text))
      if (answer.success) return answer.data
      throw new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
    },
    clean: (text) =>
      secrets.reduce((cleaned, secret) => (secret ? cleaned.replaceAll(secret, '…') : cleaned), text),
    close: async () => {
      await pool.destroy()
    },
  }
}

function poolTo(
  origin: string,
  {
    timeoutMs,
    proxies,
    ca,
    mostBytes,
  }: { timeoutMs: number; proxies: Proxies | null; ca: string | undefined; mostBytes: number },
): Pool | EnvHttpProxyAgent {
  // Node trusts what it is told instead of the usual authorities, not beside them.
  const trusted = ca === undefined ? null : [ca, ...rootCertificates]
  const options = {
    connections: mostConnections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...(trusted === null ? {} : { ca: trusted }) },
    keepAliveTimeout: keepAliveMs,
    maxResponseSize: mostBytes,
  }
  if (proxies === null) return new Pool(origin, options)
  const { http, https, except } = proxies
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
    ...(trusted === null ? {} : { requestTls: { ca: trusted } }),
  })
}
