import type { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { httpClient, type HttpClient, type HttpRequest } from '../http/client.ts'
import { readSecret } from '../secret.ts'
import { failureOf, Refused, system } from './failure.ts'
import type { KubernetesSettings } from './settings.ts'

/** Bindings come in pages of hundreds, each with who set its fields. */
const mostAnswerBytes = 16_000_000

export interface Question<T> {
  readonly doing: string
  readonly method: HttpRequest['method']
  /** Below the url of the settings, each part encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** For everything but a read. */
  readonly body?: object
  readonly answer: z.ZodType<T>
  readonly signal: AbortSignal
}

export interface Api {
  /** Rejects with `ConnectorError`s; a `Refused` where the API server says no. */
  ask<T>(question: Question<T>): Promise<T>
  /** The same for what may be missing: null. */
  find<T>(question: Question<T>): Promise<T | null>
  close(): Promise<void>
}

export function apiAt(settings: KubernetesSettings, surroundings: Surroundings): Api {
  const { origin, pathname } = new URL(settings.url)
  const base = pathname.replace(/\/+$/, '')
  /** The server gives up before we do: nothing that reached it takes effect long after we stopped waiting. */
  const timeout = `${Math.max(50, Math.floor(surroundings.timeoutMs * 0.8))}ms`
  let client: HttpClient | null = null
  let isClosed = false

  /** Made at the first call: certificates may have to be read. */
  async function connected(doing: string, signal: AbortSignal): Promise<HttpClient> {
    if (client === null && settings.ca !== undefined) {
      const trusted = await readSecret(settings.ca, { ...surroundings, hide: () => undefined }, signal)
      client ??= httpClient(origin, {
        system,
        ca: trusted,
        mostBytes: mostAnswerBytes,
        surroundings,
      })
    }
    client ??= httpClient(origin, { system, mostBytes: mostAnswerBytes, surroundings })
    if (!isClosed) return client
    await client.close()
    throw new ConnectorError(`${system} could not ${doing}: the connector is closed`, {
      retryable: true,
      happened: 'no',
    })
  }

  async function ask<T>({
    doing,
    method,
    path,
    query,
    body,
    answer: schema,
    signal,
  }: Question<T>): Promise<T> {
    const http = await connected(doing, signal)
    const search = new URLSearchParams({ ...query, timeout }).toString()
    const sent = (token: string) =>
      http.send({
        doing,
        method,
        path: `${base}${path}?${search}`,
        headers: () => ({
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'user-agent': 'curfew',
          'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json',
        }),
        ...(body === undefined ? {} : { body: json(body) }),
        signal,
      })
    const first = await readSecret(settings.token, surroundings, signal)
    let token = first
    let answer = await sent(token)
    // One that was rotated meanwhile stands in its file already.
    if (answer.status === 401) token = await readSecret(settings.token, surroundings, signal)
    if (token !== first) answer = await sent(token)
    if (answer.status >= 200 && answer.status < 300) return http.read(schema, answer, doing)
    throw failureOf(doing, answer, (text) => text.replaceAll(first, '…').replaceAll(token, '…'))
  }

  return {
    ask,
    async find(question) {
      try {
        return await ask(question)
      } catch (error) {
        if (error instanceof Refused && error.isMissing()) return null
        throw error
      }
    },
    async close() {
      isClosed = true
      await client?.close()
    },
  }
}

/**
 * JSON that is the same text where it is read as YAML, as what is applied is: YAML takes some of these characters for the
 * end of a line, and refuses others, where they are not escaped.
 */
const json = (body: object): string =>
  JSON.stringify(body).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
