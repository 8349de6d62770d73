/**
 * `curfew/connector`: what a package needs that brings a connector of its own. How to build one, and run the same tests
 * on it that ours pass: docs/connectors/your-own.md.
 */
import type { ConnectorKind } from './domain/connector.ts'

export { ConnectorError } from './domain/connector.ts'
export type {
  Brought,
  Call,
  Connector,
  ConnectorKind,
  GiveCall,
  HandOver,
  HandOverCall,
  Lack,
  Page,
  Place,
  Proxies,
  Shown,
  Surroundings,
  Target,
} from './domain/connector.ts'

/** Types a connector's parts against each other. The result is what a package exports as default. */
export function defineConnector<Settings>(kind: ConnectorKind<Settings>): ConnectorKind<Settings> {
  return kind
}
