import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'

/** Result codes that we act on. Source: RFC 4511, appendix A. */
export const codes = {
  sizeLimitExceeded: 4,
  noSuchAttribute: 16,
  valueExists: 20,
  noSuchObject: 32,
  insufficientAccess: 50,
  unwillingToPerform: 53,
  objectClassViolation: 65,
  entryExists: 68,
} as const

/** What the server answered; Node's own errors have texts for codes. */
const answered = z.object({ code: z.number(), message: z.string() })
const coded = z.object({ code: z.string() })

const busy = 51
/**
 * The server does not say whether it did anything: its own errors (1, 80), and what a proxy says once the server behind it
 * did not answer in time (3, 11, 52). Source: slapd-ldap(5).
 */
const unclear = new Set([1, 3, 11, 52, 80])

const words = new Map<number, string>([
  [3, 'it took too long, and was given up by the server'],
  [4, 'the server sends no more entries at once'],
  [8, 'it asks for a stronger way to sign in'],
  [10, 'it is a copy that refers to another server, which is not followed'],
  [11, 'it was too much for the server: the attribute may lack an index'],
  [13, 'it asks for TLS'],
  [32, 'something that it names does not exist, or may not be seen'],
  [50, 'Curfew lacks the right'],
  [51, 'it is busy'],
  [52, 'it is not available now'],
])

/** How far a call had come: nothing was sent but the login, or more. */
export type Phase = 'connecting' | 'signing in' | 'asking'

/** What failed while `doing`. Holds no secret: messages of the library name kinds of messages alone. */
export function ldapFailure(
  error: unknown,
  doing: string,
  { phase, signal }: { phase: Phase; signal: AbortSignal },
): ConnectorError {
  if (error instanceof ConnectorError) return error
  const failed = (why: string, kind: { retryable: boolean; happened: 'no' | 'unknown' }) =>
    new ConnectorError(`LDAP could not ${doing}: ${why}`, { ...kind, cause: error })
  const code = codeOf(error)
  if (code !== null) {
    const why =
      phase === 'signing in' && (code === 49 || code === 48 || code === 53)
        ? "it did not accept Curfew's login"
        : (words.get(code) ?? answered.parse(error).message.replace(/\s*Code: 0x[0-9a-f]+$/, ''))
    const isUnclear = unclear.has(code)
    return failed(`${why} (${code})`, {
      retryable: code === busy || isUnclear,
      happened: isUnclear && phase === 'asking' ? 'unknown' : 'no',
    })
  }
  if (phase !== 'asking') {
    const known = coded.safeParse(error).data?.code
    const why = signal.aborted || known === undefined ? 'no connection in time' : unreached(known)
    return failed(why, { retryable: true, happened: 'no' })
  }
  return failed(signal.aborted ? 'no answer in time' : 'the connection broke', {
    retryable: true,
    happened: 'unknown',
  })
}

/** The server's result code; null where it gave none. */
export function codeOf(error: unknown): number | null {
  return answered.safeParse(error).data?.code ?? null
}

const unreached = (code: string): string =>
  /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
    ? `its certificate is not trusted (${code})`
    : `it cannot be reached (${code})`
