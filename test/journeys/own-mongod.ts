import { MongoClient } from 'mongodb'
import type { Stage } from '../support/curfew.ts'
import { startMongod, type Mongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A MongoDB server of this test's own, to be frozen or made to fail; gone after it. */
export async function anOwnMongod(options: { failPoints?: true } = {}): Promise<Mongod> {
  const server = await startMongod({ ...options, replicaSet: true, cacheGB: 0.25 })
  afterThis(() => server.stop())
  return server
}

/** One whose commands can be made to fail or to take long, each on one collection of the app's. */
export interface Breakable {
  readonly uri: string
  /** Beside the app. */
  readonly client: MongoClient
  /** From now on, this many times or until `mend`. */
  fails(
    stage: Stage,
    how: { command: string; collection: string; times?: number; as: Failure },
  ): Promise<void>
  mend(): Promise<void>
}

type Failure = { errorCode: number } | { blockConnection: true; blockTimeMS: number }

export async function aBreakableMongod(): Promise<Breakable> {
  const { uri } = await anOwnMongod({ failPoints: true })
  const client = await new MongoClient(uri).connect()
  afterThis(() => client.close())
  const failPoint = (mode: string | { times: number }, data: object) =>
    client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
  return {
    uri,
    client,
    fails: async (stage, { command, collection, times, as }) => {
      const namespace = `${databaseOf(stage)}.${collection}`
      await failPoint(times === undefined ? 'alwaysOn' : { times }, {
        ...as,
        failCommands: [command],
        namespace,
      })
    },
    mend: async () => {
      await failPoint('off', {})
    },
  }
}

/** The name of the app's database. */
export const databaseOf = ({ environment }: Stage): string =>
  new URL(environment['MONGODB_URI'] ?? '').pathname.slice(1)
