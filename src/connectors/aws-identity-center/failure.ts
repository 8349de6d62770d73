import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import { refusedBy } from '../http/failure.ts'

export const system = 'AWS'

/** What the SDK throws where AWS itself says no. Names are fixed, messages are for people. */
const saidSchema = z.object({
  name: z.string(),
  message: z.string().default(''),
  $metadata: z.object({ httpStatusCode: z.number() }),
  ResourceType: z.string().nullish(),
  Reason: z.string().nullish(),
  RetryAfterSeconds: z.number().nullish(),
})

/** A login that is not let in. Each service has its own words. */
const unknownLogin = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'InvalidAccessKeyId',
  'InvalidIdentityToken',
  'InvalidIdentityTokenException',
  'IDPRejectedClaim',
  'IDPRejectedClaimException',
])
const expiredLogin = new Set(['ExpiredToken', 'ExpiredTokenException'])
const forbidden = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedException'])
const tooOften = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
])

/** Of AssumeRoleWithWebIdentity, which says to try again: whoever vouches for the login was not reached. */
const unreachedProvider = new Set(['IDPCommunicationError', 'IDPCommunicationErrorException'])

type Kind = 'login' | 'expired' | 'forbidden' | 'missing' | 'conflict' | 'throttled' | 'other'

/** A refusal by AWS itself, which changed nothing. */
export class Refused extends ConnectorError {
  readonly kind: Kind
  /** What is not there, where it is told: USER, GROUP, GROUP_MEMBERSHIP, IDENTITY_STORE. */
  readonly resource: string | null
  readonly retryAfterMs: number | null

  constructor(
    message: string,
    {
      kind,
      retryable,
      resource = null,
      retryAfterMs = null,
    }: { kind: Kind; retryable: boolean; resource?: string | null; retryAfterMs?: number | null },
  ) {
    super(message, { retryable, happened: 'no' })
    this.kind = kind
    this.resource = resource
    this.retryAfterMs = retryAfterMs
  }
}

/** Whether one of these is not there: "gone" is said of the whole identity store too. */
export const isMissing = (error: unknown, ...resources: readonly string[]): boolean =>
  error instanceof Refused &&
  error.kind === 'missing' &&
  error.resource !== null &&
  resources.includes(error.resource)

export const isKind = (error: unknown, kind: Kind): boolean => error instanceof Refused && error.kind === kind

/** What was thrown while `doing`. What the SDK threw is no cause: it holds the answer, and what was asked. */
export function failureOf(doing: string, error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error
  const said = saidSchema.safeParse(error).data
  if (said === undefined)
    return new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
  const { name, message, $metadata, Reason } = said
  const status = $metadata.httpStatusCode
  const because = message === '' || message === name ? '' : `: ${message}`
  const refused = (words: string, kind: Kind, retryable: boolean) =>
    new Refused(`${system} could not ${doing}: ${words}`, {
      kind,
      retryable,
      resource: said.ResourceType ?? null,
      retryAfterMs: said.RetryAfterSeconds ? said.RetryAfterSeconds * 1_000 : null,
    })
  // The same name as for a wrong key.
  if (/^Signature (expired|not yet current)/.test(message))
    return refused(`it did not accept Curfew's login: their clocks differ (${name})`, 'other', true)
  if (unknownLogin.has(name)) return refused(`it did not accept Curfew's login (${name})`, 'login', false)
  if (expiredLogin.has(name))
    return refused(`it did not accept Curfew's login, which has expired (${name})`, 'expired', true)
  if (forbidden.has(name)) return refused(`Curfew's login lacks the right${because}`, 'forbidden', false)
  if (tooOften.has(name)) return refused(`it was asked too often (${name})`, 'throttled', true)
  if (unreachedProvider.has(name))
    return refused(`it could not reach who vouches for Curfew's login (${name})`, 'other', true)
  if (name === 'ResourceNotFoundException')
    return refused(`something that it names does not exist${because}`, 'missing', false)
  if (name === 'ConflictException')
    return refused(`something else is being done there${because}`, 'conflict', true)
  if (status >= 400 && status < 500 && (Reason || name.endsWith('Exception')))
    return refused(`it refused that (${name})${because}`, 'other', false)
  if (status < 300)
    return new ConnectorError(`${system} could not ${doing}: its answer cannot be read`, { retryable: true })
  return refusedBy({ system, doing, credentials: 'login' }, status)
}

/** A failure after something was sent that AWS is doing: nobody knows what becomes of it. */
export function sinceSent(error: unknown): unknown {
  if (!(error instanceof ConnectorError) || error.happened === 'unknown') return error
  const { message, retryable, cause } = error
  return new ConnectorError(message, { retryable, happened: 'unknown', cause })
}
