import * as client from 'openid-client'
import type { Proxies } from '../../domain/connector.ts'
import type {
  OpenIdAttempt,
  OpenIdBeginning,
  OpenIdConfirmation,
  OpenIdRefusal,
} from '../../domain/confirming/openid-answer.ts'
import type { OpenIdSettings } from '../../domain/confirming/openid-settings.ts'
import { inTime } from '../../in-time.ts'
import { boundedFetch, Unreached } from './bounded-fetch.ts'
import { discovered, keptDiscovery } from './discovered.ts'
import { refusalFor, speaksOfKeys } from './failure.ts'
import { judgeClaims, verifiedEmail } from './judge-claims.ts'

/** The company's identity provider, asked to sign somebody in anew. Keeps nothing of them. */
export interface OpenIdProvider {
  /** Where to send the browser. `redirectUri` is registered there; `maxAgeSeconds` how old a sign-in may be. */
  begin(one: {
    redirectUri: string
    maxAgeSeconds: number
    loginHint?: string
  }): Promise<OpenIdBeginning | OpenIdRefusal>
  /** Asked in this moment, whatever is remembered of it: does it say who it is? */
  answers(): Promise<boolean>
  /**
   * Judges what came back, once: the code is spent by it, whatever comes of it. `callbackUrl` is the `redirectUri` with the
   * query that came; of a request, build it from the address that Curfew is known by, never from its Host. For somebody
   * whose account is linked already `needsEmail: false` saves a call.
   */
  finish(one: {
    callbackUrl: string
    attempt: OpenIdAttempt
    maxAgeSeconds: number
    needsEmail?: boolean
  }): Promise<OpenIdConfirmation | OpenIdRefusal>
}

/** Whoever waits for it stands before a form. */
const presentMs = 2_000

export function openIdProvider(
  settings: OpenIdSettings,
  {
    now,
    timeoutMs = 5_000,
    proxies = null,
  }: { now: () => Date; timeoutMs?: number; proxies?: Proxies | null },
): OpenIdProvider {
  const reaching = { fetch: boundedFetch(proxies), timeoutMs }
  const discovery = keptDiscovery(settings, reaching)

  const emailOf = async (configuration: client.Configuration, tokens: Tokens): Promise<string | null> => {
    const claims = tokens.claims()
    if (claims === undefined || claims.email !== undefined) return verifiedEmail(claims, settings.kind)
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return null
    // The library refuses an answer about another subject.
    const said = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
    return verifiedEmail({ hd: claims['hd'], ...said }, settings.kind)
  }

  return {
    begin: ({ redirectUri, maxAgeSeconds, loginHint }) =>
      answered(settings, timeoutMs, async () => {
        const configuration = await discovery.get()
        const attempt = {
          state: client.randomState(),
          nonce: client.randomNonce(),
          verifier: client.randomPKCECodeVerifier(),
        }
        const url = client.buildAuthorizationUrl(configuration, {
          ...asking(settings, maxAgeSeconds),
          ...(loginHint === undefined ? {} : { login_hint: loginHint }),
          redirect_uri: redirectUri,
          scope: 'openid email',
          state: attempt.state,
          nonce: attempt.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
          code_challenge_method: 'S256',
        })
        return { url: url.href, attempt }
      }),
    answers: async () => {
      const said = await answered(settings, presentMs, () =>
        discovered(settings, { ...reaching, timeoutMs: presentMs }),
      )
      // What is only set up wrongly is not down: somebody would have to say so.
      return !('refused' in said) || said.refused !== 'unreachable'
    },
    finish: ({ callbackUrl, attempt, maxAgeSeconds, needsEmail = true }) =>
      answered(settings, timeoutMs, async () => {
        const url = new URL(callbackUrl)
        // The library says the same of it as of an answer without a code.
        if (url.searchParams.get('state') !== attempt.state) return { refused: 'other', why: 'state' }
        const configuration = await discovery.get()
        const tokens = await client
          .authorizationCodeGrant(configuration, url, {
            expectedState: attempt.state,
            expectedNonce: attempt.nonce,
            pkceCodeVerifier: attempt.verifier,
            idTokenExpected: true,
          })
          .catch((error: unknown) => {
            if (speaksOfKeys(error)) discovery.drop(configuration)
            throw error
          })
        // Not by the library's `maxAge`, which forgives another half minute and lets the future pass.
        const judged = judgeClaims(tokens.claims(), settings, { now: now(), maxAgeSeconds })
        if ('refused' in judged) return judged
        return { ...judged, email: needsEmail ? await emailOf(configuration, tokens) : null }
      }),
  }
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>

/** The parameters by which a fresh and strong sign-in is asked for. */
function asking({ ask }: OpenIdSettings, maxAgeSeconds: number): Record<string, string> {
  const { maxAgeSeconds: most, prompt, acrValues, claims } = ask
  return {
    // 0 is not heard by some providers.
    max_age: String(Math.max(1, Math.floor(Math.min(maxAgeSeconds, most ?? maxAgeSeconds)))),
    ...(prompt === null ? {} : { prompt }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
    ...(claims === null ? {} : { claims: JSON.stringify(claims) }),
  }
}

/** Within the time as a whole, however many calls it takes; failures as values. */
async function answered<T>(
  settings: OpenIdSettings,
  timeoutMs: number,
  ask: () => Promise<T | OpenIdRefusal>,
): Promise<T | OpenIdRefusal> {
  try {
    return await inTime(ask(), timeoutMs, () => new Unreached('slow'))
  } catch (error) {
    return refusalFor(error, settings)
  }
}
