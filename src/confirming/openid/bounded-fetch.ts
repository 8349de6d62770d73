import type { CustomFetch } from 'openid-client'
import { Agent, EnvHttpProxyAgent, fetch as fetchThrough, type Dispatcher } from 'undici'
import type { Proxies } from '../../domain/connector.ts'

const mostAnswerBytes = 1_000_000
const withoutBody = new Set([204, 205, 304])

/** The provider did not answer. */
export class Unreached extends Error {
  constructor(
    readonly why: 'slow' | 'down',
    options?: ErrorOptions,
  ) {
    super(`the identity provider is ${why}`, options)
  }
}

/**
 * Sends what openid-client sends, through the proxies where there are any. The whole answer is read here: one that stops
 * in its middle or never ends fails as one that does not come. Throws `Unreached` alone.
 */
export function boundedFetch(proxies: Proxies | null): CustomFetch {
  const dispatcher = dispatcherThrough(proxies)
  return async (url, { method, headers, body, redirect, signal }) => {
    try {
      const answer = await fetchThrough(url, {
        method,
        headers,
        redirect,
        dispatcher,
        signal: signal ?? null,
        body: body === undefined || body === null ? null : textOf(body),
      })
      const text = await answer.text()
      const { status } = answer
      return new Response(withoutBody.has(status) ? null : text, { status, headers: [...answer.headers] })
    } catch (error) {
      throw new Unreached(signal?.aborted === true ? 'slow' : 'down', { cause: error })
    }
  }
}

/** Forms and nothing else. */
function textOf(body: object | string): string {
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new TypeError('openid-client sends a body that is no form')
}

function dispatcherThrough(proxies: Proxies | null): Dispatcher {
  const options = { maxResponseSize: mostAnswerBytes }
  if (proxies === null) return new Agent(options)
  const { http, https, except } = proxies
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
  })
}
