import { getConnInfo } from '@hono/node-server/conninfo'
import type { MiddlewareHandler } from 'hono'
import type { ClientAddress } from '../trusted-proxies.ts'
import { page, sentence } from '../page.ts'
import { failuresByAddress, type FailureLimits } from './failures.ts'

const wrong = [403, 410, 422]

/**
 * Whoever fails too often from one address waits. What succeeds is not counted, nor what is nobody's guess: rules that
 * changed, an identity provider that does not answer.
 */
export function boundedByAddress(clientOf: ClientAddress, limits?: FailureLimits): MiddlewareHandler {
  const begin = failuresByAddress(limits)
  return async (context, next) => {
    const { address = '' } = getConnInfo(context).remote
    const begun = begin(clientOf(address, context.req.header('x-forwarded-for') ?? ''))
    if ('retryMs' in begun) {
      context.header('Retry-After', String(Math.ceil(begun.retryMs / 1_000)))
      return context.html(page('Too many tries', sentence(words(begun.retryMs))), 429)
    }
    try {
      await next()
    } finally {
      begun(wrong.includes(context.res.status))
    }
    return undefined
  }
}

const words = (retryMs: number): string =>
  `Too many links and codes from your network were wrong. Nothing was done; please try again in ${minutes(retryMs)}.`

const minutes = (ms: number): string => (ms <= 60_000 ? 'a minute' : `${Math.ceil(ms / 60_000)} minutes`)
