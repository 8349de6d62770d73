import type { MiddlewareHandler } from 'hono'
import { limitedByAddress } from '../by-address.ts'
import type { ClientAddress } from '../trusted-proxies.ts'
import { page, sentence } from '../page.ts'
import type { FailureLimits } from './failures.ts'

const wrong = [403, 410, 422]

/**
 * Whoever fails too often from one address waits. What succeeds is not counted, nor what is nobody's guess: rules that
 * changed, an identity provider that does not answer.
 */
export const boundedByAddress = (clientOf: ClientAddress, limits?: FailureLimits): MiddlewareHandler =>
  limitedByAddress(clientOf, {
    wrong,
    limits,
    refuse: (context, retryMs) => context.html(page('Too many tries', sentence(words(retryMs))), 429),
  })

const words = (retryMs: number): string =>
  `Too many links and codes from your network were wrong. Nothing was done; please try again in ${minutes(retryMs)}.`

const minutes = (ms: number): string => (ms <= 60_000 ? 'a minute' : `${Math.ceil(ms / 60_000)} minutes`)
