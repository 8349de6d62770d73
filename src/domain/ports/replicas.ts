/** Which replicas run, and by which catalog. */
export interface ReplicaStore {
  say(id: string, catalog: string): Promise<void>
  /** Those that said so within this time, by the database's clock. */
  heard(withinMs: number): Promise<{ id: string; catalog: string }[]>
  leave(id: string): Promise<void>
}
