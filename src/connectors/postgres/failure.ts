import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'

/** SQLSTATEs that we act on. Source: PostgreSQL documentation, appendix A. */
export const states = {
  undefinedObject: '42704',
  insufficientPrivilege: '42501',
  lockNotAvailable: '55P03',
} as const

/** Two who changed the same at once, where only one could: it can be done once the other is through. */
const clashes = new Set(['23505', '40001', '40P01', 'XX000'])

/** What the server answered; its messages may be in any language, so that only codes decide. */
const answered = z.object({ code: z.string().regex(/^[0-9A-Z]{5}$/), message: z.string() })
const coded = z.object({ code: z.string() })
const worded = z.object({ message: z.string() })

/** Classes that another try may mend. The transaction was rolled back. */
const laterClasses = new Set(['08', '23', '25', '40', '53', '55', '57', '58', 'XX'])
/** The session was ended by somebody, or lost on the way: what it was doing may have been committed already. */
const ended = /^(08|57P0[1245])/

const words = new Map<string, string>([
  ['28000', "it did not accept Curfew's login"],
  ['28P01', "it did not accept Curfew's login"],
  ['3D000', 'the database of the url does not exist'],
  ['25006', 'it is a standby, or read-only'],
  ['42501', 'Curfew lacks the right'],
  ['42704', 'something that it names does not exist'],
  ['55P03', 'somebody else kept it locked'],
  ['57014', 'it took too long, and was given up by the server'],
  ['53300', 'it has too many connections'],
])

/** What the driver threw while `doing`. `wasSent`: the statement was on its way. Holds no secret. */
export function postgresFailure(
  error: unknown,
  doing: string,
  { wasSent, signal }: { wasSent: boolean; signal: AbortSignal },
): ConnectorError {
  if (error instanceof ConnectorError) return error
  const failed = (why: string, kind: { retryable: boolean; happened: 'no' | 'unknown' }) =>
    new ConnectorError(`PostgreSQL could not ${doing}: ${why}`, { ...kind, cause: error })
  const state = sqlState(error)
  if (state !== null) {
    const why = words.get(state) ?? worded.parse(error).message
    const retryable = laterClasses.has(state.slice(0, 2))
    return failed(`${why} (${state})`, {
      retryable,
      happened: ended.test(state) && wasSent ? 'unknown' : 'no',
    })
  }
  if (!wasSent) {
    const code = coded.safeParse(error).data?.code
    const why = signal.aborted || code === undefined ? 'no connection in time' : unreached(code)
    return failed(why, { retryable: true, happened: 'no' })
  }
  return failed(signal.aborted ? 'no answer in time' : 'the connection broke', {
    retryable: true,
    happened: 'unknown',
  })
}

export function sqlState(error: unknown): string | null {
  if (error instanceof ConnectorError) return error.cause === undefined ? null : sqlState(error.cause)
  // Node's own codes look alike (EPIPE): those have an errno.
  const parsed = answered.safeParse(error)
  return parsed.success && !(typeof error === 'object' && error !== null && 'errno' in error)
    ? parsed.data.code
    : null
}

const unreached = (code: string): string =>
  /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
    ? `its certificate is not trusted (${code})`
    : `it cannot be reached (${code})`

export const isClash = (error: unknown): boolean => clashes.has(sqlState(error) ?? '')
