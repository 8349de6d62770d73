/**
 * `curfew/testing`: the tests that every connector of Curfew's own passes, for those of others. They need a real system
 * to run against and a test runner: jest, vitest or Node's own. How: docs/connectors/your-own.md.
 */
export {
  call,
  connectorContract,
  everyHolder,
  failureOf,
  giveCall,
  surroundings,
  type HandsOver,
  type Harness,
  type HarnessWithoutPort,
  type Lacking,
  type MayLack,
  type Terms,
  type Way,
} from './testing/contract.ts'
export { aGate, type Gate } from './testing/gate.ts'
export type { Runner } from './testing/runner.ts'
