import type { Connection } from 'mongoose'
import { userInfo } from 'node:os'
import { isRecorded } from './config.ts'
import { unrecorded, type ActStore } from './domain/ports/acts.ts'
import type { Log } from './domain/ports/log.ts'
import { createLog } from './log.ts'
import { mongoActs } from './mongo/acts.ts'

/** Whoever sits at the command line, as this machine knows them. */
export const operator = (): { readonly operator: string } => ({ operator: userInfo().username })

/** With what what they do is recorded, where there is a record. */
export const recordingOf = (
  connection: Connection,
  environment: NodeJS.ProcessEnv,
): { readonly acts: ActStore; readonly log: Log } => ({
  acts: isRecorded(environment) ? mongoActs(connection) : unrecorded,
  log: createLog('warn'),
})
