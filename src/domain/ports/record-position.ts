export interface Position {
  /** The number of the last entry of the record. */
  readonly entries: number
  /** Grants and acts of which something happened that is not in it; counted up to some thousands. */
  readonly waiting: number
  /** Entries that the receiver does not have to which the record is forwarded; null: it is to none. */
  readonly unsent: number | null
}

export interface RecordPosition {
  /** Rejects where the database does not answer soon. */
  position(): Promise<Position>
}
