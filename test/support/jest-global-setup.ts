import { tsImport } from 'tsx/esm/api'
import type * as mongod from './mongod.ts'

declare global {
  var curfewTestMongod: mongod.Mongod | undefined
}

/** One mongod, a replica set, for the entire run; test files find it through `CURFEW_TEST_MONGODB_URI`. */
export default async function setup(): Promise<void> {
  // Jest compiles this file alone, not what it imports.
  const { startMongod } = (await tsImport('./mongod.ts', import.meta.url)) as typeof mongod
  const server = await startMongod({ replicaSet: true, passing: true })
  globalThis.curfewTestMongod = server
  process.env['CURFEW_TEST_MONGODB_URI'] = server.uri
}
