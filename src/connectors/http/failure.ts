import { errors } from 'undici'
import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'

/** What Node's errors tell, those of its core too, which may be of another realm than ours. */
const codedSchema = z.object({ code: z.string() })
const manySchema = z.object({ errors: z.array(z.unknown()).min(1) })

/** Statuses below 500 that ask to come again. */
const later = new Set([408, 425, 429])

/** A failure of `system`, as admins read it: "Okta could not give … : why". */
export interface Failing {
  readonly system: string
  readonly doing: string
  /** What a 401 or 403 did not accept. */
  readonly credentials?: string
}

/** What an answer itself says beyond its status. */
export interface Said {
  /** Whole: what is shown of it is shortened once nothing secret is left in it. */
  readonly why?: string | undefined
  readonly retryable?: boolean | undefined
  readonly happened?: boolean | undefined
}

/** An answer that is not what was hoped for; what a retry may mend counts as perhaps done. */
export function refusedBy(
  { system, doing, credentials = 'login' }: Failing,
  status: number,
  said: Said = {},
): ConnectorError {
  const retryable = said.retryable ?? (status >= 500 || later.has(status))
  const happened = (said.happened ?? retryable) ? 'unknown' : 'no'
  const why = said.why ? `: ${said.why}` : ''
  return new ConnectorError(`${system} could not ${doing}: ${meaning(status, credentials)}${why}`, {
    retryable,
    happened,
  })
}

function meaning(status: number, credentials: string): string {
  if (status === 401 || status === 403) return `it did not accept Curfew's ${credentials} (${status})`
  if (status >= 300 && status < 400) return `it redirected (${status}), which is not followed`
  return `it answered ${status}`
}

/** The call failed below HTTP. Messages of the client name hosts and ports only; what it could not read is not kept. */
export function lostOnTheWay(
  { system, doing }: Failing,
  error: unknown,
  signal: AbortSignal,
): ConnectorError {
  if (error instanceof ConnectorError) return error
  const failed = (why: string, kind: { retryable: boolean; happened: 'no' | 'unknown' }) =>
    new ConnectorError(`${system} could not ${doing}: ${why}`, {
      ...kind,
      cause: error instanceof errors.HTTPParserError ? undefined : error,
    })
  if (
    signal.aborted ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  )
    return failed('no answer in time', { retryable: true, happened: 'unknown' })
  if (error instanceof errors.InvalidArgumentError)
    return failed(error.message, { retryable: false, happened: 'no' })
  if (isUnreached(error))
    return failed(`it cannot be reached (${codeOf(error)})`, { retryable: true, happened: 'no' })
  return failed('the connection broke', { retryable: true, happened: 'unknown' })
}

const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
])

/** No connection was ever made, so nothing was sent. */
export function isUnreached(error: unknown): boolean {
  const many = manySchema.safeParse(error)
  if (many.success) return many.data.errors.every(isUnreached)
  return (
    unreached.has(codeOf(error)) || /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(codeOf(error))
  )
}

/** The other side closed a connection that had served before: it was most likely idle too long. */
export function wasStale(error: unknown): boolean {
  if (error instanceof errors.SocketError) return (error.socket?.bytesRead ?? 0) > 0
  return codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE'
}

const codeOf = (error: unknown) => codedSchema.safeParse(error).data?.code ?? ''

/** What a body says as JSON; undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
