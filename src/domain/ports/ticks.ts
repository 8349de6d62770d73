/** When each job that replicas share last ran through, whoever ran it: by the database's clock. */
export interface TickStore {
  note(job: string): Promise<void>
  /** How long ago, in ms; `Infinity` where it never did, or is noted in the future. */
  agesMs(): Promise<(job: string) => number>
}
