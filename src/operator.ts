import type { Connection } from 'mongoose'
import { userInfo } from 'node:os'
import { isRecorded } from './config.ts'
import { unrecorded, type ActStore } from './domain/ports/acts.ts'
import type { Log } from './domain/ports/log.ts'
import { createLog } from './log.ts'
import { mongoActs } from './mongo/acts.ts'
import { mongoChain } from './mongo/audit.ts'

/** Whoever sits at the command line, as this machine knows them: by a number where no name goes with that. */
export function operator(): { readonly operator: string } {
  try {
    return { operator: userInfo().username }
  } catch {
    return { operator: `user ${process.getuid?.() ?? 'unknown'}` }
  }
}

/** With what what they do is recorded: where this shell has the key of a record, or the database has one. */
export async function recordingOf(
  connection: Connection,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly acts: ActStore; readonly log: Log }> {
  const isKept = isRecorded(environment) || (await mongoChain(connection).after(0, 1)).length > 0
  return { acts: isKept ? mongoActs(connection) : unrecorded, log: createLog('warn') }
}
