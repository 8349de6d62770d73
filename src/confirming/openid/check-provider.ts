import type * as client from 'openid-client'
import { z } from 'zod'
import type { Lack, Proxies } from '../../domain/connector.ts'
import type { OpenIdRefusal } from '../../domain/confirming/openid-answer.ts'
import type { OpenIdSettings } from '../../domain/confirming/openid-settings.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { discovered, type Reaching } from './discovered.ts'
import { refusalFor } from './failure.ts'

export interface ProviderChecked {
  /** Why it cannot be used at all; null: it answered. */
  readonly refusal: Extract<OpenIdRefusal, { refused: 'unreachable' | 'misconfigured' | 'other' }> | null
  /** Without these nobody can be confirmed. */
  readonly lacks: readonly Lack[]
  /** What it announces against what is asked of it: a hint, as many announce too little. Only a sign-in shows it. */
  readonly hints: readonly string[]
}

const keySet = z.object({ keys: z.array(z.unknown()).min(1) })
const asymmetric = /^(RS|PS|ES|Ed)/

/** For `curfew check`: signs nobody in, and sends no secret. */
export async function checkProvider(
  settings: OpenIdSettings,
  { timeoutMs = 5_000, proxies = null }: { timeoutMs?: number; proxies?: Proxies | null } = {},
): Promise<ProviderChecked> {
  const reaching = { fetch: boundedFetch(proxies), timeoutMs }
  try {
    const server = (await discovered(settings, reaching)).serverMetadata()
    return { refusal: null, lacks: await lacksOf(server, reaching), hints: hintsOf(server, settings) }
  } catch (error) {
    const refusal = refusalFor(error, settings)
    const { refused } = refusal
    if (refused !== 'unreachable' && refused !== 'misconfigured' && refused !== 'other') throw error
    return { refusal, lacks: [], hints: [] }
  }
}

type Server = client.ServerMetadata

async function lacksOf(server: Server, reaching: Reaching): Promise<Lack[]> {
  const lacks: Lack[] = []
  for (const endpoint of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
    if (server[endpoint] === undefined)
      lacks.push({
        what: `it announces no ${endpoint}`,
        remedy: 'look whether the issuer is one of OpenID Connect',
      })
  const signatures = server.id_token_signing_alg_values_supported
  if (signatures !== undefined && !signatures.some((one) => asymmetric.test(one)))
    lacks.push({
      what: `it signs ID tokens by ${signatures.join(', ')} alone, which anybody who has the client secret can`,
      remedy: 'have it sign with RS256 or ES256',
    })
  if (server.jwks_uri !== undefined && !(await hasKeys(server.jwks_uri, reaching)))
    lacks.push({
      what: `its keys cannot be read at ${server.jwks_uri}`,
      remedy: 'let Curfew reach this address too',
    })
  return lacks
}

async function hasKeys(url: string, { fetch, timeoutMs }: Reaching): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: 'GET',
      headers: { accept: 'application/json' },
      body: undefined,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return answer.status === 200 && keySet.safeParse(await answer.json()).success
  } catch {
    return false
  }
}

function hintsOf(
  server: Server,
  { kind, ask, require, subject, clientAuthentication }: OpenIdSettings,
): string[] {
  const hints: string[] = []
  const announces = (field: keyof Server & string, value: string): boolean => {
    const list = z.array(z.string()).safeParse(server[field])
    return !list.success || list.data.includes(value)
  }
  const way = `client_secret_${clientAuthentication}`
  if (!announces('token_endpoint_auth_methods_supported', way))
    hints.push(`it does not announce ${way}: see clientAuthentication`)
  if (!announces('code_challenge_methods_supported', 'S256'))
    hints.push('it does not announce PKCE with S256')
  if (!announces('scopes_supported', 'email') && subject === 'email')
    hints.push('it does not announce the scope email, by which accounts are linked')
  if (kind === 'entra' && subject === 'email')
    hints.push('Entra ID calls no e-mail verified, so that nobody can be linked: see subject: externalId')
  if (ask.claims !== null && server.claims_parameter_supported !== true)
    hints.push('it does not announce the claims parameter, which is sent')
  if (ask.prompt !== null && !announces('prompt_values_supported', ask.prompt))
    hints.push(`it does not announce prompt=${ask.prompt}, which is sent`)
  for (const acr of ask.acrValues)
    if (!announces('acr_values_supported', acr))
      hints.push(`it does not announce the acr ${acr}, which is asked for`)
  for (const claim of [
    'auth_time',
    ...(['acr', 'acrs', 'amr'] as const).filter((one) => require[one].length > 0),
  ])
    if (!announces('claims_supported', claim))
      hints.push(`it does not announce ${claim}, which must come back`)
  if (require.acr.length + require.acrs.length + require.amr.length === 0)
    hints.push('nothing is required but a fresh sign-in, of however many factors: see require')
  return hints
}
