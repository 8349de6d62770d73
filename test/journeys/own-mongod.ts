import { MongoClient } from 'mongodb'
import type { Stage } from '../support/curfew.ts'
import { startMongod, type Mongod } from '../support/mongod.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A MongoDB server of this test's own, to be frozen or made to fail; gone after it. */
export async function anOwnMongod(options: { failPoints?: true } = {}): Promise<Mongod> {
  const server = await startMongod({ ...options, replicaSet: true, cacheGB: 0.25, passing: true })
  afterThis(() => server.stop())
  return server
}

/** One whose commands can be made to fail or to take long. */
export interface BreakableMongod {
  readonly uri: string
  /** Beside the app. */
  readonly client: MongoClient
  /** MongoDB's own `failCommand`: what happens to which commands, and how often. */
  failPoint(mode: 'alwaysOn' | 'off' | { times: number }, data: object): Promise<void>
}

export async function aBreakableMongod(): Promise<BreakableMongod> {
  const { uri } = await anOwnMongod({ failPoints: true })
  const client = await new MongoClient(uri).connect()
  afterThis(() => client.close())
  const failPoint: BreakableMongod['failPoint'] = async (mode, data) => {
    await client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
  }
  return { uri, client, failPoint }
}

/** The name of the app's database. */
export const databaseOf = ({ environment }: Stage): string =>
  new URL(environment['MONGODB_URI'] ?? '').pathname.slice(1)
