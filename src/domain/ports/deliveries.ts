/** Which deliveries were taken in, by what their senders call them: the same again does nothing. */
export interface DeliveryStore {
  /**
   * `done`: it was taken in before. `under-way`: somebody does it now. Else it is ours for half a minute, to be finished
   * or given back; whoever crashed with it had it for that long. That it is ours may be lost with the database's primary:
   * then somebody else may have it too. That it is done is not.
   */
  begin(delivery: Delivery): Promise<Begun | 'done' | 'under-way'>
}

export interface Delivery {
  readonly source: string
  readonly id: string
}

export interface Begun {
  /** It was taken in, whoever else began it since. Resolves once the database will not forget that. */
  finish(): Promise<void>
  /** It failed: whoever sends it again is heard. */
  giveBack(): Promise<void>
}
