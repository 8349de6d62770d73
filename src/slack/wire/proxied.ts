import { EnvHttpProxyAgent, fetch, type Dispatcher } from 'undici'
import type { Proxies } from '../../domain/connector.ts'

/** One for the Web API, the sockets and response_urls alike; null: all of them are reached straight. */
export function dispatcherThrough(proxies: Proxies | null): Dispatcher | null {
  if (proxies === null) return null
  const { http, https, except } = proxies
  return new EnvHttpProxyAgent({ httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: except })
}

/**
 * Options of Slack's clients. The runtime's own fetch is of another version than our dispatchers: undici's goes with
 * them. Slack's libraries ask by address, and send text unless a file is sent, which we never do.
 */
export const fetchBy = (dispatcher: Dispatcher | null): { fetch?: typeof globalThis.fetch } =>
  dispatcher
    ? {
        fetch: (asked, init) => {
          const { body, headers, ...rest } = init ?? {}
          const options = { ...rest, headers: Object.fromEntries(new Headers(headers)), dispatcher }
          const address = asked instanceof Request ? asked.url : asked
          return fetch(address, body == null ? options : { ...options, body: textOf(body) })
        },
      }
    : {}

function textOf(body: NonNullable<RequestInit['body']>): string {
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new Error('only text is sent to Slack')
}
