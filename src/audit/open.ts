import { MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { readAuditPlaces } from '../config.ts'
import type { RingKeys } from '../domain/ring-keys.ts'
import { hide } from '../log.ts'
import { connect } from '../mongo/connection.ts'
import { asAct } from '../operations/as-act.ts'
import { operator, recordingOf } from '../operator.ts'

/**
 * What is asked of the record, by the database and the keys that the environment names: that it was asked stands there too,
 * unless whoever asks may only read. Null: whoever asks says it themselves. Throws `ConfigError`.
 */
export async function onRecord<T>(
  environment: NodeJS.ProcessEnv,
  asking: string | null,
  work: (connection: Connection, keys: RingKeys) => Promise<T>,
): Promise<T> {
  const { mongodbUri, auditKeys } = readAuditPlaces(environment)
  for (const secret of [mongodbUri, ...auditKeys.map(({ base64 }) => base64)]) hide(secret)
  const connection = await connect(mongodbUri)
  try {
    if (asking !== null) await noted(connection, environment, asking)
    return await work(connection, auditKeys)
  } finally {
    await connection.close()
  }
}

async function noted(connection: Connection, environment: NodeJS.ProcessEnv, asking: string): Promise<void> {
  const about = { kind: 'record', id: 'record', name: 'record' } as const
  const act = { type: 'record-read', by: operator(), about, details: { asking } } as const
  try {
    await asAct(await recordingOf(connection, environment), act, () => Promise.resolve())
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === notAllowed)) throw error
  }
}

/** What MongoDB says to whoever may not write. */
const notAllowed = 13
