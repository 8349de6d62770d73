import type { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { httpClient, type HttpAnswer, type HttpRequest } from '../http/client.ts'
import { readSecret } from '../secret.ts'
import { failureOf, system } from './failure.ts'
import type { OktaSettings } from './settings.ts'

/** A page of members has up to a thousand whole profiles. */
const mostAnswerBytes = 16_000_000
const longestRestMs = 60_000

interface Asked {
  readonly doing: string
  /** Below the url, each part encoded, with its query. */
  readonly path: string
  readonly signal: AbortSignal
}

export interface Api {
  read<T>(schema: z.ZodType<T>, asked: Asked): Promise<T>
  /** One page, and what to ask for as `after` next. */
  page<T>(schema: z.ZodType<T>, asked: Asked): Promise<{ readonly items: T; readonly next: string | null }>
  /** Resolves once it is done. */
  change(method: 'PUT' | 'DELETE', asked: Asked): Promise<void>
  close(): Promise<void>
}

/**
 * Okta's API. Where it says 429, nothing of that kind is asked until the time that it names has come (a minute at most):
 * calls fail at once meanwhile, and may be tried again.
 */
export function apiAt(settings: OktaSettings, surroundings: Surroundings): Api {
  const { origin } = new URL(settings.url)
  const http = httpClient(origin, { system, mostBytes: mostAnswerBytes, surroundings })
  /** Okta counts by kinds of calls; when each may be asked again, by this process's own clock. */
  const restsUntil = new Map<string, number>()

  async function send(method: HttpRequest['method'], { doing, path, signal }: Asked): Promise<HttpAnswer> {
    const kind = kindOf(method, path)
    const restMs = (restsUntil.get(kind) ?? 0) - performance.now()
    if (restMs > 0)
      throw new ConnectorError(
        `${system} could not ${doing}: it was asked too often, and is asked again in ${Math.ceil(restMs / 1_000)} s`,
        { retryable: true, happened: 'no' },
      )
    const token = await readSecret(settings.token, surroundings)
    const headers = () => ({
      authorization: `SSWS ${token}`,
      accept: 'application/json',
      'user-agent': 'curfew',
    })
    const answer = await http.send({ doing, method, path, headers, signal })
    if (answer.status === 429) restsUntil.set(kind, performance.now() + restMsOf(answer, surroundings.now()))
    if (answer.status >= 200 && answer.status < 300) return answer
    throw failureOf(doing, answer, (text) => text.replaceAll(token, '…'))
  }

  return {
    async read(schema, asked) {
      return http.read(schema, await send('GET', asked), asked.doing)
    },
    async page(schema, asked) {
      const answer = await send('GET', asked)
      return { items: http.read(schema, answer, asked.doing), next: nextOf(answer.headers('link')) }
    },
    async change(method, asked) {
      const { status } = await send(method, asked)
      // A page of somebody else's, such as a gateway's, would come with another.
      if (status === 204) return
      throw new ConnectorError(`${system} could not ${asked.doing}: it answered ${status}, and not 204`, {
        retryable: true,
      })
    },
    close: () => http.close(),
  }
}

/** What its limits are counted by, near enough: the call without the ids and the query. */
const kindOf = (method: string, path: string): string =>
  `${method} ${path.replace(/\?.*/, '').replace(/\/(users|groups)\/(?!rules|me$)[^/]+/g, '/$1/*')}`

/** How long it asks to be left alone, by its own clock where it tells it. */
function restMsOf(answer: HttpAnswer, now: Date): number {
  const resetMs = Number(answer.header('x-rate-limit-reset') ?? Number.NaN) * 1_000
  const saidAt = Date.parse(answer.header('date') ?? '')
  const restMs = resetMs - (Number.isNaN(saidAt) ? now.getTime() : saidAt)
  return Number.isNaN(restMs) ? 0 : Math.min(Math.max(restMs, 0), longestRestMs)
}

/** Only where to go on is taken of the link, and never another address. */
function nextOf(links: readonly string[]): string | null {
  const [, url = ''] = /<([^>]*)>;\s*rel="next"/.exec(links.join(', ')) ?? []
  return URL.canParse(url) ? new URL(url).searchParams.get('after') : null
}
