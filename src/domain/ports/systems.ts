import type { Connector } from '../connector.ts'

export type Systems = (id: string) => OpenSystem | null

export interface OpenSystem {
  readonly connector: Connector
  readonly timeoutMs: number
}
