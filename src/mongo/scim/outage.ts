import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb'
import { ScimStoreAway } from '../../domain/ports/scim.ts'

const labels = ['RetryableWriteError', 'TransientTransactionError', 'UnknownTransactionCommitResult']
/** Shutting down, stepping down, no primary, too slow. */
const codes = new Set<unknown>([6, 7, 50, 64, 89, 91, 112, 133, 189, 9001, 10107, 11600, 11602, 13435, 13436])

function isOutage(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false
  if (labels.some((label) => error.hasErrorLabel(label))) return true
  if (error instanceof MongoWriteConcernError) return true
  // What went wrong with several writes is wrapped, and has lost its labels.
  if (error instanceof MongoBulkWriteError && isOutage(error.errorResponse)) return true
  if (error instanceof MongoServerError) return codes.has(error.code)
  return [
    MongoNetworkError,
    MongoNotConnectedError,
    MongoOperationTimeoutError,
    MongoServerSelectionError,
    MongoTopologyClosedError,
  ].some((kind) => error instanceof kind)
}

/** Throws `ScimStoreAway` where the database is to be blamed, and not the request or we. */
export async function orAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isOutage(error) ? new ScimStoreAway('MongoDB does not answer', { cause: error }) : error
  }
}

export const isDuplicate = (error: unknown): error is MongoServerError =>
  error instanceof MongoServerError && error.code === 11000
