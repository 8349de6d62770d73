/** What a replica says of itself. */
export interface Replica {
  readonly id: string
  /** The fingerprint of the catalog it goes by. */
  readonly catalog: string
  /** Does Slack answer it? */
  readonly reachesSlack: boolean
}

export interface ReplicaStore {
  say(replica: Replica): Promise<void>
  /** Those that said so within this time, by the database's clock. */
  heard(withinMs: number): Promise<Replica[]>
  leave(id: string): Promise<void>
}
