/**
 * `curfew/connector`: what a package needs that brings a connector of its own. How to build one, and run the same tests
 * on it that ours pass: docs/connectors/your-own.md.
 */
import type { Connector, ConnectorKind, Surroundings } from './domain/connector.ts'

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
  Published,
  Shown,
  Surroundings,
  Target,
} from './domain/connector.ts'

/** A connector whose targets are written as its kind says, and which may have nothing to close. */
export type Connected = Omit<Connector, 'canonical' | 'close'> & Partial<Pick<Connector, 'close'>>

/** What a package says of the kind of system that it connects to. */
export interface Definition<Settings> extends Omit<ConnectorKind<Settings>, 'connect'> {
  connect(settings: Settings, surroundings: Surroundings): Connected
}

/** Types a connector's parts against each other. The result is what a package exports as default. */
export function defineConnector<Settings>(definition: Definition<Settings>): ConnectorKind<Settings> {
  const canonical: Connector['canonical'] = (target) => definition.canonical(target)
  return {
    kind: definition.kind,
    settings: definition.settings,
    target: definition.target,
    canonical,
    connect(settings, surroundings) {
      const connected = definition.connect(settings, surroundings)
      // Added to the very object: the methods of a class need theirs.
      const close = connected.close?.bind(connected) ?? (() => Promise.resolve())
      return Object.assign(connected, { canonical, close })
    },
  }
}
