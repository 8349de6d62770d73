import type { Surroundings } from '../../domain/connector.ts'
import { httpClient, type HttpClient } from '../http/client.ts'
import { system } from './failure.ts'

/** What comes with each call of the SDK, and goes through it. */
export interface How {
  readonly abortSignal: AbortSignal
  /** As failures say it. */
  readonly doing: string
}

/** What the SDK has signed. */
interface Signed {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * What the SDK reads of an answer. Not `date`: by it the SDK would sign what comes next by a clock of its own choice,
 * and not by Curfew's.
 */
const readHeaders = ['content-type', 'x-amzn-errortype', 'x-amzn-query-error', 'x-amzn-requestid'] as const

/** Carries what the SDK asks by the connections, proxies and time limits that all connectors have. */
export function transport(surroundings: Surroundings) {
  const clients = new Map<string, HttpClient>()

  function clientOf(origin: string): HttpClient {
    const known = clients.get(origin)
    if (known !== undefined) return known
    const client = httpClient(origin, { system, surroundings })
    clients.set(origin, client)
    return client
  }

  return {
    handler: {
      metadata: { handlerProtocol: 'http/1.1' },
      async handle(
        { protocol, hostname, port, path, headers, body }: Signed,
        { abortSignal, doing }: Partial<How> = {},
      ) {
        const client = clientOf(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`)
        const answer = await client.send({
          doing: doing ?? 'do what was asked',
          // All that is asked is asked so, by the protocols of these services.
          method: 'POST',
          path,
          headers: () => headers,
          body:
            typeof body === 'string' ? body : Buffer.from(body instanceof Uint8Array ? body : []).toString(),
          // One of its own: a dozen that listen to one and the same are warned of.
          signal: AbortSignal.any([abortSignal ?? AbortSignal.timeout(surroundings.timeoutMs)]),
        })
        const said = readHeaders.flatMap((name) => {
          const value = answer.header(name)
          return value === null ? [] : [[name, value] as const]
        })
        return {
          response: {
            statusCode: answer.status,
            headers: Object.fromEntries(said),
            body: Buffer.from(answer.text),
          },
        }
      },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
    async close(): Promise<void> {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}

export type Handler = ReturnType<typeof transport>['handler']
