import type { Connector } from '../connector.ts'

export type Systems = (id: string) => OpenSystem | null

export interface OpenSystem {
  readonly connector: Connector
  readonly timeoutMs: number
  /** It answers nobody: it is asked until it does, and what is owed to it is tried then. */
  readonly isSilent: () => boolean
}
