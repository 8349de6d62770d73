/** Whether this database was restored from a backup, and not everything that it does not know of was answered since. */
export interface RestoreStore {
  begin(): Promise<void>
  isOpen(): Promise<boolean>
  done(): Promise<void>
}
