import { randomBytes } from 'node:crypto'
import mongoose, { type Connection } from 'mongoose'
import { startMongod } from './mongod.ts'

export interface TestDatabase {
  /** Connection string of the server, without the database's name. */
  readonly uri: string
  readonly name: string
  /** Connected to this database; makes no indexes by itself, as in production. */
  readonly connection: Connection
  /** Drops the database and closes the connection. */
  drop(): Promise<void>
}

/**
 * A database of one's own on the run's real mongod (a replica set).
 * Where no run has started one, in a script or a lone test, it starts one and stops it with `drop`. `server`, a connection
 * string, is used instead where the test has a server of its own.
 */
export async function aDatabase(server?: string): Promise<TestDatabase> {
  const shared = server ?? process.env['CURFEW_TEST_MONGODB_URI']
  const own = shared ? null : await startMongod({ replicaSet: true })
  const uri = own?.uri ?? shared ?? ''
  const name = `curfew_test_${randomBytes(6).toString('hex')}`
  const connection = await mongoose.createConnection(uri, { dbName: name, autoIndex: false }).asPromise()
  const drop = async () => {
    await connection.dropDatabase()
    await connection.close()
    await own?.stop()
  }
  return { uri, name, connection, drop }
}
