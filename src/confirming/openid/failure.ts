import * as client from 'openid-client'
import { z } from 'zod'
import type { OpenIdRefusal } from '../../domain/confirming/openid-answer.ts'
import type { OpenIdSettings } from '../../domain/confirming/openid-settings.ts'
import { Unreached } from './bounded-fetch.ts'

/** Codes of OAuth and OpenID Connect. What a provider writes beside them is never kept: it may hold anything. */
const codeSchema = z.string().regex(/^[a-z_]{1,60}$/)
const codeOf = (error: string): string => codeSchema.safeParse(error).data ?? 'unknown'

/** Their code says that somebody has to change something. */
const ofAdmins = new Set([
  'invalid_client',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
])
const passing = new Set(['server_error', 'temporarily_unavailable'])

/** What openid-client throws: the code of ours, with what differs below it. */
const codedSchema = z.object({ code: z.string() })
const claimSchema = z.object({ cause: z.object({ claim: z.string() }) })
/** In discovery the provider's name; in its answer about the account, whose that is. */
const attributeSchema = z.union([
  z.object({ attribute: z.string() }),
  z.object({ cause: z.object({ attribute: z.string() }) }).transform(({ cause }) => cause),
])
const signatureSchema = z.object({ cause: z.object({ signature: z.unknown(), key: z.unknown() }) })

/** Keys that are not, or no longer, the provider's: what is remembered of it is not to be relied on. */
export const speaksOfKeys = (error: unknown): boolean =>
  codedSchema.safeParse(error).data?.code === 'OAUTH_KEY_SELECTION_FAILED' || isSignature(error)

const isSignature = (error: unknown): boolean =>
  error instanceof client.ClientError && signatureSchema.safeParse(error.cause).success

/** What came instead of a sign-in, as a value; what is no failure of a provider's is a bug, and thrown on. */
export function refusalFor(error: unknown, settings: OpenIdSettings): OpenIdRefusal {
  if (error instanceof client.AuthorizationResponseError) return refusedThere(error.error, settings)
  if (error instanceof client.ResponseBodyError) {
    const { error: code, status } = error
    if (code === 'invalid_grant') return { refused: 'again' }
    if (status >= 500 || status === 429) return { refused: 'unreachable', why: 'unreadable' }
    return { refused: 'misconfigured', why: codeOf(code) }
  }
  if (error instanceof client.WWWAuthenticateChallengeError)
    return { refused: 'misconfigured', why: 'invalid_client' }
  const unreached = unreachedIn(error)
  if (unreached !== null) return { refused: 'unreachable', why: unreached.why }
  if (!(error instanceof client.ClientError)) throw error
  return refusalByCode(error)
}

function refusalByCode(error: client.ClientError): OpenIdRefusal {
  switch (error.code) {
    case 'OAUTH_KEY_SELECTION_FAILED':
      return { refused: 'again' }
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_ABORT':
      return { refused: 'unreachable', why: 'slow' }
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
    case 'OAUTH_PARSE_ERROR':
      return { refused: 'unreachable', why: 'unreadable' }
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED': {
      const differs = attributeSchema.safeParse(error.cause).data?.attribute ?? 'answer'
      return { refused: differs === 'issuer' ? 'misconfigured' : 'other', why: differs }
    }
    case 'OAUTH_MISSING_SERVER_METADATA':
    case 'OAUTH_INVALID_SERVER_METADATA':
    case 'OAUTH_HTTP_REQUEST_FORBIDDEN':
    case 'OAUTH_REQUEST_PROTOCOL_FORBIDDEN':
      return { refused: 'misconfigured', why: 'discovery' }
    default:
      if (isSignature(error)) return { refused: 'other', why: 'signature' }
      return { refused: 'other', why: claimSchema.safeParse(error.cause).data?.cause.claim ?? 'answer' }
  }
}

/** The provider sent the browser back with an error. */
function refusedThere(error: string, { require }: OpenIdSettings): OpenIdRefusal {
  // Okta, and OpenID Connect Unmet Authentication Requirements 1.0.
  if (error === 'unmet_authentication_requirements')
    return { refused: 'weak', claim: 'acr', wanted: require.acr, got: null }
  if (passing.has(error)) return { refused: 'unreachable', why: 'unreadable' }
  if (ofAdmins.has(error)) return { refused: 'misconfigured', why: codeOf(error) }
  return { refused: 'cancelled', why: codeOf(error) }
}

function unreachedIn(error: unknown): Unreached | null {
  if (error instanceof Unreached) return error
  return error instanceof Error && error.cause !== undefined ? unreachedIn(error.cause) : null
}
