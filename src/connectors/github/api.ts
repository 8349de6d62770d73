import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../../domain/connector.ts'
import { httpClient, type HttpAnswer, type HttpRequest } from '../http/client.ts'
import { asApp, byToken, type Login } from './login.ts'
import {
  failureOf,
  graphError,
  graphFailureOf,
  isLimit,
  isLimited,
  isUnknownYet,
  Refused,
  system,
} from './failure.ts'
import { rest as resting, type Rest } from './rest.ts'
import type { GithubSettings } from './settings.ts'

export interface Asked {
  readonly doing: string
  /** Below the url, each part encoded, with its query. */
  readonly path: string
  readonly signal: AbortSignal
}

export interface Api {
  readonly login: Login
  read<T>(schema: z.ZodType<T>, asked: Asked): Promise<T>
  /** One page, and the number of the next. */
  page<T>(schema: z.ZodType<T>, asked: Asked): Promise<{ readonly items: T; readonly next: string | null }>
  put<T>(schema: z.ZodType<T>, asked: Asked & { readonly body: object }): Promise<T>
  /** Resolves once it is done. */
  remove(asked: Asked): Promise<void>
  /** Asks by GraphQL, for what REST does not tell. */
  query<T>(
    schema: z.ZodType<T>,
    asked: Omit<Asked, 'path'> & { readonly query: string; readonly variables: object },
  ): Promise<T>
  /** To whom the token belongs, and the scopes of a classic one; null where it is none. */
  self(signal: AbortSignal): Promise<{ readonly login: string; readonly scopes: readonly string[] | null }>
  close(): Promise<void>
}

const selfSchema = z.object({ login: z.string() })
const graphSchema = z.object({
  data: z.unknown().optional(),
  errors: z.array(graphError).optional(),
})

/**
 * GitHub's API. Where it says that it was asked too often, nothing is asked until the time that it names has come (an
 * hour at most): calls fail at once meanwhile, and may be tried again. REST and GraphQL are counted apart.
 */
export function apiAt(settings: GithubSettings, surroundings: Surroundings): Api {
  const { origin, pathname } = new URL(settings.url)
  const base = pathname.replace(/\/+$/, '')
  const http = httpClient(origin, { system, surroundings })
  const login = loginOf()
  const rests = { rest: resting(surroundings), graphql: resting(surroundings) }

  function loginOf(): Login {
    if (settings.app !== undefined) return asApp(settings.app, { http, base, surroundings })
    if (settings.token !== undefined) return byToken(settings.token, surroundings)
    throw new Error('neither an app nor a token')
  }

  async function attempt(
    request: Pick<HttpRequest, 'method' | 'path' | 'body' | 'doing' | 'signal'>,
    token: string,
  ): Promise<HttpAnswer> {
    const headers = () => ({
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'curfew',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    })
    return http.send({ ...request, headers })
  }

  async function send(
    rest: Rest,
    request: Pick<HttpRequest, 'method' | 'path' | 'body' | 'doing' | 'signal'>,
  ): Promise<HttpAnswer> {
    const { doing } = request
    rest.expectOver(doing)
    let token = await login.token(request)
    let answer = await attempt(request, token)
    if (answer.status === 401 && !login.isNew(token) && login.renews(token)) {
      token = await login.token(request)
      answer = await attempt(request, token)
    }
    if (isLimited(answer)) rest.begin(answer)
    if (answer.status >= 200 && answer.status < 300) return answer
    if (login.isNew(token) && isUnknownYet(answer))
      throw new Refused(
        answer.status,
        `${system} could not ${doing}: it did not accept the token that it made a moment ago (${answer.status})`,
        { retryable: true },
      )
    throw failureOf(doing, answer, (text) => text.replaceAll(token, '…'))
  }

  const rest = (method: HttpRequest['method'], { doing, path, signal }: Asked, body?: object) =>
    send(rests.rest, {
      method,
      path: base + path,
      doing,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  return {
    login,
    async read(schema, asked) {
      return http.read(schema, await rest('GET', asked), asked.doing)
    },
    async page(schema, asked) {
      const answer = await rest('GET', asked)
      return { items: http.read(schema, answer, asked.doing), next: nextOf(answer.headers('link')) }
    },
    async put(schema, asked) {
      return http.read(schema, await rest('PUT', asked, asked.body), asked.doing)
    },
    async remove(asked) {
      const { status } = await rest('DELETE', asked)
      // A page of somebody else's, such as a gateway's, would come with another.
      if (status === 204) return
      throw new ConnectorError(`${system} could not ${asked.doing}: it answered ${status}, and not 204`, {
        retryable: true,
      })
    },
    async query(schema, { doing, signal, query, variables }) {
      const path = `${base.replace(/\/v3$/, '')}/graphql`
      const body = JSON.stringify({ query, variables })
      const answer = await send(rests.graphql, { method: 'POST', path, body, doing, signal })
      const { data, errors = [] } = http.read(graphSchema, answer, doing)
      if (errors.some(isLimit)) {
        rests.graphql.begin(answer)
        throw new ConnectorError(`${system} could not ${doing}: it was asked too often`, {
          retryable: true,
          happened: 'no',
        })
      }
      const [first] = errors
      if (first !== undefined) throw graphFailureOf(doing, first)
      const parsed = schema.safeParse(data)
      if (parsed.success) return parsed.data
      throw new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
    },
    async self(signal) {
      const doing = 'say who Curfew is'
      const answer = await rest('GET', { doing, path: '/user', signal })
      const scopes = answer.header('x-oauth-scopes')
      return {
        login: http.read(selfSchema, answer, doing).login,
        scopes: scopes === null ? null : scopes.split(',').map((scope) => scope.trim()),
      }
    },
    close: () => http.close(),
  }
}

/** Only the number is taken of the link, and never another address. */
function nextOf(links: readonly string[]): string | null {
  const [, url = ''] = /<([^>]*)>;\s*rel="next"/.exec(links.join(', ')) ?? []
  const page = URL.canParse(url) ? new URL(url).searchParams.get('page') : null
  return page !== null && /^\d{1,9}$/.test(page) ? page : null
}
