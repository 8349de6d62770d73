import {
  MongoAPIError,
  MongoError,
  MongoMissingCredentialsError,
  MongoMissingDependencyError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { ConnectorError } from '../../domain/connector.ts'

/** Server error codes we act on. Source: mongo/src/mongo/base/error_codes.yml. */
export const codes = {
  badValue: 2,
  failedToParse: 9,
  userNotFound: 11,
  unauthorized: 13,
  authenticationFailed: 18,
  illegalOperation: 20,
  roleNotFound: 31,
  commandNotFound: 59,
  invalidNamespace: 73,
  commandNotSupported: 115,
  notWritablePrimary: 10107,
  notPrimaryNoSecondaryOk: 13435,
  atlas: 8000,
} as const

const refusals = new Map<number, string>([
  [codes.userNotFound, 'the user does not exist'],
  [codes.roleNotFound, 'the role does not exist'],
  [codes.unauthorized, "Curfew's login lacks the privilege"],
  [codes.authenticationFailed, "Curfew's login was not accepted"],
  [codes.atlas, "Atlas did not accept Curfew's login or the command"],
  [codes.badValue, 'the server found the command malformed'],
  [codes.failedToParse, 'the server found the command malformed'],
  [codes.illegalOperation, 'the server does not allow the command'],
  [codes.commandNotFound, 'the server does not know the command'],
  [codes.commandNotSupported, 'the server does not support the command'],
  [codes.invalidNamespace, 'the database name is not valid'],
])

/** Refused by a server that is not the primary now. */
const elsewhere = new Set<number>([codes.notWritablePrimary, codes.notPrimaryNoSecondaryOk])

/** Thrown before a command is written to a socket. In-flight calls fail with other names. */
const neverSent = new Set(['MongoPoolClearedError', 'MongoWaitQueueTimeoutError', 'MongoNotConnectedError'])

/** What the driver threw while `doing`, as a connector's failure. The message holds no part of the connection string but its hosts. */
export function mongodbFailure(error: unknown, doing: string): ConnectorError {
  if (error instanceof ConnectorError) return error
  const failed = (why: string, kind: { retryable: boolean; happened: 'no' | 'unknown' }) =>
    new ConnectorError(`MongoDB could not ${doing}: ${why}`, { ...kind, cause: error })

  const code = serverCode(error)
  const refusal = code === null ? undefined : refusals.get(code)
  if (refusal) return failed(refusal, { retryable: false, happened: 'no' })
  if (code !== null && elsewhere.has(code))
    return failed('not the primary', { retryable: true, happened: 'no' })
  if (!(error instanceof MongoError))
    return failed('no answer in time', { retryable: true, happened: 'unknown' })
  if (isUnreached(error)) return failed(error.message, { retryable: true, happened: 'no' })
  if (isMisconfigured(error)) return failed(error.message, { retryable: false, happened: 'no' })
  return failed(error.message, { retryable: true, happened: 'unknown' })
}

/** The server's error code; that of its cause where a cleared pool or a failed selection only passes it on. */
export function serverCode(error: unknown): number | null {
  if (error instanceof MongoServerError) return typeof error.code === 'number' ? error.code : null
  return error instanceof MongoError && error.cause !== undefined ? serverCode(error.cause) : null
}

const isUnreached = (error: MongoError): boolean =>
  error instanceof MongoServerSelectionError ||
  error.hasErrorLabel('HandshakeError') ||
  neverSent.has(error.name)

const isMisconfigured = (error: MongoError): boolean =>
  error instanceof MongoMissingCredentialsError ||
  error instanceof MongoMissingDependencyError ||
  error instanceof MongoParseError ||
  error.constructor === MongoAPIError
