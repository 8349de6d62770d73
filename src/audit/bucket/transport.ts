import { request, type Dispatcher } from 'undici'

/** What the SDK has signed. */
interface Signed {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

const patienceMs = 10_000

/** Carries what the SDK asks through the proxies that all of Curfew goes through. */
export const carriedBy = (dispatcher: Dispatcher) => ({
  metadata: { handlerProtocol: 'http/1.1' },
  async handle(
    { protocol, hostname, port, method, path, query = {}, headers, body }: Signed,
    { abortSignal }: { abortSignal?: AbortSignal } = {},
  ) {
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
    const asked = queryOf(query)
    const answer = await request(`${origin}${path}${asked === '' ? '' : `?${asked}`}`, {
      method,
      headers,
      body: typeof body === 'string' || body instanceof Uint8Array ? body : null,
      signal: abortSignal ?? AbortSignal.timeout(patienceMs),
      dispatcher,
    })
    const said = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')])
    return {
      response: {
        statusCode: answer.statusCode,
        headers: Object.fromEntries(said) as Record<string, string>,
        body: answer.body,
      },
    }
  },
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
})

/** As it is signed: what RFC 3986 reserves is escaped. */
function queryOf(query: NonNullable<Signed['query']>): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      [value].flat().map((one) => `${escaped(name)}${one === null ? '=' : `=${escaped(one)}`}`),
    )
    .join('&')
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
