import type { Connection } from 'mongoose'
import { readAuditPlaces } from '../config.ts'
import type { RingKeys } from '../domain/ring-keys.ts'
import { hide } from '../log.ts'
import { connect } from '../mongo/connection.ts'

/** What is asked of the record, by the database and the keys that the environment names. Throws `ConfigError`. */
export async function onRecord<T>(
  environment: NodeJS.ProcessEnv,
  work: (connection: Connection, keys: RingKeys) => Promise<T>,
): Promise<T> {
  const { mongodbUri, auditKeys } = readAuditPlaces(environment)
  for (const secret of [mongodbUri, ...auditKeys.map(({ base64 }) => base64)]) hide(secret)
  const connection = await connect(mongodbUri)
  try {
    return await work(connection, auditKeys)
  } finally {
    await connection.close()
  }
}
