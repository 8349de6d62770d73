import * as client from 'openid-client'
import type { OpenIdSettings } from '../../domain/confirming/openid-settings.ts'
import { elapsedMs } from '../../elapsed.ts'
import { clockToleranceSeconds } from './judge-claims.ts'

export interface Reaching {
  readonly fetch: client.CustomFetch
  readonly timeoutMs: number
}

/** Reads what the provider announces. Signatures of ID tokens are verified, which openid-client leaves out by itself. */
export function discovered(
  { issuer, clientId, clientSecret, clientAuthentication }: OpenIdSettings,
  { fetch, timeoutMs }: Reaching,
): Promise<client.Configuration> {
  const authenticate =
    clientAuthentication === 'basic'
      ? client.ClientSecretBasic(clientSecret)
      : client.ClientSecretPost(clientSecret)
  const url = new URL(issuer)
  const metadata = { [client.clockTolerance]: clockToleranceSeconds }
  return client.discovery(url, clientId, metadata, authenticate, {
    [client.customFetch]: fetch,
    timeout: timeoutMs / 1_000,
    execute: [
      client.enableNonRepudiationChecks,
      // The settings allow that for this very machine alone.
      ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : []),
    ],
  })
}

/** A provider that moved its endpoints is followed without a restart. */
const keptForMs = 3_600_000

/**
 * The same, read once by whoever asks first and kept for an hour: without it Curfew starts, and each that asks while it
 * fails tries again. `drop` forgets exactly what failed, not what others have read anew meanwhile.
 */
export function keptDiscovery(
  settings: OpenIdSettings,
  reaching: Reaching,
): { get(): Promise<client.Configuration>; drop(one: client.Configuration): void } {
  let kept: Promise<client.Configuration> | null = null
  let last: client.Configuration | null = null
  let sinceMs = -Infinity
  return {
    get: () => {
      if (kept !== null && elapsedMs() - sinceMs < keptForMs) return kept
      sinceMs = elapsedMs()
      const reading = discovered(settings, reaching)
      kept = reading
      reading.then(
        (one) => void (last = one),
        () => {
          if (kept === reading) kept = null
        },
      )
      return reading
    },
    drop: (one) => {
      if (last === one) kept = null
    },
  }
}
